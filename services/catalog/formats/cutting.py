"""A file seen through a window that moves over it, and the pieces that are cut out of it."""

from dataclasses import dataclass
from typing import BinaryIO

from services.catalog.formats.found import Fault
from services.catalog.formats.limits import LIMITS

BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes `position` to `end` of a file: one record, or what is none. `faults`: what is wrong with its frame."""

    position: int
    end: int
    data: bytes
    faults: tuple[Fault, ...] = ()


class Window:
    """The part of a stream that is looked at: `data` begins at byte `base` of the file."""

    def __init__(self, stream: BinaryIO, start_at: int) -> None:
        stream.seek(start_at)
        self._stream = stream
        self.base = start_at
        self.data = b""
        self.place = 0
        self.ended = False

    def ensure(self, size: int) -> int:
        """Have `size` bytes from `place` on, if the file has them; return how many there are."""
        while len(self.data) - self.place < size and not self.ended:
            block = self._stream.read(max(BLOCK, size))
            if not block:
                self.ended = True
                break
            self.base += self.place
            self.data = self.data[self.place :] + block
            self.place = 0
        return len(self.data) - self.place

    def find(self, sign: bytes) -> int:
        """Where `sign` is, from `place` on; -1 where the next `record_bytes` have none."""
        searched = 0
        while True:
            found = self.data.find(sign, self.place + searched)
            if found >= 0:
                return found - self.place
            searched = len(self.data) - self.place
            if searched > LIMITS.record_bytes or self.ensure(searched + 1) == searched:
                return -1

    def take(self, size: int) -> tuple[int, bytes]:
        """The next `size` bytes, and where in the file they begin."""
        position = self.base + self.place
        taken = self.data[self.place : self.place + size]
        self.place += len(taken)
        return position, taken

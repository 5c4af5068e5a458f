"""A file read in a process of its own, so that one core takes records apart while another writes them.

`python -m services.catalog.imports.reader_process` is that process: its standard input tells it what to read, and it
says batch after batch on its standard output, no faster than they are taken. It ends at the next that nobody takes.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from services.catalog.formats import read
from services.catalog.imports.reading import FileBatch, FileReader, Unreadable
from services.catalog.imports.run import Run
from services.catalog.union.contribution import Origin

WORTH_A_PROCESS = 1_000_000
"""Bytes still to be read: fewer are read before a process has started."""

OBJECTS_UNTIL_COLLECTED = 100_000
"""Records have no cycles: looking for them at every batch costs a twentieth of the time."""


@dataclass(frozen=True)
class FileToRead:
    """What is to be read, and from where."""

    run: Run
    origin: Origin

    def of(self, stream: BinaryIO) -> FileReader:
        mapping = self.run.mapping.columns() if self.run.mapping else None
        found = read(stream, self.run.form, mapping=mapping, start_at=self.run.position)
        return FileReader(found, self.run, self.origin)


class Batches(Protocol):
    """Where batches come from."""

    def next_batch(self) -> FileBatch | None:
        """The next one, None after the last; blocking. Raises Unreadable, ReaderDied."""

    def close(self) -> None:
        """End the reading, also one that still goes on in another thread."""


class ReaderDied(Exception):
    """The process that reads did not begin, or ended before the file did: it was killed, or had no memory left."""


class ReaderProcess:
    """Reads in a process of its own. Raises ReaderDied where there can be none."""

    def __init__(self, path: Path, file: FileToRead) -> None:
        command = [sys.executable, "-m", "services.catalog.imports.reader_process"]
        try:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - ourselves
        except OSError as error:
            raise ReaderDied(str(error)) from error
        if self._process.stdin is None or self._process.stdout is None:
            raise ReaderDied("it has no pipes")
        self._said = self._process.stdout
        with suppress(BrokenPipeError), self._process.stdin as told:
            pickle.dump((path, file), told)

    def next_batch(self) -> FileBatch | None:
        try:
            said: FileBatch | Unreadable | None = pickle.load(self._said)  # noqa: S301 - said by ourselves
        except (EOFError, pickle.UnpicklingError) as error:
            raise ReaderDied(f"exit code {self._process.wait()}") from error
        if isinstance(said, Unreadable):
            raise said
        return said

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._said.close()


class _ReaderHere:
    """Reads in this process."""

    def __init__(self, reader: FileReader) -> None:
        self.next_batch = reader.next_batch

    def close(self) -> None:
        """There is nothing to close."""


def batches_of(stream: BinaryIO, file: FileToRead) -> Batches:
    """Those of a stream that stands at its beginning; a long file on disk is read by a process of its own."""
    name = getattr(stream, "name", None)
    if isinstance(name, str) and os.fstat(stream.fileno()).st_size - file.run.position >= WORTH_A_PROCESS:
        return ReaderProcess(Path(name).absolute(), file)
    return _ReaderHere(file.of(stream))


def main() -> None:
    """Say every batch, then None; or, in the place of a batch, why there is none."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started this process ends it
    said = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    path, file = pickle.load(sys.stdin.buffer)  # noqa: S301 - told by ourselves
    gc.freeze()
    gc.set_threshold(OBJECTS_UNTIL_COLLECTED)
    with suppress(BrokenPipeError):
        _say_all(path, file, said)
    os._exit(0)  # what could not be said is nobody's any more


def _say_all(path: Path, file: FileToRead, said: BinaryIO) -> None:
    batch: FileBatch | Unreadable | None
    with path.open("rb") as stream:
        reader = file.of(stream)
        while True:
            try:
                batch = reader.next_batch()
            except Unreadable as unreadable:
                batch = unreadable
            pickle.dump(batch, said, pickle.HIGHEST_PROTOCOL)
            said.flush()
            if not isinstance(batch, FileBatch):
                return


if __name__ == "__main__":
    main()

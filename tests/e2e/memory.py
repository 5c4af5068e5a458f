"""How much memory processes take while something is done to them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil

EVERY_SECONDS = 0.1
MEGABYTE = 1_000_000


@dataclass
class Peak:
    """The most that was seen, in bytes; pages that processes share are counted once for each of them."""

    size: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def megabytes(self) -> int:
        return self.size // MEGABYTE


@contextmanager
def watched(processes: Callable[[], list[psutil.Process]]) -> Iterator[Peak]:
    """Look at the resident memory of these processes again and again."""
    peak = Peak()

    def look() -> None:
        peak.size = max(peak.size, sum(map(_resident, processes())))

    def watch() -> None:
        while not peak.over.wait(EVERY_SECONDS):
            look()

    look()
    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        peak.over.set()
        thread.join()


def tree(pid: int) -> list[psutil.Process]:
    """A process and all below it."""
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0

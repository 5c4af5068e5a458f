"""What processes take while a stack works: memory of each, and how busy the reading processes are."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median

import psutil

from tests.proof.stacks import ProofStack

READING = "ocr-reading"
MEGABYTE = 1_000_000
LOOK_SECONDS = 0.05
LOOKS_BETWEEN = 20
"""At the reading processes, between two looks at memory."""


@dataclass
class Watch:
    """Samples of a run. Progress is the share of pages that are done, 0 to 1."""

    memory: dict[str, list[tuple[float, int]]] = field(default_factory=lambda: defaultdict(list))
    """Process -> progress and resident bytes of it and all below it."""
    looks: int = 0
    """At a reading process while pages waited."""
    runnable: int = 0
    """Looks that found it at work, or waiting for a core to work on."""
    machine_idle: list[float] = field(default_factory=list)
    """Percent, of all cores."""

    @property
    def busy(self) -> float:
        """Share of their time for which the reading processes had work to do."""
        return round(self.runnable / self.looks, 3) if self.looks else 0.0

    def megabytes(self, name: str, start: float, end: float) -> float | None:
        """The median memory of a process between two points of progress."""
        found = [size for progress, size in self.memory[name] if start <= progress < end]
        return round(median(found) / MEGABYTE, 1) if found else None


@contextmanager
def watched(stack: ProofStack, progress: Callable[[], float], *, waiting: Callable[[], bool]) -> Iterator[Watch]:
    """Look again and again; `waiting` tells whether pages wait and every reading process is up."""
    watch, over = Watch(), threading.Event()

    def look() -> None:
        while not over.is_set():
            pids, pages_wait = stack.pids(), waiting()
            _look_at_memory(watch, pids, progress())
            psutil.cpu_times_percent()
            for _ in range(LOOKS_BETWEEN):
                if pages_wait and READING in pids:
                    _look_at_readers(watch, pids[READING])
                over.wait(LOOK_SECONDS)
            watch.machine_idle += [psutil.cpu_times_percent().idle] if pages_wait else []

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield watch
    finally:
        over.set()
        thread.join()


def reading_processes(pid: int) -> list[psutil.Process]:
    """The processes of a reading worker that read pages."""
    return [child for child in psutil.Process(pid).children() if "spawn_main" in " ".join(child.cmdline())]


def _look_at_memory(watch: Watch, pids: dict[str, int], progress: float) -> None:
    for name, pid in pids.items():
        try:
            root = psutil.Process(pid)
            size = sum(process.memory_info().rss for process in [root, *root.children(recursive=True)])
        except psutil.NoSuchProcess:
            continue
        watch.memory[name].append((progress, size))


def _look_at_readers(watch: Watch, pid: int) -> None:
    try:
        states = [process.status() for process in reading_processes(pid)]
    except psutil.NoSuchProcess:
        return
    watch.looks += len(states)
    watch.runnable += sum(state in {psutil.STATUS_RUNNING, psutil.STATUS_DISK_SLEEP} for state in states)


def seconds_until(condition: Callable[[], bool], deadline_seconds: float, what: str) -> float:
    """Wait, and say how long it took. Raises TimeoutError."""
    started = time.monotonic()
    while not condition():
        if time.monotonic() - started > deadline_seconds:
            raise TimeoutError(what)
        time.sleep(LOOK_SECONDS)
    return time.monotonic() - started

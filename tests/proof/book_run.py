"""One run of the book: hand it in, hand in single pages in its midst, kill the worker, wait, count."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from tests.proof.book import book, single_page
from tests.proof.stacks import ProofStack
from tests.proof.watching import READING, Watch, seconds_until, watched

LIBRARY, OTHER_LIBRARY = "thu-vien-tinh", "truong-thpt-le-loi"
SINGLES: Mapping[str, tuple[float, str, str]] = {
    "other-library": (0.15, OTHER_LIBRARY, "normal"),
    "reader": (0.25, LIBRARY, "interactive"),
    "behind-the-kill": (0.35, OTHER_LIBRARY, "normal"),
    "behind-the-poison": (0.5, OTHER_LIBRARY, "normal"),
}
"""Single pages: at which share of the book each is handed in, whose it is, and its lane."""
KILL_AT = 0.35
ROLES = ("ingest-", "ocr-", "catalog-", "stats-", "notify-", "bus-")
"""Our own processes, by how their names begin; engines are watched too, but fill their caches as they like."""
MIDDLE, END = (0.55, 0.75), (0.8, 1.01)
SECONDS_FOR_A_PAGE = 120


@dataclass
class Outcome:
    """What one run showed. Seconds of a single page: from its upload's answer to its reading."""

    pages: int
    workers: int
    states: dict[str, int]
    reasons: list[str]
    poison_attempts: int
    readings: int
    pages_read_twice: int
    seconds: float
    """From the answer to the upload until every page was read or marked."""
    pages_per_minute: float
    reading_processes_busy: float
    machine_idle_percent: float
    single_pages_seconds: dict[str, float] = field(default_factory=dict)
    megabytes: dict[str, tuple[float | None, float | None]] = field(default_factory=dict)
    """Process -> median in the middle of the book and at its end."""
    left_behind: int = 0
    """Messages that are still held."""

    def figures(self) -> dict[str, Any]:
        return asdict(self)

    def grown(self) -> dict[str, float]:
        """Our own processes: by how many megabytes each grew from the middle to the end."""
        return {
            name: round(end - middle, 1)
            for name, (middle, end) in self.megabytes.items()
            if name.startswith(ROLES) and middle is not None and end is not None
        }


@dataclass
class BookRun:
    """A book on its way through a stack."""

    stack: ProofStack
    folder: Path
    pages: int
    workers: int
    singles: dict[str, float] = field(default_factory=dict)
    document: str = ""
    killed: bool = False
    reads_at_kill: int = 0

    def __post_init__(self) -> None:
        client: MongoClient[dict[str, Any]] = MongoClient(self.stack.mongo_url)
        self.ocr = client.ocr

    def run(self) -> Outcome:
        sample, poison = book(self.folder, LIBRARY, self.pages, seed=7)
        self.document = self.stack.doors.submit(sample).raise_for_status().json()["id"]
        started = time.monotonic()
        with watched(self.stack, self.progress, waiting=self.waiting) as watch:
            threads = [threading.Thread(target=self._hand_in, args=(name,)) for name in SINGLES]
            for thread in threads:
                thread.start()
            self._kill()
            seconds_until(lambda: self.progress() >= 1, self._patience, "every page to be read or marked")
            seconds = time.monotonic() - started
            for thread in threads:
                thread.join()
        seconds_until(self._recognised, self._patience, "the book's files")
        return self._outcome(seconds, poison, watch)

    @property
    def _patience(self) -> float:
        return 180 + 6.0 * self.pages

    def progress(self) -> float:
        """Share of the book's pages that are read or marked."""
        return self._count({"$in": ["read", "failed"]}) / self.pages

    def waiting(self) -> bool:
        """Whether pages wait, outside the time that a killed worker needs to come back."""
        back = not self.killed or self._count("read") > self.reads_at_kill + 2 * self.workers
        return back and self._count("waiting") > 0

    def _count(self, state: Any) -> int:
        return int(self.ocr.pages.count_documents({"document": self.document, "state": state}))

    def _hand_in(self, name: str) -> None:
        share, library, lane = SINGLES[name]
        seconds_until(lambda: self.progress() >= share, self._patience, name)
        sample = single_page(self.folder, library, name)
        document = self.stack.doors.submit(sample, lane=lane).raise_for_status().json()["id"]
        query = {"document": document, "state": "read"}
        read = seconds_until(lambda: self.ocr.pages.find_one(query) is not None, SECONDS_FOR_A_PAGE, name)
        self.singles[name] = round(read, 1)

    def _kill(self) -> None:
        seconds_until(lambda: self.progress() >= KILL_AT, self._patience, "the book to be half read")
        self.reads_at_kill = self._count("read")
        self.killed = self.stack.kill(READING)

    def _recognised(self) -> bool:
        return self.ocr.documents.find_one({"_id": self.document, "state": "recognised"}) is not None

    def _outcome(self, seconds: float, poison: int, watch: Watch) -> Outcome:
        pages = list(self.ocr.pages.find({"document": self.document}))
        readings = Counter(row["page"] for row in self.ocr.readings.find({"document": self.document}, ["page"]))
        idle = watch.machine_idle
        return Outcome(
            pages=self.pages,
            workers=self.workers,
            states=dict(Counter(page["state"] for page in pages)),
            reasons=[page["reason"] for page in pages if page["reason"]],
            poison_attempts=next(page["attempt"] for page in pages if page["number"] == poison),
            readings=sum(readings.values()),
            pages_read_twice=sum(count > 1 for count in readings.values()),
            seconds=round(seconds, 1),
            pages_per_minute=round(60 * self.pages / seconds, 1),
            reading_processes_busy=watch.busy,
            machine_idle_percent=round(sum(idle) / len(idle), 1) if idle else 0.0,
            single_pages_seconds=self.singles,
            megabytes={name: (watch.megabytes(name, *MIDDLE), watch.megabytes(name, *END)) for name in watch.memory},
            left_behind=self.ocr.held.count_documents({"state": {"$in": ["parked", "dead", "replaying"]}}),
        )

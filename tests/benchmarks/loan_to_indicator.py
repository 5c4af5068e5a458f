"""`events.loan_to_indicator_p95`: from the door's answer to a loan until GET /v1/indicators shows it.

Batches are published at an even pace while another thread asks for the figures again and again. All loans of one
second bear a calendar day of their own: the figure of a day then says how many of exactly these are counted, and a
late one is not covered up by those that overtook it.
"""

from __future__ import annotations

import statistics
import threading
import time
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from deploy.local.demo.doors import Doors
from deploy.local.demo.loans import READERS, register_readers
from tests.proof.watching import seconds_until

BATCHES_A_SECOND = 10
LOOK_SECONDS = 0.05
DRAIN_SECONDS = 120
ONE_DAY = timedelta(days=1)


@dataclass
class Watch:
    """What the door accepted and what the indicator showed, by day; seconds of the monotonic clock."""

    accepted: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Day -> when each loan was accepted."""
    shown: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Day -> when the figure first covered the first, second, third… loan."""

    def latencies(self) -> list[float]:
        pairs = ((self.accepted[day], self.shown[day]) for day in self.accepted)
        return sorted(shown - accepted for times, looks in pairs for accepted, shown in zip(times, looks, strict=True))

    @property
    def missing(self) -> int:
        return sum(map(len, list(self.accepted.values()))) - sum(map(len, list(self.shown.values())))


@dataclass(frozen=True)
class Latency:
    """Seconds, and the rate that was really offered."""

    p50: float
    p95: float
    worst: float
    events_per_second: float


def measure(doors: Doors, *, rate: int, seconds: int) -> Latency:
    """Publish `rate` loans a second for so long and see when each shows. Raises TimeoutError when some never do."""
    watch, over = Watch(), threading.Event()
    known = _by_day(doors)
    patrons = register_readers(doors)
    looking = threading.Thread(target=_look, args=(doors.addresses["services"]["stats"]["url"], known, watch, over))
    looking.start()
    try:
        started = time.monotonic()
        _publish(doors, patrons, watch, rate=rate, seconds=seconds)
        offered = rate * seconds / (time.monotonic() - started)
        _await_all(watch)
    finally:
        over.set()
        looking.join()
    latencies = watch.latencies()
    cuts = statistics.quantiles(latencies, n=100)
    return Latency(p50=cuts[49], p95=cuts[94], worst=latencies[-1], events_per_second=offered)


def _publish(doors: Doors, patrons: dict[str, list[str]], watch: Watch, *, rate: int, seconds: int) -> None:
    libraries = sorted(READERS)
    # Noon in Việt Nam, so that no loan falls on another day there.
    first_day = datetime.now(UTC).replace(hour=5, minute=0, second=0, microsecond=0) - ONE_DAY * seconds
    started = time.monotonic()
    for batch in range(seconds * BATCHES_A_SECOND):
        time.sleep(max(0.0, started + batch / BATCHES_A_SECOND - time.monotonic()))
        library = libraries[batch % len(libraries)]
        day = first_day + ONE_DAY * (batch // BATCHES_A_SECOND)
        events = [_loan(library, patrons[library], day) for _ in range(rate // BATCHES_A_SECOND)]
        doors.publish_events(events, doors.addresses["library_keys"][library])
        watch.accepted[day.date().isoformat()] += [time.monotonic()] * len(events)


def _loan(library: str, patrons: list[str], day: datetime) -> dict[str, Any]:
    loan = uuid.uuid4()
    item = f"i{loan.int % 5000:04d}"
    return {
        "specversion": "1.0",
        "id": str(loan),
        "source": f"https://{library}.example/circulation",
        "type": "vn.lienthong.loan.made.v1",
        "subject": f"{library}/{item}",
        "time": day.isoformat(),
        "data": {
            "library": library,
            "item": item,
            "loan": loan.hex,
            "patron": patrons[loan.int % len(patrons)],
            "due": (day + 14 * ONE_DAY).date().isoformat(),
        },
    }


def _look(url: str, known: dict[str, int], watch: Watch, over: threading.Event) -> None:
    with httpx.Client(base_url=url) as client:
        while not over.wait(LOOK_SECONDS):
            answer = client.get("/v1/indicators", params={"by": "day"}).raise_for_status().json()
            now = time.monotonic()
            for day, count in _loans(answer).items():
                new = count - known.get(day, 0) - len(watch.shown[day])
                watch.shown[day] += [now] * new


def _by_day(doors: Doors) -> dict[str, int]:
    return _loans(doors.ask("stats", "/v1/indicators", by="day"))


def _loans(answer: dict[str, Any]) -> dict[str, int]:
    loans = next(indicator for indicator in answer["indicators"] if indicator["id"] == "loans-made")
    return {group["key"]: group["total"] for group in loans["groups"]}


def _await_all(watch: Watch) -> None:
    seconds_until(lambda: not watch.missing, DRAIN_SECONDS, "some loans never showed in the indicators")

"""Sees what is missing: reads every topic and checks it against what producers say they sent.

Two checks, neither of which trusts the bus: every sequence number that an outbox announced by its mark was seen on some
topic, and the versions of every aggregate follow each other. An outbox that announces nothing is silent.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import orjson
import structlog
from pymongo import ReplaceOne
from pymongo.asynchronous.database import AsyncDatabase

from shared.bus.messages import HEADER_OUTBOX, HEADER_SEQUENCE, Message
from shared.bus.subscription import FaustSubscription
from shared.events.delivery import OutboxMarked
from shared.events.topics import topics, topics_read_by
from shared.roles import beside_health
from shared.runtime import Runtime, open_runtime
from shared.settings import Settings
from shared.store.mongo import Document
from shared.telemetry.logs import configure_logs
from shared.telemetry.metrics import AUDIT_GAPS, AUDIT_SILENCE, AUDIT_VERSION_GAPS

log = structlog.get_logger(__name__)

NAME = "bus-auditor"
REPORT_EVERY_SECONDS = 2.0
MISSING_AT_MOST = 100


@dataclass
class OutboxSeen:
    """Which sequence numbers of one outbox were seen, as closed intervals, and what its marks announced."""

    intervals: list[list[int]] = field(default_factory=list)
    baseline: int | None = None
    """Numbers up to here were sent before this auditor knew the outbox: not judged."""
    marks: list[tuple[float, int]] = field(default_factory=list)
    """When each mark arrived (Unix seconds), and what it announced."""

    def see(self, numbers: Iterable[int]) -> None:
        merged: list[list[int]] = []
        for first, last in sorted([*self.intervals, *([number, number] for number in set(numbers))]):
            if merged and first <= merged[-1][1] + 1:
                merged[-1][1] = max(merged[-1][1], last)
            else:
                merged.append([first, last])
        self.intervals = merged

    def mark(self, sequence: int, now: float) -> None:
        if self.baseline is None:
            self.baseline = sequence
        self.marks.append((now, sequence))

    def missing(self, before: float) -> int:
        """How many numbers announced before a moment were never seen."""
        ripe = [mark for mark in self.marks if mark[0] <= before]
        if not ripe or self.baseline is None:
            return 0
        announced = max(sequence for _, sequence in ripe)
        self.marks = [(max(at for at, _ in ripe), announced), *(mark for mark in self.marks if mark[0] > before)]
        wanted = max(0, announced - self.baseline)
        seen = sum(max(0, min(last, announced) - max(first, self.baseline + 1) + 1) for first, last in self.intervals)
        return wanted - seen

    @property
    def heard_at(self) -> float:
        return max((at for at, _ in self.marks), default=0.0)


def next_versions(row: Document | None, versions: Iterable[int], now: float) -> Document:
    """What is known of an aggregate after seeing more of its versions; `missing` maps a version to when it was missed.

    Versions of others' events are whatever they say: of a hole wider than MISSING_AT_MOST only the newest are noted.
    """
    state: Document = row or {"last": 0, "missing": {}}
    missing = dict(state["missing"])
    last = state["last"]
    for version in sorted(versions):
        if last and version > last + 1:
            missing |= {str(absent): now for absent in range(max(last + 1, version - MISSING_AT_MOST), version)}
        missing.pop(str(version), None)
        last = max(last, version)
    return {**state, "last": last, "missing": missing}


class Auditor:
    """Keeps what it saw in its own database; seeing the same again changes nothing. clock: Unix seconds."""

    def __init__(
        self, database: AsyncDatabase[Document], settings: Settings, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._silence = settings.silence_seconds
        self._clock = clock
        self._started = clock()
        self._outboxes: dict[str, OutboxSeen] = defaultdict(OutboxSeen)
        self._turn = asyncio.Lock()

    async def load(self) -> None:
        """Take up what an earlier auditor saw."""
        async for row in self._database["outboxes"].find():
            marks = [(at, sequence) for at, sequence in row["marks"]]
            self._outboxes[row["_id"]] = OutboxSeen(row["intervals"], row["baseline"], marks)

    async def observe(self, messages: Sequence[Message]) -> None:
        """Take note of a batch; returns when the note is stored."""
        async with self._turn:
            touched = self._observe_sequences(messages)
            await self._store_outboxes(touched)
            await self._observe_versions(messages)

    async def report(self) -> None:
        """Set the gauges that alerts stand on."""
        now = self._clock()
        marking = topics()["outbox-marks"].types[OutboxMarked.name]
        for name in marking:
            seen = self._outboxes[name]
            missing = seen.missing(now - self._silence)
            AUDIT_GAPS.labels(name).set(missing)
            AUDIT_SILENCE.labels(name).set(now - max(seen.heard_at, self._started))
            if missing:
                log.error("audit_gap", outbox=name, missing=missing)
        await self._report_versions(now - self._silence)

    def _observe_sequences(self, messages: Sequence[Message]) -> set[str]:
        numbers: dict[str, list[int]] = defaultdict(list)
        for message in messages:
            if HEADER_SEQUENCE in message.headers and HEADER_OUTBOX in message.headers:
                numbers[message.headers[HEADER_OUTBOX]].append(int(message.headers[HEADER_SEQUENCE]))
            elif message.topic == OutboxMarked.topic and (body := _load(message)):
                mark = OutboxMarked.model_validate(body["data"])
                self._outboxes[mark.outbox].mark(mark.sequence, self._clock())
                numbers[mark.outbox] += []
        for name, seen in numbers.items():
            self._outboxes[name].see(seen)
        return set(numbers)

    async def _store_outboxes(self, names: set[str]) -> None:
        writes = [
            ReplaceOne(
                {"_id": name},
                {"intervals": seen.intervals, "baseline": seen.baseline, "marks": seen.marks},
                upsert=True,
            )
            for name in names
            for seen in [self._outboxes[name]]
        ]
        if writes:
            await self._database["outboxes"].bulk_write(writes)

    async def _observe_versions(self, messages: Sequence[Message]) -> None:
        table = topics()
        versions: dict[str, set[int]] = defaultdict(set)
        for message in messages:
            if table[message.topic].versions_are_gapless and (body := _load(message)):
                version = body.get("aggregateversion")
                if isinstance(version, int) and version > 0:
                    versions[f"{message.topic}|{body.get('source')}|{body.get('subject')}"].add(version)
        if not versions:
            return
        aggregates = self._database["aggregates"]
        known = {row["_id"]: row async for row in aggregates.find({"_id": {"$in": list(versions)}})}
        now = self._clock()
        writes = []
        for name, seen in versions.items():
            state = next_versions(known.get(name), seen, now)
            state |= {"_id": name, "gap": bool(state["missing"]), "topic": name.split("|", 1)[0]}
            writes.append(ReplaceOne({"_id": name}, state, upsert=True))
        await aggregates.bulk_write(writes, ordered=False)

    async def _report_versions(self, before: float) -> None:
        counts: dict[str, int] = defaultdict(int)
        async for row in self._database["aggregates"].find({"gap": True}):
            if min(row["missing"].values()) <= before:
                counts[row["topic"]] += 1
                log.error("audit_version_gap", aggregate=row["_id"], missing=sorted(row["missing"], key=int)[:10])
        for name, topic in topics().items():
            if topic.versions_are_gapless:
                AUDIT_VERSION_GAPS.labels(name).set(counts[name])


def _load(message: Message) -> dict[str, Any] | None:
    try:
        body = orjson.loads(message.value or b"")
    except orjson.JSONDecodeError:
        return None
    return body if isinstance(body, dict) else None


async def run_auditor(settings: Settings) -> int:
    """Audit until stopped."""
    configure_logs("bus", "auditor", log_format=settings.log_format, level=settings.log_level)
    runtime = open_runtime("bus", settings)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(runtime.client.close)
        return await _audit(runtime)


async def _audit(runtime: Runtime) -> int:
    auditor = Auditor(runtime.database, runtime.settings)
    await runtime.database["aggregates"].create_index("gap")
    await auditor.load()
    subscription = FaustSubscription(NAME, topics_read_by(NAME), runtime.settings)

    async def assigned() -> str | None:
        return None if subscription.assigned else "no partitions assigned yet"

    async def report_for_ever() -> None:
        while True:
            await auditor.report()
            await asyncio.sleep(REPORT_EVERY_SECONDS)

    async def run() -> None:
        reporting = asyncio.create_task(report_for_ever())
        try:
            await subscription.run(auditor.observe)
        finally:
            reporting.cancel()

    return await beside_health(run, runtime, {"consumer": assigned})

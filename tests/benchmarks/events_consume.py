"""`events.consume`: loan events per second through the counting consumer of stats, over a bare loop that decodes them.

Through the service: FaustSubscription polls, Delivery settles batches in MongoDB transactions (inbox rows, counters),
offsets are acknowledged. The baseline: aiokafka polls the same topic in a group of its own with automatic commits, and
every body is decoded by the same contracts. Runs are interleaved, each counted from its first message to its last.

    KAFKA_BOOTSTRAP=… MONGO_URL=… python -m tests.benchmarks.events_consume [--events N] [--rounds N] [--profile FILE]
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import json
import pstats
import statistics
import sys
import time
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from aiokafka import AIOKafkaConsumer
from kafka import KafkaProducer
from kafka.admin import NewTopic

from services.stats.app import ensure_indexes
from services.stats.counting.handlers import build_counting
from services.stats.counting.store import COUNTERS
from services.stats.registry import LIBRARIES
from shared.bus.delivery import Delivery
from shared.bus.messages import Message
from shared.bus.subscription import FaustSubscription
from shared.bus.topic_admin import connect_admin
from shared.events import CONTRACTS, Event, encode
from shared.events.circulation import LoanMade
from shared.runtime import Runtime, open_runtime
from shared.settings import Settings

PARTITIONS = 6
LIBRARY_NAMES = ("thu-vien-tinh", "truong-thpt-le-loi", "truong-cao-dang-cong-dong")
DEADLINE_SECONDS = 600


@dataclass
class Span:
    """How many events were settled, from the first poll's return to the last event."""

    wanted: int
    count: int = 0
    first: float = 0.0
    last: float = 0.0

    def begin(self) -> None:
        self.first = self.first or time.perf_counter()

    def add(self, count: int) -> None:
        self.count += count
        self.last = time.perf_counter()

    @property
    def complete(self) -> bool:
        return self.count >= self.wanted

    @property
    def rate(self) -> float:
        return self.count / (self.last - self.first)


def loans(count: int) -> Iterator[Event[LoanMade]]:
    """Loans of three libraries over two days."""
    start = datetime(2026, 3, 9, tzinfo=UTC)
    for number in range(count):
        data = LoanMade(
            library=LIBRARY_NAMES[number % len(LIBRARY_NAMES)],
            item=f"item-{number % 5000}",
            loan=f"loan-{number}",
            patron=f"p-{number % 997:032x}",
            due=(start + timedelta(days=14)).date(),
            title="Dế Mèn phiêu lưu ký",
        )
        yield Event(
            data, source="urn:lienthong:ingest", aggregate_version=1, time=start + timedelta(seconds=3 * number)
        )


@contextmanager
def filled_topic(bootstrap: str, count: int) -> Iterator[str]:
    """A topic that holds the events, for as long as the benchmark lasts."""
    name = f"bench-circulation-{uuid.uuid4().hex[:8]}"
    admin = connect_admin(bootstrap)
    admin.create_topics([NewTopic(name=name, num_partitions=PARTITIONS, replication_factor=1)])
    producer = KafkaProducer(bootstrap_servers=bootstrap.split(","), linger_ms=20)
    for event in loans(count):
        headers = [("ce_id", event.id.encode()), ("ce_source", event.source.encode())]
        producer.send(name, key=event.data.key().encode(), value=encode(event), headers=headers)
    producer.flush()
    producer.close()
    try:
        yield name
    finally:
        admin.delete_topics([name])
        admin.close()


@asynccontextmanager
async def empty_stats(settings: Settings) -> AsyncIterator[Runtime]:
    """A database in which the libraries are registered and nothing is counted."""
    runtime = open_runtime("stats", settings)
    await ensure_indexes(runtime.database)
    await runtime.database[LIBRARIES].insert_many([{"_id": library} for library in LIBRARY_NAMES])
    try:
        yield runtime
    finally:
        await runtime.client.drop_database(runtime.database.name)
        await runtime.client.close()


async def through_service(topic: str, count: int, profile: cProfile.Profile | None = None) -> float:
    """Events per second of the counting consumer. Raises AssertionError unless each was counted once."""
    settings = Settings(mongo_prefix=f"bench{uuid.uuid4().hex[:8]}_", object_store="memory:///")
    async with empty_stats(settings) as runtime:
        counting = build_counting()
        delivery = Delivery(counting, runtime.works, runtime.objects, settings)
        await delivery.ensure_indexes()
        span, done = Span(count), asyncio.Event()

        async def deliver(messages: Sequence[Message]) -> None:
            span.begin()
            await delivery.deliver(messages)
            span.add(len(messages))
            if span.complete:
                done.set()

        subscription = FaustSubscription(
            f"bench-{uuid.uuid4().hex[:8]}", [topic], settings, batch_size=counting.batch_size
        )
        if profile:
            profile.enable()
        running = asyncio.create_task(subscription.run(deliver))
        await asyncio.wait_for(done.wait(), DEADLINE_SECONDS)
        if profile:
            profile.disable()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        rows = await runtime.database[COUNTERS].find({"indicator": "loans-made"}).to_list()
        assert sum(row["count"] for row in rows) == count
    return span.rate


async def bare_loop(topic: str, count: int) -> float:
    """Events per second of a loop that polls and decodes."""
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=Settings().kafka_bootstrap,
        group_id=f"bench-{uuid.uuid4().hex[:8]}",
        auto_offset_reset="earliest",
        enable_auto_commit=True,
    )
    await consumer.start()
    try:
        span = Span(count)
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not span.complete:
                for messages in (await consumer.getmany(timeout_ms=1000)).values():
                    span.begin()
                    for message in messages:
                        CONTRACTS.decode(message.value)
                    span.add(len(messages))
    finally:
        await consumer.stop()
    return span.rate


def measure(events: int, rounds: int) -> dict[str, object]:
    """Median rates of interleaved runs."""
    service, bare = [], []
    with filled_topic(Settings().kafka_bootstrap, events) as topic:
        for _ in range(rounds):
            service.append(asyncio.run(through_service(topic, events)))
            bare.append(asyncio.run(bare_loop(topic, events)))
            sys.stderr.write(f"service {service[-1]:.0f}/s, bare {bare[-1]:.0f}/s\n")
    value, baseline = statistics.median(service), statistics.median(bare)
    return {
        "name": "events.consume",
        "value": round(value),
        "unit": "events/s",
        "baseline": round(baseline),
        "ratio": round(value / baseline, 3),
        "runs": service,
        "baseline_runs": bare,
        "shares": shares(profiled(events)),
        "command": f"python -m tests.benchmarks.events_consume --events {events} --rounds {rounds}",
    }


def profiled(events: int) -> cProfile.Profile:
    """One run through the service under the profiler."""
    profile = cProfile.Profile()
    with filled_topic(Settings().kafka_bootstrap, events) as topic:
        asyncio.run(through_service(topic, events, profile))
    return profile


PARTS = {
    "decode": ("envelope.py", "decode"),
    "handlers": ("handling.py", "apply"),
    "transaction": ("work.py", "transact"),
    "whole delivery": ("delivery.py", "deliver"),
}
"""What a profile is asked for: the function that does it. Handlers run inside the transaction."""


def shares(profile: cProfile.Profile) -> dict[str, float]:
    """What part of a delivery's own time goes where; the profiler makes Python weigh more than the driver's C."""
    stats = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    seconds = {
        part: sum(
            row[3] for (file, _, name), row in stats.items() if file.endswith(f"/{where[0]}") and name == where[1]
        )
        for part, where in PARTS.items()
    }
    spent = {
        "decode": seconds["decode"],
        "handlers": seconds["handlers"],
        "driver": seconds["transaction"] - seconds["handlers"],
    }
    spent["arrivals, inbox, metrics"] = seconds["whole delivery"] - sum(spent.values())
    return {part: round(value / seconds["whole delivery"], 3) for part, value in spent.items()}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.events_consume")
    parser.add_argument("--events", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--profile", metavar="FILE")
    options = parser.parse_args()
    if options.profile:
        profiled(options.events).dump_stats(options.profile)
    else:
        sys.stdout.write(json.dumps(measure(options.events, options.rounds)) + "\n")


if __name__ == "__main__":
    main()

"""One house for all brokers: a producer with its relay, a consumer with its database, faults by the name of a loan."""

import asyncio
import contextlib
import threading
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, date, datetime
from typing import Any, Protocol

from deploy.local.engines.broker import EmbeddedBroker
from deploy.local.engines.kafka import KafkaCluster
from shared.bus.consumer import consumer
from shared.bus.delivery import Delivery
from shared.bus.kafka import KafkaPublisher
from shared.bus.memory import MemoryBroker, MemoryPublisher, MemorySubscription
from shared.bus.messages import BrokerAway, Message, Outgoing, Publisher, Subscription
from shared.bus.relay import Relay
from shared.bus.subscription import ClusterChanged, FaustSubscription
from shared.bus.work import Work, Works
from shared.events import Event, EventData
from shared.events.circulation import LoanMade
from shared.events.libraries import LibraryChanged
from shared.runtime import Runtime, open_runtime
from shared.settings import Settings
from shared.store.mongo import connect_blocking, database, database_blocking
from tests.engines import READY_SECONDS, Running

CONSUMER = "stats-counting"
TOPICS = ("circulation", "libraries-current")
SESSION_SECONDS = 3
"""Whoever joins a group that somebody just left waits for as long, or twice."""
PATRON = "p-" + "0" * 32
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
Fault = Callable[[Work], Awaitable[None]]


class Broker(Protocol):
    """What the suite needs of a broker."""

    bootstrap: str
    forgets: bool
    """Whether it comes back from an interruption as another, empty cluster."""

    def publisher(self) -> Publisher: ...

    def subscription(self, group: str, settings: Settings) -> Subscription: ...

    def interrupted(self) -> contextlib.AbstractContextManager[None]:
        """Away inside, back behind."""


class InMemory:
    bootstrap = "nowhere"
    forgets = True

    def __init__(self) -> None:
        self.broker = MemoryBroker()

    def publisher(self) -> Publisher:
        return MemoryPublisher(self.broker)

    def subscription(self, group: str, settings: Settings) -> Subscription:
        return MemorySubscription(group, TOPICS, self.broker, batch_size=settings.batch_size)

    @contextmanager
    def interrupted(self) -> Iterator[None]:
        self.broker.away = True
        yield
        self.broker.restart()
        self.broker.away = False


class Wired:
    """A broker behind a socket."""

    def __init__(self, running: "Running[EmbeddedBroker] | Running[KafkaCluster]") -> None:
        self.running = running
        self.bootstrap = running.engine.bootstrap
        several = len(running.programs) > 1
        self.forgets = not several
        # Of three nodes two are killed: the one left has no majority.
        self._victims = list(running.programs)[1 if several else 0 :]

    def publisher(self) -> Publisher:
        return KafkaPublisher(self.bootstrap)

    def subscription(self, group: str, settings: Settings) -> Subscription:
        return FaustSubscription(group, TOPICS, settings)

    @contextmanager
    def interrupted(self) -> Iterator[None]:
        for name in self._victims:
            self.running.kill(name)
        yield
        for name in self._victims:
            self.running.start(name)
        self.running.engine.wait_ready(READY_SECONDS)


async def end(task: "asyncio.Task[None]") -> None:
    """Cancel until it ends: asyncio.wait_for, by which the driver waits, loses a cancellation that comes together with
    the answer (bpo-42130, mended in Python 3.12)."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=10)


class Crash(Exception):
    """The worker dies after its commit and before its acknowledgement."""


class House:
    """Everything runs until `close`; a worker that fails is started again, as its supervisor would."""

    def __init__(self, broker: Broker, runtime: Runtime) -> None:
        self.broker = broker
        self.runtime = runtime
        self.group = f"{CONSUMER}-{uuid.uuid4().hex[:6]}"
        self.faults: dict[str, Fault] = {}
        self.crash_next = False
        self.restarts = 0
        self.delivered = 0
        self._producer = Works(database(runtime.client, runtime.settings, "ingest"), "ingest")
        self._blocking = connect_blocking(runtime.settings)
        self.relay = Relay(
            database_blocking(self._blocking, runtime.settings, "ingest"),
            "ingest",
            broker.publisher(),
            runtime.settings,
        )
        self._relaying = threading.Thread(target=self.relay.run)
        self.delivery = self.new_delivery()
        self.subscription = broker.subscription(self.group, runtime.settings)
        self._tasks: list[asyncio.Task[None]] = []

    def new_delivery(self) -> Delivery:
        handlers = {LoanMade: self._note_loan, LibraryChanged: self._note_library}
        declared = consumer(CONSUMER, handlers, gone={"libraries-current": self._forget_library})
        return Delivery(declared, self.runtime.works, self.runtime.objects, self.runtime.settings)

    async def open(self) -> None:
        await self.delivery.ensure_indexes()
        self._relaying.start()
        self._tasks = [asyncio.create_task(self._work()), asyncio.create_task(self._retry())]

    async def close(self) -> None:
        for task in self._tasks:
            await end(task)
        self.relay.stop()
        await asyncio.to_thread(self._relaying.join)
        for name in ("ingest", "stats"):
            await self.runtime.client.drop_database(self.runtime.settings.mongo_prefix + name)
        self._blocking.close()
        await self.runtime.client.close()

    async def say(self, *said: EventData, version: int = 1) -> list[str]:
        """Announce facts in one transaction; their event ids."""

        async def do(work: Work) -> list[str]:
            return [work.announce(data, version=version).id for data in said]

        return await self._producer.transact(do)

    async def said_so_far(self) -> int:
        """How many messages the outbox keeps, of every test."""
        return await self._producer.database["outbox"].count_documents({})

    async def retract(self, library: str) -> None:
        async def do(work: Work) -> None:
            work.retract("libraries-current", library, identifier=uuid.uuid4().hex)

        await self._producer.transact(do)

    def throw_in(self, key: str, body: bytes) -> None:
        """Put a message on the circulation topic past every contract, as a stranger would."""
        publisher = self.broker.publisher()
        publisher.publish([Outgoing("circulation", key, body, {})])
        publisher.close()

    async def loans(self, key: str) -> list[str]:
        """What the handler noted of one key, in the order in which it did."""
        row = await self.runtime.database["keys"].find_one({"_id": key})
        return row["loans"] if row else []

    async def held(self, **query: Any) -> list[dict[str, Any]]:
        return await self.runtime.database["held"].find(query).sort("queued_at", 1).to_list()

    async def announced_deaths(self, letter: str) -> list[dict[str, Any]]:
        outbox = self.runtime.database["outbox"]
        return await outbox.find({"topic": f"{CONSUMER}.dead", "key": letter}).to_list()

    async def until(self, condition: Callable[[], Awaitable[object]], what: str, seconds: float = 120) -> None:
        deadline = asyncio.get_running_loop().time() + seconds
        while not await condition():
            assert asyncio.get_running_loop().time() < deadline, f"not within {seconds} s: {what}"
            await asyncio.sleep(0.05)

    async def until_noted(self, key: str, loans: Sequence[str]) -> None:
        async def noted() -> bool:
            return len(await self.loans(key)) >= len(loans)

        await self.until(noted, f"{len(loans)} loans of {key}")
        found = await self.loans(key)
        assert found == list(loans), f"{key}: {found}"

    async def until_held(self, *, key: str, state: str, count: int = 1) -> list[dict[str, Any]]:
        """The messages of a key that are held in a state, once there are so many."""

        async def held() -> bool:
            return len(await self.held(key=key, state=state)) >= count

        await self.until(held, f"{count} {state} of {key}")
        found = await self.held(key=key, state=state)
        assert len(found) == count, found
        return found

    async def lose_patience(self, key: str) -> None:
        """Let the time be over for which what is parked under a key may wait."""
        over = {"$set": {"deadline": LONG_AGO, "next_attempt": LONG_AGO}}
        await self.runtime.database["held"].update_many({"key": key, "state": "parked"}, over)

    @asynccontextmanager
    async def second_worker(self) -> AsyncIterator[Subscription]:
        """Another member of the group, with a delivery of its own."""
        subscription = self.broker.subscription(self.group, self.runtime.settings)
        running = asyncio.create_task(subscription.run(self.new_delivery().deliver))
        yield subscription
        await end(running)

    async def _work(self) -> None:
        while True:
            try:
                await self.subscription.run(self._deliver)
            except (Crash, BrokerAway, ClusterChanged):
                self.restarts += 1
                self.subscription = self.broker.subscription(self.group, self.runtime.settings)
                await asyncio.sleep(0.05)

    async def _deliver(self, batch: Sequence[Message]) -> None:
        await self.delivery.deliver(batch)
        self.delivered += len(batch)
        if self.crash_next:
            self.crash_next = False
            raise Crash

    async def _retry(self) -> None:
        while True:
            await self.delivery.retry_held()
            await asyncio.sleep(0.1)

    async def _note_loan(self, event: Event[LoanMade], work: Work) -> None:
        await work.change("keys", {"_id": event.subject}, {"$push": {"loans": event.data.loan}}, create=True)
        if fault := self.faults.get(event.data.loan):
            await fault(work)

    async def _note_library(self, event: Event[LibraryChanged], work: Work) -> None:
        work.keep_newest("libraries", event.data.library, event.aggregate_version, {"title": event.data.title})

    async def _forget_library(self, key: str, work: Work) -> None:
        await work.change("libraries", {"_id": key}, {"$set": {"gone": True}}, create=True)


async def open_house(broker: Broker, mongo_url: str, objects: str) -> House:
    settings = Settings(
        mongo_url=mongo_url,
        mongo_prefix=f"t{uuid.uuid4().hex[:10]}_",
        object_store=objects,
        kafka_bootstrap=broker.bootstrap,
        relay_interval_seconds=0.1,
        broker_session_seconds=SESSION_SECONDS,
        failure_seconds=1,
        max_message_bytes=20_000,
    )
    house = House(broker, open_runtime("stats", settings))
    await house.open()

    async def assigned() -> bool:
        return house.subscription.assigned

    try:
        await house.until(assigned, "the group's partitions")
    except BaseException:
        await house.close()
        raise
    return house


def raising(error: Exception) -> Fault:
    async def fault(_: Work) -> None:
        raise error

    return fault


def new_library() -> str:
    return f"lib-{uuid.uuid4().hex[:12]}"


def loan(library: str, item: int, name: str, **more: Any) -> LoanMade:
    return LoanMade(library=library, item=f"i{item}", loan=name, patron=PATRON, due=date(2026, 1, 1), **more)


def registration(library: str, title: str = "Thư viện") -> LibraryChanged:
    return LibraryChanged(
        library=library, title=title, library_type="commune", contact="tv@example.org", own_system=False
    )


def now() -> datetime:
    return datetime.now(UTC)

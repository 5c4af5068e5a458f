"""Consumption under the bus: Faust keeps the place in the group, fetches and commits; its streams are not used.

A stream makes two tasks and a wait of every message and acknowledges an event whose agent raised; `take` acknowledges
in a `finally`. So whole fetches are taken from the consumer, and offsets are committed as far as was delivered.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import gettempdir
from typing import Any, TypeAlias

import faust
import structlog
from aiokafka import ConsumerRecord
from aiokafka.errors import IllegalStateError
from faust.exceptions import ConsumerNotStarted
from faust.transport.drivers.aiokafka import Consumer, Transport
from faust.types import TP

from shared.bus.kafka import KafkaPublisher
from shared.bus.messages import BrokerAway, Deliver, Message
from shared.settings import Settings

log = structlog.get_logger(__name__)

CLUSTER_CHECK_SECONDS = 3.0
IDLE_FETCH_SECONDS = 1.0
BUSY_FETCH_SECONDS = 0.02
"""How long to wait for partitions without work while others may finish theirs at any moment."""


Record: TypeAlias = "ConsumerRecord[bytes, bytes]"
Records: TypeAlias = Sequence[Record]


class ClusterChanged(Exception):
    """The broker's address leads to another cluster; start again from its beginning."""


class Deliveries:
    """What is being delivered: of each partition one fetch at a time, in batches; partitions side by side."""

    def __init__(self, deliver: Deliver, batch_size: int, fail: Callable[[Exception], None]) -> None:
        self._deliver = deliver
        self.batch_size = batch_size
        self._fail = fail
        self._running: dict[TP, asyncio.Task[None]] = {}
        self._settled: dict[TP, int] = {}
        self._ended = False

    @property
    def partitions(self) -> set[TP]:
        return set(self._running)

    def begin(self, partition: TP, records: Records) -> None:
        if self._ended:  # what comes behind the one that failed or was given up must not be settled before it
            return
        task = asyncio.create_task(self._deliver_all(partition, records))
        self._running[partition] = task
        task.add_done_callback(lambda _: self._running.pop(partition, None))

    async def any_ended(self) -> None:
        if self._running:
            await asyncio.wait(self._running.values(), return_when=asyncio.FIRST_COMPLETED, timeout=IDLE_FETCH_SECONDS)

    async def cancel(self) -> None:
        """Give up what is under way; it comes again to whoever owns its partition next."""
        await _cancel_all(list(self._running.values()))

    async def end(self) -> None:
        """Give up what is under way and begin nothing more."""
        self._ended = True
        await self.cancel()

    def take_settled(self) -> Mapping[TP, int]:
        """The offsets to go on from, where they have moved since the last call."""
        settled, self._settled = self._settled, {}
        return settled

    async def _deliver_all(self, partition: TP, records: Records) -> None:
        try:
            for start in range(0, len(records), self.batch_size):
                batch = records[start : start + self.batch_size]
                await self._deliver([_message(record) for record in batch])
                self._settled[partition] = batch[-1].offset + 1
        except Exception as error:
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        self._ended = True
        self._fail(error)


class JobDeliveries(Deliveries):
    """Each message by itself, as many at once as given, whatever their partitions: a slow one holds up none behind it.

    A partition is settled as far as all before have ended.
    """

    def __init__(self, deliver: Deliver, at_once: int, fail: Callable[[Exception], None]) -> None:
        super().__init__(deliver, 1, fail)
        self._turns = asyncio.Semaphore(at_once)
        self._unsettled: dict[TP, deque[tuple[int, asyncio.Task[None]]]] = defaultdict(deque)

    async def cancel(self) -> None:
        await super().cancel()
        await _cancel_all([job for jobs in self._unsettled.values() for _, job in jobs])
        self._unsettled.clear()

    async def _deliver_all(self, partition: TP, records: Records) -> None:
        for record in records:
            await self._turns.acquire()
            job = asyncio.create_task(self._deliver_one(record))
            self._unsettled[partition].append((record.offset, job))
            job.add_done_callback(lambda _: self._end_job(partition))

    async def _deliver_one(self, record: Record) -> None:
        try:
            await self._deliver([_message(record)])
        except Exception as error:
            self._give_up(error)
            raise

    def _end_job(self, partition: TP) -> None:
        self._turns.release()
        jobs = self._unsettled[partition]
        while jobs and _succeeded(jobs[0][1]):
            self._settled[partition] = jobs.popleft()[0] + 1


class FetchConsumer(Consumer):
    """Faust's consumer with its path from fetch to stream replaced by deliveries."""

    def __init__(self, *args: Any, deliveries: Deliveries, linger_seconds: float, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deliveries = deliveries
        self._linger_seconds = linger_seconds
        self._fetching: asyncio.Task[Mapping[TP, Records]] | None = None

    async def _drain_messages(self, fetcher: Any) -> None:
        while not (self.should_stop or fetcher.should_stop):
            if not self.flow_active:
                await self.wait(self.can_resume_flow.wait())
            elif free := self._get_active_partitions() - self._deliveries.partitions:
                await self._fetch(free)
            else:
                await self._deliveries.any_ended()
                await self.sleep(0)

    async def _fetch(self, partitions: set[TP]) -> None:
        if self._fetching:  # the one who waited for it was cancelled
            await self._forget(await self._end_fetching(self._fetching))
        generation = self.app.consumer_generation_id
        patience = BUSY_FETCH_SECONDS if self._deliveries.partitions else IDLE_FETCH_SECONDS
        self._fetching = asyncio.create_task(self._fetched(partitions, patience))
        fetched = await self._end_fetching(self._fetching)
        if not self.flow_active or generation != self.app.consumer_generation_id:
            await self._forget(fetched)
            return
        for partition, records in fetched.items():
            self._deliveries.begin(partition, records)
        if 0 < sum(map(len, fetched.values())) < self._deliveries.batch_size:
            await self.sleep(self._linger_seconds)  # the next ones then come together, in one transaction

    async def _fetched(self, partitions: set[TP], patience: float) -> Mapping[TP, Records]:
        fetched: Mapping[TP, Records] = await self._getmany(partitions, timeout=patience)
        return fetched

    async def _end_fetching(self, fetching: asyncio.Task[Mapping[TP, Records]]) -> Mapping[TP, Records]:
        """What a fetch brings. It runs in a thread of its own and moves this member's place, whoever waits for it."""
        try:
            return await asyncio.shield(fetching)
        finally:
            if fetching.done():
                self._fetching = None

    async def _forget(self, fetched: Mapping[TP, Records]) -> None:
        """The group is being rearranged: what came meanwhile is fetched again by whoever has its partition then.

        This member's place is set back where it stood. Were that left out, or left to a broker that may not answer,
        what comes behind would be delivered first, and after the next commit this would never be.
        """
        for partition, records in fetched.items():
            with contextlib.suppress(IllegalStateError):  # another member has the partition
                await self.seek_wait({partition: records[0].offset})

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        self.stop_flow()
        await self._deliveries.cancel()
        self._deliveries.take_settled()  # whoever comes next begins at what was committed
        await super().on_partitions_revoked(revoked)

    async def force_commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:  # noqa: ARG002, FBT001, FBT002
        settled = self._deliveries.take_settled()
        return bool(settled) and await self._commit(settled)

    @property
    def is_member(self) -> bool:
        """False once the task that keeps the place in the group has ended: it says so only to who fetches, and nobody
        fetches without an assignment.
        """
        client = getattr(self._thread, "_consumer", None)
        coordinating = getattr(getattr(client, "_coordinator", None), "_coordination_task", None)
        return coordinating is None or not coordinating.done()

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Faust would look for stalls in its streams; the alarm for lag is the group's offsets."""


class FetchTransport(Transport):
    """Faust's transport with a FetchConsumer in it."""

    def __init__(self, app: faust.App, deliveries: Deliveries, linger_seconds: float) -> None:
        super().__init__(app.conf.broker_consumer, app)
        self._deliveries = deliveries
        self._linger_seconds = linger_seconds

    def create_consumer(self, callback: Any, **kwargs: Any) -> FetchConsumer:
        options = {"deliveries": self._deliveries, "linger_seconds": self._linger_seconds, **kwargs}
        return FetchConsumer(self, callback=callback, **options)


class FaustSubscription:
    """A member of a consumer group."""

    def __init__(
        self,
        group: str,
        names: Sequence[str],
        settings: Settings,
        *,
        batch_size: int | None = None,
        at_once: int | None = None,
    ) -> None:
        self._group = group
        self._settings = settings
        self._batch_size = batch_size or settings.batch_size
        self._at_once = at_once
        self._names = names
        self._app: faust.App | None = None

    @property
    def assigned(self) -> bool:
        with contextlib.suppress(ConsumerNotStarted):
            return bool(self._app and self._app.consumer and self._app.consumer.assignment())
        return False

    async def run(self, deliver: Deliver) -> None:
        """Consume until cancelled; raises what `deliver` raises, and BrokerAway when the cluster is another one."""
        failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        deliveries = self._deliveries(deliver, lambda error: _fail(failed, error))
        # The cluster is known before its offsets are: else a change in between would go unseen.
        publisher = KafkaPublisher(self._settings.kafka_bootstrap)
        cluster = await _meet_cluster(publisher)
        self._app = app = self._build(deliveries, self._group_on(cluster))
        await app.start()
        watch = asyncio.create_task(_watch_cluster(publisher, cluster))
        member = asyncio.create_task(self._watch_membership(app))
        stopped = asyncio.create_task(app.wait_until_stopped())
        try:
            await asyncio.wait({watch, member, stopped, failed}, return_when=asyncio.FIRST_COMPLETED)
            for done in (failed, watch, member):
                if done.done():
                    await done
            raise BrokerAway(f"the consumer {self._group} stopped: {app.crash_reason!r}")
        finally:
            for task in (watch, member, stopped):
                task.cancel()
            await deliveries.end()
            with contextlib.suppress(Exception):
                await asyncio.wait_for(app.stop(), timeout=10)

    async def _watch_membership(self, app: faust.App) -> None:
        """End the consumption where the group has lost this member for good; whoever runs it starts it again."""
        consumer: Any = app.consumer
        while True:
            if not consumer.is_member:
                raise BrokerAway(f"the consumer {self._group} is no longer a member of its group")
            await asyncio.sleep(CLUSTER_CHECK_SECONDS)

    def _deliveries(self, deliver: Deliver, fail: Callable[[Exception], None]) -> Deliveries:
        if self._at_once:
            return JobDeliveries(deliver, self._at_once, fail)
        return Deliveries(deliver, self._batch_size, fail)

    def _group_on(self, cluster: str) -> str:
        return f"{self._group}-{cluster}" if self._settings.group_per_cluster else self._group

    def _build(self, deliveries: Deliveries, group: str) -> faust.App:
        session = self._settings.broker_session_seconds
        app = faust.App(
            group,
            broker=[f"kafka://{address}" for address in self._settings.kafka_bootstrap.split(",")],
            broker_session_timeout=session,
            broker_heartbeat_interval=session / 5,
            broker_rebalance_timeout=session,
            broker_request_timeout=max(40.0, session * 2),
            broker_commit_interval=1.0,
            consumer_auto_offset_reset="earliest",
            topic_allow_declare=False,
            topic_disable_leader=True,
            stream_wait_empty=False,
            web_enabled=False,
            store="memory://",
            datadir=str(Path(gettempdir()) / f"faust-{self._group}"),
        )
        app.transport = FetchTransport(app, deliveries, self._settings.batch_within_seconds)
        for name in self._names:
            app.topics.add(app.topic(name))
        return app


async def _cancel_all(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _succeeded(task: asyncio.Task[None]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is None


def _fail(failed: asyncio.Future[None], error: Exception) -> None:
    if not failed.done():
        failed.set_exception(error)


async def _watch_cluster(publisher: KafkaPublisher, known: str) -> None:
    """End the consumption when the cluster behind the address is another: its offsets mean something else."""
    try:
        while True:
            await asyncio.sleep(CLUSTER_CHECK_SECONDS)
            cluster = await _meet_cluster(publisher)
            if cluster != known:
                raise ClusterChanged(f"cluster {known} became {cluster}")
    finally:
        publisher.close()


async def _meet_cluster(publisher: KafkaPublisher) -> str:
    while True:
        try:
            return await asyncio.to_thread(publisher.cluster_id)
        except BrokerAway as error:
            log.warning("waiting_for_broker", error=str(error)[:300])
            await asyncio.sleep(CLUSTER_CHECK_SECONDS)


def _message(record: ConsumerRecord[bytes, bytes]) -> Message:
    return Message(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=(record.key or b"").decode("utf-8", "replace"),
        value=record.value,
        headers={name: (value or b"").decode("utf-8", "replace") for name, value in record.headers},
    )

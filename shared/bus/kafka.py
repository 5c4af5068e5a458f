"""Kafka under the bus: kafka-python sends, Faust (aiokafka) consumes.

Faust acknowledges an event whose agent raised, and its `take` acknowledges in a `finally`; so agents here read without
acknowledging and acknowledge themselves, after the commit.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import faust
import structlog
from faust.exceptions import ConsumerNotStarted
from kafka import KafkaAdminClient, KafkaProducer
from kafka.errors import KafkaError

from shared.bus.messages import BrokerAway, Deliver, Message, Outgoing
from shared.bus.topic_admin import TopicAdmin, connect_admin
from shared.settings import Settings

log = structlog.get_logger(__name__)

BEGIN_SECONDS = 3.0
METADATA_TIMEOUT_MS = 3_000
DELIVERY_TIMEOUT_MS = 8_000
PUBLISH_SECONDS = BEGIN_SECONDS + (METADATA_TIMEOUT_MS + DELIVERY_TIMEOUT_MS) / 1000
"""The longest that a publication goes on sending: what is not taken by then never will be."""
CLUSTER_CHECK_SECONDS = 3.0


class KafkaPublisher:
    """Sends with an idempotent producer; after any failure it starts with a fresh one."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._producer: KafkaProducer | None = None
        self._admin: KafkaAdminClient | None = None

    def cluster_id(self) -> str:
        try:
            self._admin = self._admin or connect_admin(self._bootstrap)
            return str(self._admin.describe_cluster()["cluster_id"])
        except (KafkaError, OSError) as error:
            self.close()
            raise BrokerAway(f"no broker answers at {self._bootstrap}: {error}") from error

    def prepare(self) -> None:
        try:
            self._admin = self._admin or connect_admin(self._bootstrap)
            for line in TopicAdmin(self._admin).apply():
                log.info("topic_applied", change=line)
        except (KafkaError, OSError) as error:
            self.close()
            raise BrokerAway(f"topics cannot be applied at {self._bootstrap}: {error}") from error

    def publish(self, messages: Sequence[Outgoing]) -> None:
        if not messages:
            return
        begin_until = time.monotonic() + BEGIN_SECONDS
        try:
            producer = self._producer = self._producer or self._connect()
            sent = []
            for message in messages:
                if time.monotonic() > begin_until:
                    raise BrokerAway(f"the broker was too slow to begin {len(messages)} messages")
                sent.append(_send(producer, message))
            producer.flush()
            for future in sent:
                future.get(timeout=DELIVERY_TIMEOUT_MS / 1000)
        except (KafkaError, OSError) as error:
            self.close()
            raise BrokerAway(f"the broker did not take {len(messages)} messages: {error}") from error

    def close(self) -> None:
        for client in (self._producer, self._admin):
            if client is not None:
                with contextlib.suppress(KafkaError, OSError):
                    client.close()
        self._producer = self._admin = None

    def _connect(self) -> KafkaProducer:
        return KafkaProducer(
            bootstrap_servers=self._bootstrap.split(","),
            enable_idempotence=True,
            acks="all",
            linger_ms=2,
            delivery_timeout_ms=DELIVERY_TIMEOUT_MS,
            request_timeout_ms=DELIVERY_TIMEOUT_MS // 2,
            max_block_ms=METADATA_TIMEOUT_MS,
        )


class FaustSubscription:
    """A member of a consumer group: one agent per topic, one stream per partition."""

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
        self._turns = asyncio.Semaphore(at_once) if at_once else None
        self._batch_size = batch_size or settings.batch_size
        self._names = names
        self._app: faust.App | None = None
        self._failed: asyncio.Future[None] | None = None

    @property
    def assigned(self) -> bool:
        with contextlib.suppress(ConsumerNotStarted):
            return bool(self._app and self._app.consumer and self._app.consumer.assignment())
        return False

    async def run(self, deliver: Deliver) -> None:
        """Consume until cancelled; raises what `deliver` raises, and BrokerAway when the cluster is another one."""
        self._failed = asyncio.get_running_loop().create_future()
        # The cluster is known before its offsets are: else a change in between would go unseen.
        publisher = KafkaPublisher(self._settings.kafka_bootstrap)
        cluster = await _meet_cluster(publisher)
        self._app = app = self._build(deliver, self._group_on(cluster))
        await app.start()
        watch = asyncio.create_task(self._watch_cluster(publisher, cluster))
        stopped = asyncio.create_task(app.wait_until_stopped())
        try:
            await asyncio.wait({watch, stopped, self._failed}, return_when=asyncio.FIRST_COMPLETED)
            for done in (self._failed, watch):
                if done.done():
                    await done
            raise BrokerAway(f"the consumer {self._group} stopped: {app.crash_reason!r}")
        finally:
            watch.cancel()
            stopped.cancel()
            with contextlib.suppress(Exception):
                await asyncio.wait_for(app.stop(), timeout=10)

    def _group_on(self, cluster: str) -> str:
        return f"{self._group}-{cluster}" if self._settings.group_per_cluster else self._group

    def _build(self, deliver: Deliver, group: str) -> faust.App:
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
        for name in self._names:
            topic = app.topic(name, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")
            agent = app.agent(topic, name=f"{self._group}:{name}", isolated_partitions=True, concurrency=1)
            agent(partial(self._consume, deliver))
        return app

    async def _consume(self, deliver: Deliver, stream: Any) -> None:
        # Faust's own `take` wakes every partition each few milliseconds, also when nothing comes.
        taken: asyncio.Queue[Any] = asyncio.Queue(self._batch_size)
        settling = asyncio.create_task(self._settle(deliver, taken))
        try:
            async for event in stream.noack().events():
                await taken.put(event)
        finally:
            settling.cancel()
            await asyncio.gather(settling, return_exceptions=True)

    async def _settle(self, deliver: Deliver, taken: asyncio.Queue[Any]) -> None:
        try:
            if self._turns:
                await self._settle_apart(deliver, taken, self._turns)
            while True:
                for batch in _by_partition(await self._next_events(taken)):
                    await deliver([_message(event) for event in batch])
                    for event in batch:
                        event.ack()
        except ExceptionGroup as errors:
            self._fail(errors.exceptions[0])
        except Exception as error:
            self._fail(error)

    async def _settle_apart(self, deliver: Deliver, taken: asyncio.Queue[Any], turns: asyncio.Semaphore) -> None:
        """Each event by itself. Faust commits what is acknowledged past what is not: so they are, in their order."""
        unacknowledged: deque[tuple[Any, asyncio.Task[None]]] = deque()

        async def settle(event: Any) -> None:
            await deliver([_message(event)])

        def end(_: asyncio.Task[None]) -> None:
            turns.release()
            while unacknowledged and _succeeded(unacknowledged[0][1]):
                unacknowledged.popleft()[0].ack()

        async with asyncio.TaskGroup() as group:
            while True:
                event = await taken.get()
                await turns.acquire()
                task = group.create_task(settle(event))
                unacknowledged.append((event, task))
                task.add_done_callback(end)

    async def _next_events(self, taken: asyncio.Queue[Any]) -> list[Any]:
        """Waits for the first event, and a moment for as many as make a batch."""
        events = [await taken.get()]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._settings.batch_within_seconds):
                while len(events) < self._batch_size:
                    events.append(await taken.get())
        return events

    def _fail(self, error: Exception) -> None:
        if self._failed and not self._failed.done():
            self._failed.set_exception(error)

    async def _watch_cluster(self, publisher: KafkaPublisher, known: str) -> None:
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


def _send(producer: KafkaProducer, message: Outgoing) -> Any:
    headers = [(name, value.encode()) for name, value in message.headers.items()]
    return producer.send(message.topic, key=message.key.encode(), value=message.value, headers=headers)


class ClusterChanged(Exception):
    """The broker's address leads to another cluster; start again from its beginning."""


def _succeeded(task: asyncio.Task[None]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is None


def _by_partition(events: Sequence[Any]) -> list[list[Any]]:
    batches: dict[int, list[Any]] = {}
    for event in events:
        batches.setdefault(event.message.partition, []).append(event)
    return list(batches.values())


def _message(event: Any) -> Message:
    raw = event.message
    headers = raw.headers or {}
    pairs = headers.items() if isinstance(headers, dict) else headers
    return Message(
        topic=raw.topic,
        partition=raw.partition,
        offset=raw.offset,
        key=(raw.key or b"").decode("utf-8", "replace"),
        value=raw.value,
        headers={name: (value or b"").decode("utf-8", "replace") for name, value in pairs},
    )

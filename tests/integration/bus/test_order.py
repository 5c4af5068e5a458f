"""The order of a key outlasts what interrupts sending and fetching."""

import asyncio
import os
import signal
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest

from deploy.local.engines.broker import EmbeddedBroker
from shared.bus import kafka
from shared.bus.kafka import KafkaPublisher
from shared.bus.messages import BrokerAway, Message, Outgoing
from shared.bus.subscription import FaustSubscription
from shared.settings import Settings
from tests.engines import Running
from tests.integration.bus.house import SESSION_SECONDS

pytestmark = pytest.mark.engines
WAIT_SECONDS = 90
ROLL_BACK_SECONDS = 2
"""What a busy database takes to give up a transaction."""
TOPIC = "circulation"


@contextmanager
def frozen(broker: Running[EmbeddedBroker]) -> Iterator[None]:
    for name in broker.programs:
        os.kill(broker.pid(name), signal.SIGSTOP)
    try:
        yield
    finally:
        for name in broker.programs:
            os.kill(broker.pid(name), signal.SIGCONT)


class Listener:
    """A member of a group of its own, and what it was given of one key, in order."""

    def __init__(self, bootstrap: str, key: str) -> None:
        settings = Settings(kafka_bootstrap=bootstrap, broker_session_seconds=SESSION_SECONDS)
        self.subscription = FaustSubscription(f"order-{uuid.uuid4().hex[:6]}", [TOPIC], settings)
        self.key = key
        self.heard: list[bytes | None] = []

    @property
    def consumer(self) -> Any:
        return self.subscription._app.consumer

    async def take(self, batch: Sequence[Message]) -> None:
        self.heard += [message.value for message in batch if message.key == self.key]

    async def until_heard(self, value: bytes) -> None:
        await until(lambda: value in self.heard)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            if condition():
                return
            await asyncio.sleep(0.01)


@asynccontextmanager
async def listening(bootstrap: str, key: str) -> AsyncIterator[Listener]:
    listener = Listener(bootstrap, key)
    running = asyncio.create_task(listener.subscription.run(listener.take))
    try:
        await until(lambda: listener.subscription.assigned)
        yield listener
    finally:
        running.cancel()
        await asyncio.wait([running])


@pytest.fixture
def key() -> str:
    return uuid.uuid4().hex


@pytest.fixture
def publisher(embedded_broker: Running[EmbeddedBroker]) -> Iterator[KafkaPublisher]:
    opened = KafkaPublisher(embedded_broker.engine.bootstrap)
    opened.prepare()
    yield opened
    opened.close()


def said(key: str, *values: bytes) -> list[Outgoing]:
    return [Outgoing(TOPIC, key, value, {}) for value in values]


async def test_what_was_given_up_is_sent_no_more(
    embedded_broker: Running[EmbeddedBroker], publisher: KafkaPublisher, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka, "DELIVERY_SECONDS", 1.0)
    publisher.publish(said(key, b"before"))
    sending = publisher._producer._sender
    with frozen(embedded_broker):
        with pytest.raises(BrokerAway):
            publisher.publish(said(key, b"first", b"second"))
        assert not sending.is_alive()
    publisher.publish(said(key, b"first", b"second", b"third"))
    async with listening(embedded_broker.engine.bootstrap, key) as listener:
        await listener.until_heard(b"third")
    assert list(dict.fromkeys(listener.heard)) == [b"before", b"first", b"second", b"third"]


class Slow(list[Outgoing]):
    """Of which each comes later than all should have been begun."""

    def __iter__(self) -> Iterator[Outgoing]:
        for message in super().__iter__():
            yield message
            time.sleep(kafka.BEGIN_SECONDS)


def test_what_was_not_all_begun_is_sent_no_more(
    publisher: KafkaPublisher, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher.publish(said(key, b"before"))
    sending = publisher._producer._sender
    monkeypatch.setattr(kafka, "BEGIN_SECONDS", 0.1)
    with pytest.raises(BrokerAway):
        publisher.publish(Slow(said(key, b"first", b"never begun")))
    assert not sending.is_alive()


async def test_what_comes_while_the_group_is_rearranged_is_fetched_again(
    embedded_broker: Running[EmbeddedBroker], publisher: KafkaPublisher, key: str
) -> None:
    async with listening(embedded_broker.engine.bootstrap, key) as listener:
        publisher.publish(said(key, b"before"))
        await listener.until_heard(b"before")
        await until(lambda: listener.consumer._fetching)
        listener.consumer.stop_flow()
        publisher.publish(said(key, b"meanwhile"))
        await until(lambda: not listener.consumer._fetching)
        listener.consumer.resume_flow()
        publisher.publish(said(key, b"after"))
        await listener.until_heard(b"after")
    assert listener.heard == [b"before", b"meanwhile", b"after"]


async def test_what_a_cancelled_fetch_brings_is_fetched_again(
    embedded_broker: Running[EmbeddedBroker], publisher: KafkaPublisher, key: str
) -> None:
    async with listening(embedded_broker.engine.bootstrap, key) as listener:
        publisher.publish(said(key, b"before"))
        await listener.until_heard(b"before")
        consumer = listener.consumer
        consumer.stop_flow()
        await until(lambda: not consumer._fetching)
        consumer.flow_active = True  # the loop that drains still waits for the flow
        fetch = asyncio.create_task(consumer._fetch(consumer._get_active_partitions()))
        await until(lambda: consumer._fetching)
        fetch.cancel()
        publisher.publish(said(key, b"meanwhile"))
        await asyncio.wait([consumer._fetching])
        consumer.resume_flow()
        publisher.publish(said(key, b"after"))
        await listener.until_heard(b"after")
    assert listener.heard == [b"before", b"meanwhile", b"after"]


async def test_a_member_that_ends_begins_nothing_behind_what_it_gave_up(
    embedded_broker: Running[EmbeddedBroker], publisher: KafkaPublisher, key: str
) -> None:
    others = [f"{key}-{number}" for number in range(12)]
    settings = Settings(kafka_bootstrap=embedded_broker.engine.bootstrap, broker_session_seconds=SESSION_SECONDS)
    subscription = FaustSubscription(f"order-{uuid.uuid4().hex[:6]}", [TOPIC], settings)
    begun: list[bytes | None] = []

    async def take(batch: Sequence[Message]) -> None:
        begun.extend(message.value for message in batch if message.key == key)
        if any(message.key in others for message in batch):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                await asyncio.sleep(ROLL_BACK_SECONDS)
                raise
        elif begun:
            await asyncio.Event().wait()

    running = asyncio.create_task(subscription.run(take))
    await until(lambda: subscription.assigned)
    publisher.publish(said(key, b"first"))
    await until(lambda: begun)
    publisher.publish([message for other in others for message in said(other, b"slow to be given up")])
    await until(lambda: len(subscription._app.consumer._deliveries.partitions) > 1)
    publisher.publish(said(key, b"second"))
    running.cancel()
    await asyncio.wait([running])
    assert begun == [b"first"]

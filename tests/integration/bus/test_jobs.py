"""Jobs whose order means nothing: a slow one holds up none behind it, and is not lost when its worker dies first."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import pytest

from deploy.local.engines.broker import EmbeddedBroker
from shared.bus.kafka import KafkaPublisher
from shared.bus.messages import Message, Outgoing
from shared.bus.subscription import FaustSubscription
from shared.settings import Settings
from tests.engines import Running
from tests.integration.bus.house import SESSION_SECONDS

pytestmark = pytest.mark.engines
TOPIC = "circulation"
WAIT_SECONDS = 90


class Jobs:
    """What was begun and done of the jobs under one key, so of one partition; `slow` ones wait to be released."""

    def __init__(self, key: str, slow: set[str]) -> None:
        self.key = key
        self.slow = slow
        self.done: list[str] = []
        self.at_work = self.most_at_work = 0
        self.release = asyncio.Event()
        self._news = asyncio.Event()

    async def deliver(self, batch: Sequence[Message]) -> None:
        (message,) = batch
        if message.key != self.key:
            return
        name = (message.value or b"").decode()
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        try:
            if name in self.slow:
                await self.release.wait()
            self.done.append(name)
            self._news.set()
        finally:
            self.at_work -= 1

    async def until_done(self, names: set[str]) -> None:
        async with asyncio.timeout(WAIT_SECONDS):
            while not names <= set(self.done):
                self._news.clear()
                await self._news.wait()


@pytest.fixture
def bootstrap(embedded_broker: Running[EmbeddedBroker]) -> str:
    publisher = KafkaPublisher(embedded_broker.engine.bootstrap)
    publisher.prepare()
    publisher.close()
    return embedded_broker.engine.bootstrap


async def test_a_slow_job_holds_up_nobody_and_survives_its_worker(bootstrap: str) -> None:
    key, group = uuid.uuid4().hex, f"jobs-{uuid.uuid4().hex[:6]}"
    publish(bootstrap, key, "0", "1", "2", "3", "4", "5")
    first = Jobs(key, slow={"0", "3"})
    async with working(bootstrap, group, first, at_once=3):
        await first.until_done({"1", "2", "4", "5"})
    assert first.most_at_work == 3
    second = Jobs(key, slow=set())
    async with working(bootstrap, group, second, at_once=3):
        await second.until_done({"0", "3"})


async def test_what_is_done_in_another_order_is_acknowledged(bootstrap: str) -> None:
    key, group = uuid.uuid4().hex, f"jobs-{uuid.uuid4().hex[:6]}"
    publish(bootstrap, key, "0", "1", "2")
    first = Jobs(key, slow={"0"})
    async with working(bootstrap, group, first, at_once=2):
        await first.until_done({"1", "2"})
        first.release.set()
        await first.until_done({"0"})
    publish(bootstrap, key, "3")
    second = Jobs(key, slow=set())
    async with working(bootstrap, group, second, at_once=2):
        await second.until_done({"3"})
    assert second.done == ["3"]


def publish(bootstrap: str, key: str, *names: str) -> None:
    publisher = KafkaPublisher(bootstrap)
    publisher.publish([Outgoing(TOPIC, key, name.encode(), {}) for name in names])
    publisher.close()


@asynccontextmanager
async def working(bootstrap: str, group: str, jobs: Jobs, at_once: int) -> AsyncIterator[None]:
    """A member of the group, until it is ended with what it has at work."""
    settings = Settings(kafka_bootstrap=bootstrap, broker_session_seconds=SESSION_SECONDS)
    subscription = FaustSubscription(group, [TOPIC], settings, at_once=at_once)
    running = asyncio.create_task(subscription.run(jobs.deliver))
    yield
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running

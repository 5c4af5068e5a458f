"""A consumer whose place in its group is lost for good says so, instead of waiting for partitions for ever."""

import asyncio
import uuid
from collections.abc import Sequence

import pytest

from deploy.local.engines.broker import EmbeddedBroker
from shared.bus.kafka import KafkaPublisher
from shared.bus.messages import BrokerAway, Message
from shared.bus.subscription import FaustSubscription
from shared.settings import Settings
from tests.engines import Running
from tests.integration.bus.house import SESSION_SECONDS

pytestmark = pytest.mark.engines
WAIT_SECONDS = 90


async def take(_: Sequence[Message]) -> None:
    """Nothing is to be done with what comes."""


async def test_a_member_without_coordination_ends(embedded_broker: Running[EmbeddedBroker]) -> None:
    bootstrap = embedded_broker.engine.bootstrap
    publisher = KafkaPublisher(bootstrap)
    publisher.prepare()
    publisher.close()
    settings = Settings(kafka_bootstrap=bootstrap, broker_session_seconds=SESSION_SECONDS)
    subscription = FaustSubscription(f"member-{uuid.uuid4().hex[:6]}", ["circulation"], settings)
    running = asyncio.create_task(subscription.run(take))
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            if subscription.assigned:
                break
            await asyncio.sleep(0.1)
        thread = subscription._app.consumer._thread
        thread.thread_loop.call_soon_threadsafe(thread._consumer._coordinator._coordination_task.cancel)
        with pytest.raises(BrokerAway, match="no longer a member"):
            await running

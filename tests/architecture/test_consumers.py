"""What the code consumes is what the topic table says, and nothing is handled that never comes."""

from contextlib import AsyncExitStack
from importlib import import_module

import pytest

from shared.bus.auditor import NAME as AUDITOR
from shared.bus.consumer import Consumer
from shared.events.topics import topics
from shared.runtime import open_runtime
from shared.settings import Settings

SERVICES = ("ingest", "ocr", "catalog", "stats", "notify")
OUTSIDE_OF_GROUPS = {"catalog-search"}
"""Every replica follows its topic from the beginning, as a member of no group."""


@pytest.fixture
async def consumers(tmp_path) -> list[Consumer]:
    """Every consumer as its worker builds it; nothing connects before it is used."""
    settings = Settings(object_store=f"file://{tmp_path}/objects")
    built = []
    async with AsyncExitStack() as stack:
        for name in SERVICES:
            service = import_module(f"services.{name}.app").SERVICE
            runtime = open_runtime(name, settings)
            stack.push_async_callback(runtime.client.close)
            built += [await build(runtime, stack) for build in service.workers.values()]
    return built


async def test_the_consumers_are_the_readers_of_the_table(consumers: list[Consumer]) -> None:
    readers = {reader for topic in topics().values() for reader in topic.readers}
    names = [consumer.name for consumer in consumers]
    assert sorted(names) == sorted(readers - OUTSIDE_OF_GROUPS - {AUDITOR})


async def test_a_consumer_handles_only_what_its_topics_carry(consumers: list[Consumer]) -> None:
    for consumer in consumers:
        carried = {name for topic in consumer.topics for name in topics()[topic].types}
        assert {model.name for model in consumer.handlers} <= carried, consumer.name
        assert set(consumer.gone) <= {name for name in consumer.topics if topics()[name].compacted}, consumer.name


async def test_every_subscription_has_a_use(consumers: list[Consumer]) -> None:
    """A topic of which a consumer handles nothing is read for nothing."""
    for consumer in consumers:
        handled = {model.name for model in consumer.handlers}
        for name in consumer.topics:
            assert consumer.every or handled & topics()[name].types.keys(), f"{consumer.name} reads {name} in vain"

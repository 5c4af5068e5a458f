"""A database and a delivery of its own for every test, on the real MongoDB."""

import uuid

import pytest

from shared.bus.lease import LEASES
from shared.bus.memory import MemoryBroker, MemoryPublisher
from shared.bus.outbox import OUTBOX
from shared.bus.relay import Relay
from shared.runtime import open_runtime
from shared.settings import Settings
from shared.store import mongo
from shared.store.mongo import connect_blocking, database_blocking
from tests.integration.bus.scene import Reads, Scene, Writer


@pytest.fixture
def settings(mongo_url, tmp_path):
    return Settings(
        mongo_url=mongo_url,
        mongo_prefix=f"t{uuid.uuid4().hex[:10]}_",
        object_store=f"file://{tmp_path}/objects",
        relay_interval_seconds=0.1,
        dead_letter_limit=5,
        max_message_bytes=20_000,
    )


@pytest.fixture
async def runtime(settings):
    runtime = open_runtime("stats", settings)
    yield runtime
    await runtime.client.drop_database(runtime.database.name)
    await runtime.client.close()


@pytest.fixture
def blocking(settings):
    """The same server for code in threads: the database of the service that sends."""
    client = connect_blocking(settings)
    database = database_blocking(client, settings, "ingest")
    yield database
    client.drop_database(database.name)
    client.close()


@pytest.fixture
def scene(settings, blocking, monkeypatch):
    reads = Reads()
    with monkeypatch.context() as listening:
        listening.setitem(mongo._OPTIONS, "event_listeners", [reads])
        client = connect_blocking(settings)
    database = database_blocking(client, settings, "ingest")

    def relay(publisher: MemoryPublisher) -> Relay:
        blocking[LEASES].delete_many({})
        return Relay(database, "ingest", publisher, settings)

    broker = MemoryBroker()
    relay(MemoryPublisher(broker)).ensure_indexes()
    yield Scene(blocking[OUTBOX], database[OUTBOX], Writer(blocking[OUTBOX]), reads, broker, relay)
    client.close()

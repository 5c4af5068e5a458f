"""A database and a delivery of its own for every test, on the real MongoDB."""

import uuid

import pytest

from shared.roles import open_runtime
from shared.settings import Settings
from shared.store.mongo import connect_blocking, database_blocking


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

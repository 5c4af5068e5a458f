import base64
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from services.notify.app import SERVICE
from shared.runtime import Runtime, open_runtime
from shared.settings import Settings
from shared.store.mongo import database
from shared.store.vault import Vault
from tests.engines import free_port
from tests.integration.notify.scripted_smtp import ScriptedServer


@pytest.fixture
async def runtime(mongo_url: str, mongo_prefix: str, tmp_path: Path) -> AsyncIterator[Runtime]:
    settings = Settings(
        mongo_url=mongo_url,
        mongo_prefix=mongo_prefix,
        object_store=(tmp_path / "objects").as_uri(),
        vault_key=base64.b64encode(os.urandom(32)).decode(),
        failure_seconds=0.1,
    )
    runtime = open_runtime("notify", settings)
    await SERVICE.prepare(runtime.database)
    yield runtime
    await runtime.client.close()


@pytest.fixture
def vault(runtime: Runtime) -> Vault:
    return Vault(database(runtime.client, runtime.settings, "vault"), runtime.settings.vault_key)


@pytest.fixture
def smtp() -> Iterator[ScriptedServer]:
    server = ScriptedServer(free_port())
    server.start()
    yield server
    server.stop()

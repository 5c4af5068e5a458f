"""A catalog with clusters in it, called in process or by programs of others over HTTP."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from lxml import etree

from services.catalog.app import build_app
from services.catalog.exchange.store import CLUSTERS
from services.catalog.settings import CatalogSettings
from tests.engines import free_port
from tests.integration.catalog.conftest import World
from tests.integration.catalog.exchange.clusters import entry, rows

ROOT = Path(__file__).parents[4]
NAMES = {
    "oai": "http://www.openarchives.org/OAI/2.0/",
    "marc": "http://www.loc.gov/MARC21/slim",
    "mods": "http://www.loc.gov/mods/v3",
    "dc": "http://purl.org/dc/elements/1.1/",
    "srw": "http://www.loc.gov/zing/srw/",
    "diag": "http://www.loc.gov/zing/srw/diagnostic/",
    "sru": "http://docs.oasis-open.org/ns/search-ws/sruResponse",
    "diag2": "http://docs.oasis-open.org/ns/search-ws/diagnostic",
    "scan": "http://docs.oasis-open.org/ns/search-ws/scan",
    "zeerex": "http://explain.z3950.org/dtd/2.0/",
}


def found(answer: bytes, path: str) -> list[etree._Element]:
    """What an XPath with our prefixes finds in an answer."""
    return etree.fromstring(answer).xpath(path, namespaces=NAMES)


async def fill(world: World, numbers: range) -> None:
    """Put clusters into the union and into its search index."""
    await world.runtime.database[CLUSTERS].insert_many(list(rows(numbers)))
    for number in numbers:
        world.catalog.search.put(entry(number))
    world.catalog.search.commit()


@dataclass(frozen=True)
class Program:
    """What a program of others said and did."""

    status: int
    out: str
    err: str


async def run(*command: str, given: str = "", environment: Mapping[str, str] | None = None) -> Program:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        limit=1 << 26,
    )
    out, err = await process.communicate(given.encode())
    return Program(process.returncode or 0, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"))


@pytest.fixture
async def address(world: World, tmp_path: Path) -> AsyncIterator[str]:
    """The catalog behind a real port."""
    port = free_port()
    own = CatalogSettings(index_folder=tmp_path / "served", public_url=f"http://127.0.0.1:{port}")
    app = build_app(world.runtime, world.catalog, own, feeding=None)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        assert not serving.done()
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving

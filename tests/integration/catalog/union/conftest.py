"""A union with real MongoDB, and hands to contribute to it."""

from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path
from typing import Any

import pymarc
import pytest

from services.catalog.imports import store as import_store
from services.catalog.registry import store as registry_store
from services.catalog.union import store as union_store
from services.catalog.union.contributing import Batch, Became, contribute
from services.catalog.union.contribution import Contribution, Origin, contribution_of
from shared.events import CONTRACTS, Event, EventData
from shared.runtime import Runtime, open_runtime
from shared.settings import Settings
from tests.resources.outbox import announced


class Union:
    """A union of its own."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.database = runtime.database

    async def put(
        self,
        origin: Origin,
        records: Iterable[pymarc.Record],
        *,
        retired: Sequence[str] = (),
        at_once: int = 50,
        bulk: bool = True,
    ) -> list[Contribution]:
        """Contribute in batches."""
        coming = [contribution_of(origin, record["001"].data or "", record) for record in records]
        for place in range(0, max(len(coming), 1), at_once):
            await self.commit(Batch(coming[place : place + at_once], () if place else retired), bulk=bulk)
        return coming

    async def commit(self, batch: Batch, *, bulk: bool = True) -> dict[str, Became]:
        return await self.runtime.works.transact(lambda work: contribute(work, batch), bulk=bulk)

    async def clusters(self) -> dict[str, frozenset[str]]:
        """Those that stand: id -> members."""
        rows = self.database[union_store.CLUSTERS].find({"deleted": False})
        return {row["_id"]: frozenset(row["members"]) async for row in rows}

    async def cluster(self, cluster: str) -> dict[str, Any]:
        row = await self.database[union_store.CLUSTERS].find_one({"_id": cluster})
        assert row is not None
        return row

    async def home(self, contribution: str) -> str:
        row = await self.database[union_store.CONTRIBUTIONS].find_one({"_id": contribution})
        assert row is not None
        return str(row["cluster"])

    async def told(self, topic: str) -> list[Event[EventData] | None]:
        said = await announced(self.database, topic)
        return [CONTRACTS.decode(one.body) if one.body else None for one in said]

    async def state(self) -> dict[str, Any]:
        """Everything that must not depend on the order in which it came."""
        clusters = self.database[union_store.CLUSTERS].find({"deleted": False})
        decisions = self.database[union_store.DECISIONS].find()
        descriptions = self.database[union_store.DESCRIPTIONS].find()
        return {
            "clusters": {
                row["_id"]: (row["members"], row["survivor"], row["sets"], row["holdings"], row["digest"])
                async for row in clusters
            },
            "decisions": {row["_id"]: (row["verdict"], row["score"], row["open"]) async for row in decisions},
            "descriptions": {row["_id"]: row["count"] async for row in descriptions},
        }


async def _opened(mongo_url: str, mongo_prefix: str, tmp_path: Path) -> Runtime:
    objects = (tmp_path / "objects").as_uri()
    settings = Settings(mongo_url=mongo_url, mongo_prefix=mongo_prefix, object_store=objects)
    runtime = open_runtime("catalog", settings)
    for store in (registry_store, union_store, import_store):
        await store.ensure_indexes(runtime.database)
    return runtime


@pytest.fixture
async def union(mongo_url: str, mongo_prefix: str, tmp_path: Path) -> AsyncIterator[Union]:
    runtime = await _opened(mongo_url, mongo_prefix, tmp_path)
    yield Union(runtime)
    await runtime.client.close()


@pytest.fixture
async def another(mongo_url: str, mongo_prefix: str, tmp_path: Path) -> AsyncIterator[Union]:
    """A second one, to compare with."""
    runtime = await _opened(mongo_url, f"{mongo_prefix}another_", tmp_path)
    yield Union(runtime)
    await runtime.client.close()

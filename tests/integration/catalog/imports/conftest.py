"""A union with sources and files to import into it."""

from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest

from services.catalog.formats import Format
from services.catalog.imports import store
from services.catalog.imports.importing import Importing
from services.catalog.imports.run import ReportRow, Run
from services.catalog.imports.source import Source
from services.catalog.registry.store import LIBRARIES
from services.catalog.union.store import CONTRIBUTIONS
from tests.integration.catalog.union.conftest import Union, another, union

__all__ = ["another", "union"]


class Desk:
    """Where files are imported into one union."""

    def __init__(self, union: Union) -> None:
        self.union = union
        self.database = union.database

    async def source(self, name: str = "tinh", **given: Any) -> Source:
        fields = {"id": name, "library": "thu-vien-tinh", "made_at": datetime.now(UTC), **given}
        source = Source.model_validate(fields)
        await store.put_source(self.database, source)
        return source

    async def begin(self, source: Source, **given: Any) -> Run:
        fields = {"name": "tệp.mrc", "form": Format.MARC21, "by": "thu-thu", "sha256": "0" * 64, **given}
        return await store.begin_run(self.database, source, fields)

    async def take(self, source: Source, body: bytes, **given: Any) -> Run:
        """Import a file to its end."""
        run = await self.begin(source, **given)
        return await Importing(self.union.runtime.works).take(run, source, BytesIO(body))

    async def report(self, run: Run) -> list[ReportRow]:
        return await store.list_report(self.database, run.id, None, 0, 1000)

    async def standing(self) -> int:
        return await self.database[CONTRIBUTIONS].count_documents({"deleted": False})


@pytest.fixture
async def desk(union: Union) -> Desk:
    row = {"_id": "thu-vien-tinh", "version": 1, "title": "Thư viện tỉnh", "library_type": "provincial"}
    await union.database[LIBRARIES].insert_one({**row, "parent": None, "contact": "a@b.example", "own_system": False})
    return Desk(union)

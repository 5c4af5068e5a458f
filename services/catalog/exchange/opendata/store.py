"""Dumps in MongoDB: a dump is there when its row is, and the row is written last."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from services.catalog.exchange.opendata.dump import Dump
from shared.store.mongo import Document

DUMPS = "dumps"


async def publish(database: AsyncDatabase[Document], dump: Dump) -> None:
    await database[DUMPS].insert_one({**dump.model_dump(exclude={"id"}), "_id": dump.id})


async def newest(database: AsyncDatabase[Document]) -> Dump | None:
    return _dump(await database[DUMPS].find_one({}, sort=[("_id", -1)]))


async def find_dump(database: AsyncDatabase[Document], dump: str) -> Dump | None:
    return _dump(await database[DUMPS].find_one({"_id": dump}))


async def all_dumps(database: AsyncDatabase[Document], limit: int = 0) -> list[Dump]:
    """The newest first."""
    rows = database[DUMPS].find({}).sort("_id", -1).limit(limit)
    return [found async for row in rows if (found := _dump(row))]


async def forget_before(database: AsyncDatabase[Document], moment: datetime) -> None:
    """Dumps made before that, but never the newest."""
    last = await newest(database)
    if last:
        await database[DUMPS].delete_many({"made_at": {"$lt": moment}, "_id": {"$ne": last.id}})


def _dump(row: Mapping[str, Any] | None) -> Dump | None:
    return Dump.model_validate({**row, "id": row["_id"]}) if row else None

"""The counters in MongoDB: one row for each indicator, library, day and collection class."""

from __future__ import annotations

from pymongo import ASCENDING
from pymongo.asynchronous.database import AsyncDatabase

from services.stats.counting.increments import Counter
from shared.store.mongo import Document

COUNTERS = "counters"


async def ensure_indexes(database: AsyncDatabase[Document]) -> None:
    await database[COUNTERS].create_index([(field, ASCENDING) for field in Counter._fields], unique=True)
    await database[COUNTERS].create_index([("library", ASCENDING), ("day", ASCENDING)])
    await database[COUNTERS].create_index([("day", ASCENDING)])

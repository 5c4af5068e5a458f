"""Figures out of the counters."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.synchronous.database import Database

from services.stats.counting.store import COUNTERS
from shared.store.mongo import Document


class By(StrEnum):
    """What figures are broken down by."""

    DAY = "day"
    MONTH = "month"
    LIBRARY = "library"
    CLASS = "class"


class Figure(NamedTuple):
    """The total of one indicator within one group."""

    indicator: str
    group: str
    total: int


class Total(NamedTuple):
    """The total of one indicator, of all days."""

    indicator: str
    library: str
    collection_class: str
    total: int


_GROUPS: dict[By, Any] = {
    By.DAY: "$day",
    By.MONTH: {"$substrBytes": ["$day", 0, 7]},
    By.LIBRARY: "$library",
    By.CLASS: "$collection_class",
}


async def figures(
    database: AsyncDatabase[Document], *, library: str | None, start: date | None, end: date | None, by: By
) -> list[Figure]:
    """Totals by indicator and group, of days from start to end inclusive; groups without any are left out."""
    match: Document = {"library": library} if library else {}
    days = {"$gte": start.isoformat() if start else "", "$lte": end.isoformat() if end else "9999-12-31"}
    pipeline: list[Document] = [
        {"$match": {**match, "day": days}},
        {"$group": {"_id": {"indicator": "$indicator", "group": _GROUPS[by]}, "total": {"$sum": "$count"}}},
        {"$sort": {"_id.group": 1}},
    ]
    rows = await (await database[COUNTERS].aggregate(pipeline)).to_list()
    return [Figure(row["_id"]["indicator"], row["_id"]["group"], row["total"]) for row in rows]


def totals(database: Database[Document]) -> list[Total]:
    """The totals since counting began, by indicator, library and collection class."""
    key = {name: f"${name}" for name in ("indicator", "library", "collection_class")}
    grouped = database[COUNTERS].aggregate([{"$group": {"_id": key, "total": {"$sum": "$count"}}}])
    return [Total(**row["_id"], total=row["total"]) for row in grouped]

"""The work list in MongoDB: rows of `documents` by stage and batch, and the log of who did what when (`actions`)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from pymongo import InsertOne
from pymongo.asynchronous.database import AsyncDatabase

from services.ocr.documents.progress import is_sealed
from services.ocr.worklist.stages import Action, Stage, check_theirs, stage_of
from shared.bus.work import Work
from shared.store.mongo import Document
from shared.web.auth import Person
from shared.web.problems import Problem

DOCUMENTS, PAGES, READINGS, ACTIONS = "documents", "pages", "readings", "actions"
MOST_COLLEAGUES = 500
BATCH = {
    "$ifNull": [
        "$batch",
        {"$dateToString": {"date": "$scanned_at", "format": "%Y-%m-%d", "timezone": "Asia/Ho_Chi_Minh"}},
    ]
}
"""A document's batch; what came without one belongs to the batch of its day."""
OF_QUALITY = ("by", "expected_cer", "confidence", "decision")
UNLISTED = {"quality": 0, "corrections_due": 0}
"""Fields that grow with a document's pages."""
ORDER = [("scanned_at", 1), ("_id", 1)]


async def ensure_indexes(database: AsyncDatabase[Document]) -> None:
    await database[DOCUMENTS].create_index([("library", 1), *ORDER])
    await database[DOCUMENTS].create_index([("library", 1), ("ruling", 1), ("state", 1), *ORDER])
    await database[DOCUMENTS].create_index(ORDER)
    await database[ACTIONS].create_index([("document", 1), ("at", 1)])
    await database[ACTIONS].create_index([("library", 1), ("by", 1), ("at", 1)])


@dataclass
class Batch:
    """Documents that came together, counted by stage."""

    name: str
    first_at: datetime
    stages: Counter[Stage] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        return sum(self.stages.values())


async def get_document(database: AsyncDatabase[Document], document: str, person: Person) -> Document:
    """The row of a document. Raises Problem 404, 403 where it is another library's or sealed."""
    row = await database[DOCUMENTS].find_one({"_id": document})
    return _theirs(row, document, person)


async def take_document(work: Work, document: str, person: Person) -> Document:
    """The same inside a unit of work."""
    return _theirs(await work.find_one(DOCUMENTS, {"_id": document}), document, person)


def _theirs(row: Document | None, document: str, person: Person) -> Document:
    if row is None:
        raise Problem(404, "no-such-document", document=document)
    check_theirs(row, person)
    if is_sealed(row):
        raise Problem(403, "sealed")
    return row


async def list_documents(
    database: AsyncDatabase[Document], query: Mapping[str, Any], limit: int, after: str | None
) -> tuple[list[Document], str | None]:
    """The oldest first, those after a document; and the document to go on after. Raises Problem 404."""
    conditions = [query, await _following(database, after)] if after else [query]
    found = database[DOCUMENTS].find({"$and": conditions}, UNLISTED)
    rows = await found.sort(ORDER).to_list(limit + 1)
    return rows[:limit], rows[limit - 1]["_id"] if len(rows) > limit else None


async def count_documents(database: AsyncDatabase[Document], query: Mapping[str, Any]) -> int:
    return await database[DOCUMENTS].count_documents(query)


async def _following(database: AsyncDatabase[Document], after: str) -> dict[str, Any]:
    last = await database[DOCUMENTS].find_one({"_id": after}, {"scanned_at": 1})
    if last is None:
        raise Problem(404, "no-such-document", document=after)
    at = last["scanned_at"]
    return {"$or": [{"scanned_at": {"$gt": at}}, {"scanned_at": at, "_id": {"$gt": after}}]}


def in_batch(name: str) -> dict[str, Any]:
    """The query for the documents of a batch."""
    return {"$expr": {"$eq": [BATCH, {"$literal": name}]}}


async def batches(database: AsyncDatabase[Document], query: Mapping[str, Any], limit: int) -> list[Batch]:
    """The newest batches among the documents of a query."""
    group: Document = {"_id": {"batch": BATCH, "ruling": "$ruling", "state": "$state"}}
    group |= {"count": {"$sum": 1}, "first_at": {"$min": "$scanned_at"}}
    found: dict[str, Batch] = {}
    async for row in await database[DOCUMENTS].aggregate([{"$match": query}, {"$group": group}]):
        name = row["_id"]["batch"]
        batch = found.setdefault(name, Batch(name, row["first_at"]))
        batch.first_at = min(batch.first_at, row["first_at"])
        batch.stages[stage_of(row["_id"])] += row["count"]
    return sorted(found.values(), key=lambda batch: batch.first_at, reverse=True)[:limit]


async def count_classes(
    database: AsyncDatabase[Document], query: Mapping[str, Any]
) -> dict[tuple[str, str], Counter[Stage]]:
    """Documents by (library, collection class) and stage."""
    key = {"library": "$library", "class": "$metadata.collection_class", "ruling": "$ruling", "state": "$state"}
    counts: defaultdict[tuple[str, str], Counter[Stage]] = defaultdict(Counter)
    pipeline: list[Document] = [{"$match": query}, {"$group": {"_id": key, "count": {"$sum": 1}}}]
    async for row in await database[DOCUMENTS].aggregate(pipeline):
        counts[row["_id"]["library"], row["_id"]["class"]][stage_of(row["_id"])] += row["count"]
    return counts


async def pages_of(database: AsyncDatabase[Document], document: str) -> list[Document]:
    return await database[PAGES].find({"document": document}).sort("number", 1).to_list()


async def get_page(database: AsyncDatabase[Document], document: str, number: int) -> Document:
    """The row of a page. Raises Problem 404."""
    page = await database[PAGES].find_one({"document": document, "number": number})
    if page is None:
        raise Problem(404, "no-such-page", document=document, number=number)
    return page


async def readings_by_id(database: AsyncDatabase[Document], ids: Iterable[str]) -> dict[str, Document]:
    rows = await database[READINGS].find({"_id": {"$in": list(ids)}}).to_list()
    return {row["_id"]: row for row in rows}


async def qualities_by_id(database: AsyncDatabase[Document], ids: Iterable[str]) -> dict[str, Document]:
    """The same readings with what is thought of them alone: the texts of a book are many megabytes."""
    rows = await database[READINGS].find({"_id": {"$in": list(ids)}}, OF_QUALITY).to_list()
    return {row["_id"]: row for row in rows}


async def history(database: AsyncDatabase[Document], document: str) -> list[Document]:
    """What persons did with a document, the oldest first."""
    return await database[ACTIONS].find({"document": document}).sort([("at", 1), ("_id", 1)]).to_list()


async def colleagues(database: AsyncDatabase[Document], query: Mapping[str, Any]) -> dict[str, str]:
    """Those who have worked on the documents of a query's libraries, MOST_COLLEAGUES at most: signature -> name."""
    group: Document = {"_id": "$by", "name": {"$last": "$name"}}
    newest_name = [{"$sort": {"library": 1, "by": 1, "at": 1}}, {"$group": group}]
    rows = await database[ACTIONS].aggregate(
        [{"$match": query}, *newest_name, {"$sort": {"name": 1, "_id": 1}}, {"$limit": MOST_COLLEAGUES}]
    )
    return {row["_id"]: row["name"] async for row in rows}


def log_action(work: Work, document: Document, action: Action, person: Person, note: str, **facts: Any) -> None:
    """Keep who did what when, with what belongs to it (`page`, `to`, `documents`)."""
    entry = {
        "_id": uuid4().hex,
        "document": document["_id"],
        "library": document["library"],
        "action": action,
        "by": person.signature,
        "name": person.name,
        "at": datetime.now(UTC),
        "note": note,
        **facts,
    }
    work.write(ACTIONS, InsertOne(entry))

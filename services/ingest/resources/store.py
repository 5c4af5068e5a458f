"""Resources in MongoDB: one row each; what was said of it before is kept in its history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from pymongo import UpdateOne
from pymongo.asynchronous.database import AsyncDatabase

from services.ingest.resources.resource import ResourceForm, resource_id
from shared.bus.work import Work
from shared.store.mongo import Document

RESOURCES = "resources"


async def ensure_indexes(database: AsyncDatabase[Document]) -> None:
    await database[RESOURCES].create_index([("library", 1), ("_id", 1)])


async def keep(work: Work, library: str, form: ResourceForm, by: str, document: str | None = None) -> str:
    """Keep what is said of a resource now, who said it, and the document made of it if one was; its id."""
    identifier = resource_id(library, form.url)
    said = form.model_dump(mode="json")
    entry = {"by": by, "at": datetime.now(UTC), "said": said}
    state = {"library": library, "resource": said, **({"document": document} if document else {})}
    change = {"$set": state, "$push": {"history": {"$each": [entry], "$slice": -50}}}
    work.write(RESOURCES, UpdateOne({"_id": identifier}, change, upsert=True))
    return identifier


async def find(database: AsyncDatabase[Document], resource: str) -> Document | None:
    return await database[RESOURCES].find_one({"_id": resource})


async def list_after(database: AsyncDatabase[Document], after: str | None, limit: int) -> Sequence[Document]:
    """In the order of their ids."""
    query = {"_id": {"$gt": after}} if after else {}
    return await database[RESOURCES].find(query).sort("_id", 1).to_list(limit)

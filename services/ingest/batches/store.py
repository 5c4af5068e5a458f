"""Batches in MongoDB: what was expected. What came is asked of the documents themselves, so the two cannot disagree."""

from __future__ import annotations

from datetime import UTC, datetime

from pymongo.asynchronous.database import AsyncDatabase

from services.ingest.batches.batch import Arrived, Manifest, batch_id
from services.ingest.documents.document import DocumentState, StepName
from services.ingest.rescans.rescan import Say, due_of
from shared.store.mongo import Document

BATCHES = "batches"
DOCUMENTS = "documents"
SUMMARY = {**dict.fromkeys(("library", "title", "created_at", "created_by"), 1), "expected": {"$size": "$items"}}
"""A batch without its items, of which a page of batches would hold a million."""
_OF_DOCUMENTS = (
    *("state", "pages", "steps", "files.original.sha256", "package.sha256", "rejection.reason", "batches"),
    *("rescan", "replaced_by"),
)


async def ensure_indexes(database: AsyncDatabase[Document]) -> None:
    await database[BATCHES].create_index([("library", 1), ("_id", 1)])


async def keep(database: AsyncDatabase[Document], library: str, manifest: Manifest, by: str) -> tuple[str, bool]:
    """The id of the batch with this manifest, and whether it is new."""
    identifier = batch_id(library, manifest)
    state = {
        "library": library,
        "title": manifest.title,
        "items": [item.model_dump(mode="json") for item in manifest.items],
        "created_at": datetime.now(UTC),
        "created_by": by,
    }
    result = await database[BATCHES].update_one({"_id": identifier}, {"$setOnInsert": state}, upsert=True)
    return identifier, result.upserted_id is not None


async def find(database: AsyncDatabase[Document], batch: str) -> Document | None:
    return await database[BATCHES].find_one({"_id": batch})


async def is_of(database: AsyncDatabase[Document], batch: str, library: str) -> bool:
    return await database[BATCHES].find_one({"_id": batch, "library": library}, {"_id": 1}) is not None


async def list_of_library(
    database: AsyncDatabase[Document], library: str, after: str | None, limit: int
) -> list[Document]:
    """In the order of their ids, without their items."""
    query = {"library": library} | ({"_id": {"$gt": after}} if after else {})
    return await database[BATCHES].find(query, SUMMARY).sort("_id", 1).to_list(limit)


async def arrivals(database: AsyncDatabase[Document], batch: str, say: Say) -> list[Arrived]:
    """What came with a batch, in the order it came; `say` tells why pages must be scanned again."""
    rows = await database[DOCUMENTS].find({"batches.batch": batch}, _OF_DOCUMENTS).sort("received_at", 1).to_list()
    return [_arrived(row, tie["item"], say) for row in rows for tie in row["batches"] if tie["batch"] == batch]


def _arrived(row: Document, item: str, say: Say) -> Arrived:
    files = [file["original"]["sha256"] for file in row.get("files", [])]
    package = row.get("package") or {}
    return Arrived(
        item=item,
        document=row["_id"],
        accepted=row["state"] == DocumentState.ACCEPTED,
        pages=row.get("pages"),
        read="pages_done" in row["steps"].get(StepName.RECOGNISED, {}),
        published=_is_public(row["steps"]),
        digests=tuple([*files, *package.values()] if "sha256" in package else files),
        reason=(row.get("rejection") or {}).get("reason"),
        rescan=due_of(row, say),
        replaced_by=row.get("replaced_by"),
    )


def _is_public(steps: Document) -> bool:
    published = steps.get(StepName.PUBLISHED, {}).get("version", 0)
    return bool(published > steps.get(StepName.WITHDRAWN, {}).get("version", 0))

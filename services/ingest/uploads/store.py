"""Uploads in MongoDB: how far each is, and which objects hold what came."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pymongo import ReturnDocument
from pymongo.asynchronous.database import AsyncDatabase

from shared.store.mongo import Document

UPLOADS = "uploads"
TAKEN_SECONDS = 3600
"""How long an upload stays after a document took it: a client that lost the answer asks again."""


@dataclass(frozen=True)
class Upload:
    """length, offset: bytes; parts: keys of the objects that hold them, in their order."""

    id: str
    library: str
    filename: str
    length: int
    offset: int
    parts: tuple[str, ...]
    expires_at: datetime

    @property
    def finished(self) -> bool:
        return self.offset == self.length


async def ensure_indexes(database: AsyncDatabase[Document]) -> None:
    await database[UPLOADS].create_index("expires_at")
    await database[UPLOADS].create_index([("library", 1), ("length", 1)])


async def create(
    database: AsyncDatabase[Document], *, library: str, by: str, filename: str, length: int, seconds: float
) -> Upload:
    row = {
        "_id": f"u-{secrets.token_hex(16)}",
        "library": library,
        "by": by,
        "filename": filename,
        "length": length,
        "offset": 0,
        "parts": [],
        "expires_at": datetime.now(UTC) + timedelta(seconds=seconds),
    }
    await database[UPLOADS].insert_one(row)
    return _upload(row)


async def find(database: AsyncDatabase[Document], upload: str, library: str) -> Upload | None:
    """A library's own upload, unless it has expired."""
    row = await database[UPLOADS].find_one({"_id": upload, "library": library, **_alive()})
    return _upload(row) if row else None


async def usage(database: AsyncDatabase[Document], library: str) -> tuple[int, int]:
    """How many uploads a library has under way, and their bytes when all is in."""
    total = {"_id": None, "count": {"$sum": 1}, "bytes": {"$sum": "$length"}}
    cursor = await database[UPLOADS].aggregate([{"$match": {"library": library}}, {"$group": total}])
    rows = await cursor.to_list()
    return (rows[0]["count"], rows[0]["bytes"]) if rows else (0, 0)


async def extend(
    database: AsyncDatabase[Document], upload: Upload, parts: Sequence[str], size: int, seconds: float
) -> Upload | None:
    """Keep that more came, and give it more time; None when it is no longer as the caller saw it."""
    same = {"_id": upload.id, "offset": upload.offset, **_alive()}
    change = {
        "$inc": {"offset": size},
        "$push": {"parts": {"$each": list(parts)}},
        "$set": {"expires_at": datetime.now(UTC) + timedelta(seconds=seconds)},
    }
    row = await database[UPLOADS].find_one_and_update(same, change, return_document=ReturnDocument.AFTER)
    return _upload(row) if row else None


async def end_soon(database: AsyncDatabase[Document], uploads: Sequence[str]) -> None:
    """A document has taken them."""
    soon = datetime.now(UTC) + timedelta(seconds=TAKEN_SECONDS)
    await database[UPLOADS].update_many({"_id": {"$in": list(uploads)}}, {"$min": {"expires_at": soon}})


async def expire(database: AsyncDatabase[Document], upload: str) -> None:
    await database[UPLOADS].update_one({"_id": upload}, {"$set": {"expires_at": datetime.fromtimestamp(0, UTC)}})


async def find_expired(database: AsyncDatabase[Document], limit: int) -> list[str]:
    rows = await database[UPLOADS].find({"expires_at": {"$lte": datetime.now(UTC)}}, {"_id": 1}).to_list(limit)
    return [row["_id"] for row in rows]


async def remove(database: AsyncDatabase[Document], upload: str) -> None:
    await database[UPLOADS].delete_one({"_id": upload})


def _alive() -> Document:
    return {"expires_at": {"$gt": datetime.now(UTC)}}


def _upload(row: Document) -> Upload:
    return Upload(
        id=row["_id"],
        library=row["library"],
        filename=row["filename"],
        length=row["length"],
        offset=row["offset"],
        parts=tuple(row["parts"]),
        expires_at=row["expires_at"],
    )

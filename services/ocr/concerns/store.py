"""Which documents are destroyed, so that what is still being made of their pages is not kept either.

Whoever stores objects looks here after storing them, and destruction is noted here before it lists what there is: one
of the two finds every object.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from pymongo import DeleteOne, UpdateOne
from pymongo.asynchronous.database import AsyncDatabase

from shared.bus.work import Work
from shared.events.vocabulary import ObjectRef
from shared.store.mongo import Document
from shared.store.objects import Objects

DESTROYED = "destroyed"


async def ensure_indexes(database: AsyncDatabase[Document]) -> None:
    await database["documents"].create_index("origins", sparse=True)


def holding(document: str) -> dict[str, Any]:
    """The query for all rows in which pages of a document may stand: it, and what was split off or merged from it."""
    return {"$or": [{"_id": document}, {"origins": document}]}


async def note_destroyed(database: AsyncDatabase[Document], documents: Sequence[str]) -> None:
    at = {"$setOnInsert": {"at": datetime.now(UTC)}}
    if documents:
        await database[DESTROYED].bulk_write([UpdateOne({"_id": one}, at, upsert=True) for one in documents])


def take_up_anew(document: str, work: Work) -> None:
    """The document was handed in again: from now on it is kept."""
    work.write(DESTROYED, DeleteOne({"_id": document}))


async def drop_if_destroyed(
    database: AsyncDatabase[Document], objects: Objects, documents: Iterable[str], made: Iterable[ObjectRef | None]
) -> bool:
    """Delete what was made of pages of these documents if one of them is destroyed by now; whether it is."""
    if not await database[DESTROYED].find_one({"_id": {"$in": list(documents)}}):
        return False
    for reference in made:
        if reference:
            await objects.delete(reference.key)
    return True

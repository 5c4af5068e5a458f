"""Libraries in MongoDB, and who holds a key."""

from __future__ import annotations

import hashlib

from pymongo import DeleteOne
from pymongo.asynchronous.database import AsyncDatabase

from services.ingest.registry.key_holder import KeyHolder
from shared.bus.work import Work
from shared.events.libraries import LibraryChanged
from shared.store.mongo import Document

LIBRARIES = "libraries"


async def ensure_indexes(database: AsyncDatabase[Document]) -> None:
    await database[LIBRARIES].create_index("keys.sha256")


def keep_library(work: Work, library: LibraryChanged, version: int) -> None:
    state = {"title": library.title, "keys": [key.model_dump() for key in library.keys]}
    work.keep_newest(LIBRARIES, library.library, version, state)


def remove_library(work: Work, library: str) -> None:
    work.write(LIBRARIES, DeleteOne({"_id": library}))


async def is_registered(database: AsyncDatabase[Document], library: str) -> bool:
    return await database[LIBRARIES].find_one({"_id": library}, {"_id": 1}) is not None


async def find_key_holder(database: AsyncDatabase[Document], token: str) -> KeyHolder | None:
    """Whose key this is, found by its SHA-256; None when nobody's."""
    digest = hashlib.sha256(token.encode()).hexdigest()
    row = await database[LIBRARIES].find_one({"keys.sha256": digest}, {"keys": 1})
    if row is None:
        return None
    key = next(key for key in row["keys"] if key["sha256"] == digest)
    return KeyHolder(library=row["_id"], key=key["id"], may_say=frozenset(key["may_say"]))

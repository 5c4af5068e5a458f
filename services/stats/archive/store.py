"""The archive: lines spooled in MongoDB, and the objects that hold the lines of each day and topic.

An object counts only while its row says `archived`; the row is written before the object, so none lies there unknown.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import AsyncIterator
from enum import StrEnum

import zstandard
from pymongo import ASCENDING
from pymongo.asynchronous.database import AsyncDatabase

from services.stats.archive.line import Line, decode_line
from shared.store.mongo import Document
from shared.store.objects import ObjectMissing, Objects

SPOOL = "archive_spool"
OBJECTS = "archive_objects"


class ObjectState(StrEnum):
    WRITING = "writing"
    """Its lines still lie in the spool, or in the object it shall replace."""
    ARCHIVED = "archived"
    REPLACED = "replaced"
    """All its lines are in a later object."""


async def ensure_indexes(database: AsyncDatabase[Document]) -> None:
    await database[SPOOL].create_index([("day", ASCENDING), ("topic", ASCENDING)])
    await database[OBJECTS].create_index([("state", ASCENDING), ("day", ASCENDING), ("topic", ASCENDING)])


class ArchiveDamaged(Exception):
    """An object of the archive does not hold what was written."""


class Archive:
    """Reads the archive back."""

    def __init__(self, database: AsyncDatabase[Document], objects: Objects) -> None:
        self._database = database
        self._objects = objects

    async def days(self, start: str, end: str) -> list[str]:
        """The days of which the archive holds anything, from start to end inclusive, ISO 8601."""
        within = {"day": {"$gte": start, "$lte": end}}
        spooled = await self._database[SPOOL].distinct("day", within)
        stored = await self._database[OBJECTS].distinct("day", {**within, "state": ObjectState.ARCHIVED})
        return sorted({*spooled, *stored})

    async def lines(self, day: str) -> AsyncIterator[Line]:
        """Every line of a day. One that the compactor moves meanwhile may come twice; none is left out.

        Raises ObjectMissing or ArchiveDamaged where the object store lost or changed what was archived.
        """
        async for row in self._database[SPOOL].find({"day": day}):
            yield decode_line(row["line"])
        read: set[str] = set()
        while fresh := [row for row in await self._rows(day) if row["_id"] not in read]:
            for row in fresh:
                read.add(row["_id"])
                for line in await self._lines_of(row):
                    yield line

    async def _rows(self, day: str) -> list[Document]:
        return await self._database[OBJECTS].find({"state": ObjectState.ARCHIVED, "day": day}).to_list()

    async def _lines_of(self, row: Document) -> list[Line]:
        try:
            packed = await self._objects.get(row["_id"])
        except ObjectMissing:
            if await self._database[OBJECTS].find_one({"_id": row["_id"], "state": ObjectState.ARCHIVED}):
                raise
            return []  # replaced and swept since its row was read: its lines are in a fresh object
        if hashlib.sha256(packed).hexdigest() != row["sha256"]:
            raise ArchiveDamaged(f"{row['_id']} is not what was written there")
        return [decode_line(line) for line in unpack(packed)]


def pack(lines: list[bytes]) -> bytes:
    """Lines as one zstd frame; frames may stand one after the other in an object."""
    return zstandard.ZstdCompressor(level=6).compress(b"".join(lines))


def unpack(packed: bytes) -> list[bytes]:
    """The lines of every frame of an object."""
    reader = zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True)
    return list(io.BufferedReader(reader))

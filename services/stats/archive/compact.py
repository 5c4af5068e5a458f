"""The loop `compact`: spooled lines of a day and topic join an object of theirs, which grows until it is full.

    row `writing` -> object under a name of its own -> one transaction: row `archived`, the object it grew from
    `replaced`, its lines out of the spool

A crash leaves lines in the spool and perhaps an object nobody counts; the sweep removes that one later.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, datetime, timedelta

import structlog
from pymongo import DeleteMany, UpdateOne

from services.stats.archive.store import OBJECTS, SPOOL, ObjectState, pack
from services.stats.settings import StatsSettings
from shared.bus.work import Work, Works
from shared.store.mongo import Document
from shared.store.objects import Objects

log = structlog.get_logger(__name__)

LINES_AT_ONCE = 5_000


class Overtaken(Exception):
    """Another compactor took these lines first."""


class Compactor:
    """Takes spooled lines to the object store. Several may run: the transaction lets one of them win."""

    def __init__(self, works: Works, objects: Objects, settings: StatsSettings) -> None:
        self._works = works
        self._spool = works.database[SPOOL]
        self._rows = works.database[OBJECTS]
        self._objects = objects
        self._full = settings.stats_archive_object_bytes
        self._sweep_after = timedelta(seconds=settings.stats_sweep_after_seconds)

    async def turn(self) -> bool:
        """Move what is spooled, one object for each day and topic; whether more is left."""
        more = False
        for day, topic in await self._waiting():
            more = await self._move(day, topic) or more
        await self.sweep(datetime.now(UTC) - self._sweep_after)
        return more

    async def sweep(self, before: datetime) -> int:
        """Remove objects that were replaced, or never finished, before a moment; how many."""
        stale = {"state": {"$in": [ObjectState.WRITING, ObjectState.REPLACED]}, "changed": {"$lt": before}}
        swept = 0
        async for row in self._rows.find(stale):
            # The row goes last: an object must never lie in the store unknown.
            claim = {"$set": {"state": ObjectState.REPLACED}}
            if (await self._rows.update_one({"_id": row["_id"], "state": row["state"]}, claim)).matched_count:
                await self._objects.delete(row["_id"])
                await self._rows.delete_one({"_id": row["_id"]})
                swept += 1
        return swept

    async def _waiting(self) -> list[tuple[str, str]]:
        group = [{"$group": {"_id": {"day": "$day", "topic": "$topic"}}}]
        found = [row["_id"] async for row in await self._spool.aggregate(group)]
        return sorted((row["day"], row["topic"]) for row in found)

    async def _move(self, day: str, topic: str) -> bool:
        """Whether the spool may hold more of this day and topic."""
        place = {"day": day, "topic": topic}
        spooled = await self._spool.find(place).sort("_id", 1).limit(LINES_AT_ONCE).to_list()
        grown = await self._rows.find_one(
            {**place, "state": ObjectState.ARCHIVED, "size": {"$lt": self._full}}, sort=[("_id", 1)]
        )
        packed = pack([row["line"] for row in spooled])
        if grown:
            packed = await self._objects.get(grown["_id"]) + packed
        # A name that is never used again: what the sweep removes cannot come back meanwhile.
        key = f"archive/{day}/{topic}/{uuid.uuid4().hex}.jsonl.zst"
        await self._rows.insert_one({"_id": key, **place, "state": ObjectState.WRITING, "changed": datetime.now(UTC)})
        await self._objects.put(key, packed, "application/zstd")
        try:
            await self._works.transact(lambda work: self._commit(work, key, packed, spooled, grown))
        except Overtaken as overtaken:
            log.info("archive_overtaken", key=key, why=str(overtaken))
            return False
        log.info("archive_grown", key=key, lines=len(spooled), size=len(packed))
        return len(spooled) == LINES_AT_ONCE

    async def _commit(
        self, work: Work, key: str, packed: bytes, spooled: list[Document], grown: Document | None
    ) -> None:
        identifiers = [row["_id"] for row in spooled]
        if len(await work.find(SPOOL, {"_id": {"$in": identifiers}}, projection=["_id"])) < len(identifiers):
            raise Overtaken("lines have left the spool")
        if await work.find_one(OBJECTS, {"_id": key, "state": ObjectState.WRITING}) is None:
            raise Overtaken("the new object was swept")
        before = grown["lines"] if grown else 0
        now = datetime.now(UTC)
        archived = {"state": ObjectState.ARCHIVED, "changed": now, "lines": before + len(spooled)}
        content = {"size": len(packed), "sha256": hashlib.sha256(packed).hexdigest()}
        work.write(OBJECTS, UpdateOne({"_id": key}, {"$set": archived | content}))
        if grown:
            if await work.find_one(OBJECTS, {"_id": grown["_id"], "state": ObjectState.ARCHIVED}) is None:
                raise Overtaken("the object was grown by another")
            replaced = {"state": ObjectState.REPLACED, "changed": now}
            work.write(OBJECTS, UpdateOne({"_id": grown["_id"]}, {"$set": replaced}))
        work.write(SPOOL, DeleteMany({"_id": {"$in": identifiers}}))

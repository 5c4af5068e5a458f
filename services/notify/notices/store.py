"""Notices in MongoDB: one row each, made once, read by operators."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from pymongo import ReturnDocument, UpdateMany, UpdateOne
from pymongo.asynchronous.database import AsyncDatabase

from services.notify.addresses.recipient import Recipient
from services.notify.metrics import UNTOLD_NOTICES
from services.notify.notices.notice import RETRIABLE, Notice, State
from shared.bus.work import Work
from shared.store.mongo import Document

NOTICES = "notices"
CENSUS_EVERY_SECONDS = 15.0
UNTOLD = (State.WAITING, State.SENDING, State.NO_ADDRESS, State.FAILED)
_NEWEST_FIRST = [("created_at", -1), ("_id", -1)]


def put(work: Work, notice: Notice) -> None:
    """Store a new notice; one that exists already stays as it is."""
    row = notice.model_dump(by_alias=True, exclude={"id"})
    work.write(NOTICES, UpdateOne({"_id": notice.id}, {"$setOnInsert": row}, upsert=True))


def wake(work: Work, recipient: Recipient) -> None:
    """Look again at the notices that lacked this recipient's address and were not yet given up.

    One that is being looked at this very moment is missed, and found when its own time comes.
    """
    whose = {"recipient.name": recipient.name, "recipient.type": recipient.type}
    query = {**whose, "state": State.NO_ADDRESS, "due": {"$exists": True}}
    work.write(NOTICES, UpdateMany(query, {"$set": {"due": datetime.now(UTC)}}))


class Notices:
    """What operators see and may do."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self._rows = database[NOTICES]

    async def one(self, notice: str) -> Notice | None:
        row = await self._rows.find_one({"_id": notice})
        return _read(row) if row else None

    async def page(self, state: State | None, after: Notice | None, limit: int) -> list[Notice]:
        """Newest first, those that follow `after`."""
        query: dict[str, Any] = {"state": state} if state else {}
        if after:
            older = {"created_at": {"$lt": after.created_at}}
            query["$or"] = [older, {"created_at": after.created_at, "_id": {"$lt": after.id}}]
        return [_read(row) async for row in self._rows.find(query).sort(_NEWEST_FIRST).limit(limit)]

    async def retry(self, notice: str) -> Notice | None:
        """Begin anew, at once; None when there is nothing to be begun."""
        now = datetime.now(UTC)
        row = await self._rows.find_one_and_update(
            {"_id": notice, "state": {"$in": RETRIABLE}},
            {"$set": {"state": State.WAITING, "due": now, "waiting_since": now}, "$unset": {"settled_at": ""}},
            return_document=ReturnDocument.AFTER,
        )
        return _read(row) if row else None


class Census:
    """Counts, from time to time, the notices that are not yet told to anybody."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self._rows = database[NOTICES]
        self._next = 0.0

    async def take_when_due(self) -> None:
        if time.monotonic() < self._next:
            return
        for state in UNTOLD:
            UNTOLD_NOTICES.labels(state).set(await self._rows.count_documents({"state": state}))
        self._next = time.monotonic() + CENSUS_EVERY_SECONDS


async def ensure_indexes(database: AsyncDatabase[Document]) -> None:
    rows = database[NOTICES]
    await rows.create_index("due", sparse=True)
    await rows.create_index(_NEWEST_FIRST)
    await rows.create_index([("state", 1), *_NEWEST_FIRST])
    await rows.create_index([("recipient.name", 1), ("state", 1)])


def _read(row: Document) -> Notice:
    return Notice.model_validate({"due": None, **row})

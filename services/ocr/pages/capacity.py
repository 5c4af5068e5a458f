"""How many pages can be read at once: each worker says how many processes it has, again and again while it lives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import structlog
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError

from shared.bus.work import Work
from shared.store.mongo import Document

log = structlog.get_logger(__name__)

WORKERS = "workers"
SAY_SECONDS = 5.0
BELIEVED_SECONDS = 30.0
"""A worker that was silent for longer is dead. Clocks of machines may differ by a part of it."""


async def ensure_indexes(database: AsyncDatabase[Document]) -> None:
    await database[WORKERS].create_index("seen_at", expireAfterSeconds=3600)


@asynccontextmanager
async def counted(database: AsyncDatabase[Document], processes: int) -> AsyncIterator[None]:
    """This worker's processes count as long as the block lasts."""
    worker = uuid4().hex
    saying = asyncio.create_task(_say(database, worker, processes))
    try:
        yield
    finally:
        saying.cancel()
        with suppress(PyMongoError):
            await database[WORKERS].delete_one({"_id": worker})


async def reading_processes(work: Work) -> int:
    """Of all workers that live; one when none has said so yet, so that there is something to start with."""
    since = datetime.now(UTC) - timedelta(seconds=BELIEVED_SECONDS)
    rows = await work.find(WORKERS, {"seen_at": {"$gt": since}})
    return max(1, sum(int(row["processes"]) for row in rows))


async def _say(database: AsyncDatabase[Document], worker: str, processes: int) -> None:
    while True:
        state = {"processes": processes, "seen_at": datetime.now(UTC)}
        try:
            await database[WORKERS].update_one({"_id": worker}, {"$set": state}, upsert=True)
        except PyMongoError as error:
            log.warning("capacity_unsaid", error=str(error)[:300])
        await asyncio.sleep(SAY_SECONDS)

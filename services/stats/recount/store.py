"""The recount's side of MongoDB: counters as they are, events that are held back, and repairs with their audit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from pymongo import InsertOne, UpdateOne
from pymongo.asynchronous.database import AsyncDatabase

from services.stats.counting.increments import Counter
from services.stats.counting.store import COUNTERS
from services.stats.recount.differences import Difference, recount_message
from shared.bus.delivery import INBOX
from shared.bus.held import HELD, HeldState
from shared.bus.work import Work, Works
from shared.store.mongo import Document

COUNTING = "stats-counting"
REPAIRS = "repairs"
IDENTITIES_AT_ONCE = 5_000


class CountersMoved(Exception):
    """A counter changed while it was being recounted: recount again."""


async def counted(database: AsyncDatabase[Document], start: str, end: str) -> dict[Counter, int]:
    """The counters of the days from start to end inclusive."""
    rows = database[COUNTERS].find({"day": {"$gte": start, "$lte": end}})
    return {Counter(*(row[field] for field in Counter._fields)): row["count"] async for row in rows}


async def held_identities(database: AsyncDatabase[Document]) -> set[str]:
    """Events that wait in the counting consumer, or were discarded there: archived, and rightly not counted."""
    query = {"consumer": COUNTING, "state": {"$ne": HeldState.REPLAYED}, "value": {"$ne": None}}
    found = [recount_message(row["value"]) async for row in database[HELD].find(query, ["value"])]
    return {recounted.identity for recounted in found if recounted}


async def repair(works: Works, found: Sequence[Difference], settled: Iterable[str]) -> None:
    """Set every counter to what the archive says, in one transaction with an audit row. Raises CountersMoved.

    `settled` are the events behind these figures: one that counting has not met yet must not be counted again.
    """
    identities = sorted(settled)

    async def do(work: Work) -> None:
        for difference in found:
            await _check_unmoved(work, difference)
            change = {"$set": {"count": difference.archived}}
            work.write(COUNTERS, UpdateOne(difference.counter._asdict(), change, upsert=True))
        now = datetime.now(UTC)
        for identity in identities:
            met = {"$setOnInsert": {"at": now}}
            work.write(INBOX, UpdateOne({"_id": f"{COUNTING}|{identity}"}, met, upsert=True))
        rows = [{**d.counter._asdict(), "counted": d.counted, "archived": d.archived} for d in found]
        work.write(REPAIRS, InsertOne({"at": now, "events": len(identities), "differences": rows}))

    await works.transact(do)


async def _check_unmoved(work: Work, difference: Difference) -> None:
    row = await work.find_one(COUNTERS, difference.counter._asdict())
    now = row["count"] if row else 0
    if now != difference.counted:
        raise CountersMoved(f"{difference} but {now} now")

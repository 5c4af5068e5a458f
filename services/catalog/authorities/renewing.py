"""Works told anew where the headings that they stand under changed: a little at a time, so that live work goes on."""

from __future__ import annotations

from collections.abc import Sequence

from pymongo import DeleteMany, UpdateOne

from services.catalog.authorities.store import RENEWALS
from services.catalog.identity import Row
from services.catalog.union.contribution import key_of
from services.catalog.union.retelling import TOLD_BY, retell
from services.catalog.union.store import CLUSTERS, end_turn, take_turn
from shared.bus.work import Work, Works

AT_ONCE = 200
"""Clusters in one transaction."""
HEADINGS_AT_ONCE = 100
"""Most bear few works, or none."""


async def renew_next(works: Works) -> bool:
    """Tell the next works of the headings that have waited longest; False where none waits."""
    return await works.transact(_renew, bulk=True)


async def _renew(work: Work) -> bool:
    """Those of many headings where they are few; else those of the first alone, from where that has got."""
    waiting = await work.find(RENEWALS, {}, sort=[("at", 1), ("_id", 1)], limit=HEADINGS_AT_ONCE)
    if not waiting:
        return False
    at = await take_turn(work)
    found = await _works_under(work, waiting)
    if len(found) == AT_ONCE and len(waiting) > 1:
        waiting = waiting[:1]
        found = await _works_under(work, waiting)
    await retell(work, found, at)
    ids = {"_id": {"$in": [row["_id"] for row in waiting]}}
    if len(found) < AT_ONCE:
        work.write(RENEWALS, DeleteMany(ids))
    else:
        work.write(RENEWALS, UpdateOne(ids, {"$set": {"after": found[-1]["_id"]}}))
    await end_turn(work, at)
    return True


async def _works_under(work: Work, waiting: Sequence[Row]) -> list[Row]:
    """The next clusters that bear any name of these headings."""
    keys = {key_of(key) for row in waiting for key in row["keys"]}
    behind = min(row["after"] for row in waiting)
    query = {"headings": {"$in": sorted(keys)}, "_id": {"$gt": behind}, "deleted": False}
    return await work.find(CLUSTERS, query, sort=[("_id", 1)], limit=AT_ONCE, projection=TOLD_BY)

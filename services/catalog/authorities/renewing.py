"""Works told anew where the headings that they stand under changed: a little at a time, so that live work goes on."""

from __future__ import annotations

from functools import partial

from pymongo import DeleteOne, UpdateOne

from services.catalog.authorities.store import RENEWALS
from services.catalog.identity import Row
from services.catalog.union.contribution import key_of
from services.catalog.union.retelling import TOLD_BY, retell
from services.catalog.union.store import CLUSTERS, end_turn, take_turn
from shared.bus.work import Work, Works

AT_ONCE = 200
"""Clusters in one transaction."""


async def renew_next(works: Works) -> bool:
    """Tell the next works of the heading that has waited longest; False where none waits."""
    row = await works.database[RENEWALS].find_one(sort=[("at", 1), ("_id", 1)])
    if row is None:
        return False
    await works.transact(partial(_renew, row), bulk=True)
    return True


async def _renew(row: Row, work: Work) -> None:
    at = await take_turn(work)
    standing = {"_id": row["_id"], "at": row["at"], "after": row["after"]}
    if await work.find_one(RENEWALS, standing) is None:
        return
    query = {"headings": {"$in": [key_of(key) for key in row["keys"]]}, "_id": {"$gt": row["after"]}, "deleted": False}
    found = await work.find(CLUSTERS, query, sort=[("_id", 1)], limit=AT_ONCE, projection=TOLD_BY)
    await retell(work, found, at)
    if len(found) < AT_ONCE:
        work.write(RENEWALS, DeleteOne(standing))
    else:
        work.write(RENEWALS, UpdateOne(standing, {"$set": {"after": found[-1]["_id"]}}))
    await end_turn(work, at)

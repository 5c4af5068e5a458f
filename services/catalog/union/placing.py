"""Brings the sets of clusters up to catalogues that were made, changed or taken away, a batch of clusters at a time.

A cluster that changes is put into its sets when it changes; here come those that stay as they are while a catalogue
changes. Each batch takes the union's turn, so that nothing that was grouped by an older definition is overlooked.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pymongo import UpdateMany

from services.catalog.identity import Row
from services.catalog.scopes.store import SCOPES, standing_scopes
from services.catalog.union.retelling import TOLD_BY, put_into_sets, views_of
from services.catalog.union.store import CLUSTERS, end_turn, take_turn
from shared.bus.work import Work, Works

CLUSTERS_AT_ONCE = 300


async def apply_changed(works: Works) -> bool:
    """Look at the next clusters for the catalogue that is furthest behind; whether there may be more."""
    if await works.database[SCOPES].find_one({"pending": True}, ["_id"]) is None:
        return False
    return await works.transact(_apply, bulk=True)


async def _apply(work: Work) -> bool:
    at = await take_turn(work)
    behind = await work.find(SCOPES, {"pending": True}, sort=[("after", 1), ("_id", 1)], limit=1, projection=("after",))
    if not behind:
        return False
    after: str | None = behind[0]["after"]
    query = {"deleted": False, **({"_id": {"$gt": after}} if after else {})}
    rows = await work.find(CLUSTERS, query, sort=[("_id", 1)], limit=CLUSTERS_AT_ONCE, projection=TOLD_BY)
    await _renew(work, rows, at)
    whole = len(rows) < CLUSTERS_AT_ONCE
    place = {"pending": False, "after": None} if whole else {"after": rows[-1]["_id"]}
    work.write(SCOPES, UpdateMany({"pending": True, "after": after}, {"$set": place}))
    await end_turn(work, at)
    return True


async def _renew(work: Work, rows: Sequence[Row], at: datetime) -> None:
    scopes = await standing_scopes(work)
    views = await views_of(work, rows)
    for row in rows:
        put_into_sets(work, row, views[row["_id"]], scopes, at)

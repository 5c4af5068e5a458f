"""Brings the sets of clusters up to catalogues that were made, changed or taken away, a batch of clusters at a time.

A cluster that changes is put into its sets when it changes; here come those that stay as they are while a catalogue
changes. Each batch takes the union's turn, so that nothing that was grouped by an older definition is overlooked. What
enters or leaves a set gets a new datestamp, and so is in every harvester's next list.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from pymongo import UpdateMany, UpdateOne

from services.catalog.formats import restored
from services.catalog.identity import Row, describe
from services.catalog.scopes.scope import Scope
from services.catalog.scopes.store import SCOPES, standing_scopes
from services.catalog.union.grouping import Member, group_of
from services.catalog.union.store import CLUSTERS, end_turn, members_where, take_turn
from services.catalog.union.views import sets_in, view_of
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
    rows = await work.find(CLUSTERS, query, sort=[("_id", 1)], limit=CLUSTERS_AT_ONCE, projection=("marc", "sets"))
    await _renew(work, rows, at)
    whole = len(rows) < CLUSTERS_AT_ONCE
    place = {"pending": False, "after": None} if whole else {"after": rows[-1]["_id"]}
    work.write(SCOPES, UpdateMany({"pending": True, "after": after}, {"$set": place}))
    await end_turn(work, at)
    return True


async def _renew(work: Work, rows: Sequence[Row], at: datetime) -> None:
    scopes = await standing_scopes(work)
    members = await _members(work, [row["_id"] for row in rows])
    for row in rows:
        sets = _sets(row, members[row["_id"]], scopes)
        if sets != row["sets"]:
            change = {"$set": {"sets": sets, "changed_at": at}}
            work.write(CLUSTERS, UpdateOne({"_id": row["_id"]}, change))


async def _members(work: Work, clusters: Sequence[str]) -> Mapping[str, list[Member]]:
    found: dict[str, list[Member]] = defaultdict(list)
    for member in await members_where(work, [{"cluster": {"$in": list(clusters)}}]):
        found[member.cluster or ""].append(member)
    return found


def _sets(row: Row, members: Sequence[Member], scopes: Sequence[Scope]) -> list[str]:
    described = describe(restored(row["marc"]))
    return sets_in(view_of(group_of(members), described, version=1), scopes)

"""The review queue: pairs of descriptions of which a person shall say whether they are one edition."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from itertools import product

from pymongo import UpdateOne

from services.catalog.union import store
from services.catalog.union.grouping import pair_of
from services.catalog.union.neighbourhood import Neighbourhood
from shared.bus.work import Work


async def refresh_questions(work: Work, around: Neighbourhood, home: Mapping[str, str]) -> None:
    """Open the questions about these descriptions that a person can decide, close those that are decided.

    home: contribution -> cluster. A question is open while the descriptions stand in two clusters and no pin keeps
    these apart.
    """
    homes: dict[str, set[str]] = defaultdict(set)
    for member in around.members.values():
        homes[member.fingerprint].add(home[member.id])
    if not homes:
        return
    apart = {
        pair_of(home[pin.pair[0]], home[pin.pair[1]])
        for pin in around.pins.values()
        if not pin.same and all(one in home for one in pin.pair)
    }
    query = {"prints": {"$in": list(homes)}, "verdict": {"$in": store.ASKED}}
    for row in await work.find(store.DECISIONS, query, projection=("prints", "open")):
        left, right = row["prints"]
        is_open = any(
            one != other and pair_of(one, other) not in apart
            for one, other in product(homes.get(left, {left}), homes.get(right, {right}))
        )
        if is_open != row["open"]:
            work.write(store.DECISIONS, UpdateOne({"_id": row["_id"]}, {"$set": {"open": is_open}}))


async def name_libraries(work: Work, fingerprints: Collection[str]) -> None:
    """Keep with the questions about these descriptions which libraries' records they are about: those are asked."""
    if not fingerprints:
        return
    query = {"prints": {"$in": sorted(fingerprints)}, "verdict": {"$in": store.ASKED}}
    rows = await work.find(store.DECISIONS, query, projection=("prints", "libraries"))
    if not rows:
        return
    having = await store.libraries_having(work, {one for row in rows for one in row["prints"]})
    for row in rows:
        libraries = sorted({library for one in row["prints"] for library in having.get(one, ())})
        if libraries != row["libraries"]:
            work.write(store.DECISIONS, UpdateOne({"_id": row["_id"]}, {"$set": {"libraries": libraries}}))

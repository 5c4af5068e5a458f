"""The review queue: pairs of descriptions of which a person shall say whether they are one edition."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, product

from pymongo import UpdateOne

from services.catalog.identity import Row
from services.catalog.matching import Pair
from services.catalog.union import store
from services.catalog.union.grouping import Member, Pin, pair_of
from services.catalog.union.neighbourhood import Neighbourhood
from shared.bus.work import Work
from shared.web.problems import Problem


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
    apart = _kept_apart(around.pins.values(), home)
    query = {"prints": {"$in": list(homes)}, "verdict": {"$in": store.ASKED}}
    for row in await work.find(store.DECISIONS, query, projection=("prints", "open")):
        left, right = row["prints"]
        is_open = any(
            one != other and pair_of(one, other) not in apart
            for one, other in product(homes.get(left, {left}), homes.get(right, {right}))
        )
        if is_open != row["open"]:
            work.write(store.DECISIONS, UpdateOne({"_id": row["_id"]}, {"$set": {"open": is_open}}))


def _kept_apart(pins: Iterable[Pin], home: Mapping[str, str]) -> set[Pair]:
    """The clusters that people said are two editions; home: contribution -> cluster."""
    return {
        pair_of(home[pin.pair[0]], home[pin.pair[1]])
        for pin in pins
        if not pin.same and all(one in home for one in pin.pair)
    }


async def pair_in_question(work: Work, question: Row, libraries: Collection[str] = ()) -> Pair:
    """Two contributions that describe as the question says, of two clusters that nobody keeps apart; of these libraries
    where there are such. Raises Problem 404 where there are none.
    """
    found = await store.members_where(work, [{"fingerprint": {"$in": question["prints"]}}])
    clusters = sorted({one.cluster for one in found if one.cluster})
    standing = await store.members_where(work, [{"cluster": {"$in": clusters}}])
    home = {one.id: one.cluster for one in standing if one.cluster}
    apart = _kept_apart(await store.pins_on(work, home), home)
    left, right = (_one_of_each_cluster(found, fingerprint, libraries) for fingerprint in question["prints"])
    for one, other in _pairs(left, right, libraries):
        homes = pair_of(home[one.id], home[other.id])
        if homes[0] != homes[1] and homes not in apart:
            return pair_of(one.id, other.id)
    raise Problem(404, "question-unknown")


def _one_of_each_cluster(members: Iterable[Member], fingerprint: str, libraries: Collection[str]) -> list[Member]:
    chosen: dict[str | None, Member] = {}
    for one in sorted(members, key=lambda member: (member.library not in libraries, member.id)):
        if one.fingerprint == fingerprint:
            chosen.setdefault(one.cluster, one)
    return list(chosen.values())


def _pairs(
    left: Sequence[Member], right: Sequence[Member], libraries: Collection[str]
) -> Iterator[tuple[Member, Member]]:
    """Those with a record of these libraries first."""
    own_left, own_right = ([one for one in side if one.library in libraries] for side in (left, right))
    return chain(product(own_left, right), product(left, own_right), product(left, right))


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

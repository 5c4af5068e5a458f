"""What people decide of two contributions, and what follows; every decision can be taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from pymongo import DeleteOne, ReplaceOne

from services.catalog.identity import Row
from services.catalog.matching import Comparison, Pair, compare
from services.catalog.registry.library import acts_for
from services.catalog.registry.store import find_library
from services.catalog.union import store
from services.catalog.union.clustering import Pinned, Reason
from services.catalog.union.contributing import regroup
from services.catalog.union.grouping import Member, pair_of
from shared.bus.work import Work
from shared.web.auth import Person, Role
from shared.web.problems import Problem


@dataclass(frozen=True)
class Judged:
    """Where the two contributions stand after a decision."""

    pair: Pair
    clusters: tuple[str, str]


async def pin(work: Work, pair: Pair, person: Person, *, same: bool, reason: str) -> Judged:
    """Decide that two contributions describe one edition, or two, whatever their comparison says; kept as a label.

    Raises Problem 404, 403.
    """
    members = await _members(work, pair)
    await _check_may_judge(work, members, person)
    now = datetime.now(UTC)
    who = {"by": person.signature, "name": person.name, "org": person.org, "reason": reason, "at": now}
    identifier = "|".join(pair)
    row = {"_id": identifier, "contributions": list(pair), "same": same, **who}
    work.write(store.PINS, ReplaceOne({"_id": identifier}, row, upsert=True))
    label = {"_id": identifier, "contributions": list(pair), **await _label(work, members), "same": same, **who}
    work.write(store.LABELS, ReplaceOne({"_id": identifier}, label, upsert=True))
    home = await regroup(work, Pinned(pair, same), Reason(person.signature, reason))
    return Judged(pair, (home[pair[0]], home[pair[1]]))


async def take_back(work: Work, pair: Pair, person: Person, *, reason: str | None) -> Judged:
    """Let the comparison decide again. Raises Problem 404, 403."""
    identifier = "|".join(pair)
    if await work.find_one(store.PINS, {"_id": identifier}) is None:
        raise Problem(404, "pin-unknown")
    await _check_may_judge(work, await _members(work, pair), person)
    work.write(store.PINS, DeleteOne({"_id": identifier}))
    work.write(store.LABELS, DeleteOne({"_id": identifier}))
    home = await regroup(work, Pinned(pair, None), Reason(person.signature, reason))
    return Judged(pair, (home[pair[0]], home[pair[1]]))


async def pair_in_question(work: Work, question: Row) -> Pair:
    """Two contributions that stand apart and describe as the question says. Raises Problem 404 where there are none."""
    left, right = question["prints"]
    found = await store.members_where(work, [{"fingerprint": {"$in": [left, right]}}])
    lefts = sorted((one for one in found if one.fingerprint == left), key=lambda one: one.id)
    rights = sorted((one for one in found if one.fingerprint == right), key=lambda one: one.id)
    pairs = (pair_of(one.id, other.id) for one in lefts for other in rights if one.cluster != other.cluster)
    for pair in pairs:
        return pair
    raise Problem(404, "question-unknown")


async def _members(work: Work, pair: Pair) -> Mapping[str, Member]:
    found = await store.members_where(work, [{"_id": {"$in": list(pair)}}])
    members = {member.id: member for member in found}
    for one in pair:
        if one not in members:
            raise Problem(404, "contribution-unknown", contribution=one)
    return members


async def _check_may_judge(work: Work, members: Mapping[str, Member], person: Person) -> None:
    if Role.OPERATOR in person.roles:
        return
    for member in members.values():
        library = await find_library(work, member.library)
        if library and acts_for(person, library):
            return
    raise Problem(403, "not-a-contributor")


async def _label(work: Work, members: Mapping[str, Member]) -> Row:
    """Both descriptions as they are, and what the comparison came to."""
    left, right = members.values()
    found = await store.descriptions_of(work, {left.fingerprint, right.fingerprint})
    comparison: Comparison = compare(found[left.fingerprint], found[right.fingerprint])
    return {
        "left": found[left.fingerprint].as_row(),
        "right": found[right.fingerprint].as_row(),
        "score": comparison.score,
        "verdict": comparison.verdict.value,
    }

"""What people decide of two contributions, and what follows; every decision can be taken back."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pymongo import DeleteMany, InsertOne, ReplaceOne, UpdateOne

from services.catalog.identity import Description, Row
from services.catalog.matching import Pair, compare
from services.catalog.registry.library import acts_for
from services.catalog.registry.store import find_library
from services.catalog.union import store
from services.catalog.union.clustering import Pinned, Reason
from services.catalog.union.contributing import regroup
from services.catalog.union.grouping import Member, group_of, pair_of
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
    home = await _decide(work, [pair], members, person, same=same, reason=reason, compared=pair)
    return Judged(pair, (home[pair[0]], home[pair[1]]))


async def split_off(work: Work, contribution: str, person: Person, *, reason: str) -> str:
    """Keep a contribution apart from all others of its cluster; the cluster in which it then stands.

    What was compared is the contribution and the best of the others: that alone is kept as a label. Whoever may judge
    one of them may do so. Raises Problem 404, 403, 409 where it stands alone.
    """
    cluster = (await _members(work, [contribution]))[contribution].cluster
    members = {member.id: member for member in await store.members_where(work, [{"cluster": cluster}])}
    others = [member for member in members.values() if member.id != contribution]
    if not others:
        raise Problem(409, "stands-alone")
    await _check_may_judge(work, members, person)
    pairs = [pair_of(contribution, other.id) for other in others]
    compared = pair_of(contribution, group_of(others).survivor.id)
    home = await _decide(work, pairs, members, person, same=False, reason=reason, compared=compared)
    return home[contribution]


async def take_back(work: Work, pair: Pair, person: Person, *, reason: str | None) -> Judged:
    """Let the comparison decide again. Raises Problem 404, 403."""
    row = await work.find_one(store.PINS, {"_id": "|".join(pair)})
    if row is None:
        raise Problem(404, "pin-unknown")
    await _members(work, pair)
    home = await _withdraw(work, [row], person, reason)
    return Judged(pair, (home[pair[0]], home[pair[1]]))


async def undo(work: Work, deed: str, person: Person) -> Judged:
    """Take back all that a person decided at once; where the first pair of it stands now. Raises Problem 404, 403."""
    rows = await work.find(store.PINS, {"deed": deed}, sort=[("_id", 1)])
    if not rows:
        raise Problem(404, "pin-unknown")
    pair = _pair(rows[0])
    home = await _withdraw(work, rows, person, None)
    return Judged(pair, (home.get(pair[0], ""), home.get(pair[1], "")))


async def _decide(
    work: Work,
    pairs: Sequence[Pair],
    members: Mapping[str, Member],
    person: Person,
    *,
    same: bool,
    reason: str,
    compared: Pair,
) -> Mapping[str, str]:
    """Write pins as one deed and a label of what was compared, and regroup; where each contribution then stands."""
    now = datetime.now(UTC)
    who = {"by": person.signature, "name": person.name, "org": person.org, "reason": reason, "at": now}
    deed = f"p-{uuid.uuid4().hex[:24]}"
    rows = {pair: {"_id": "|".join(pair), "contributions": list(pair), "same": same, **who} for pair in pairs}
    for row in rows.values():
        work.write(store.PINS, ReplaceOne({"_id": row["_id"]}, {**row, "deed": deed}, upsert=True))
    work.write(store.LABELS, DeleteMany({"_id": {"$in": [row["_id"] for row in rows.values()]}}))
    left, right = (members[one].fingerprint for one in compared)
    if left != right:  # of two descriptions that are equal no weight can be learnt
        descriptions = await store.descriptions_of(work, {left, right})
        label = rows[compared] | _label(descriptions[left], descriptions[right])
        work.write(store.LABELS, InsertOne(label))
    return await regroup(work, [Pinned(pair, same) for pair in pairs], Reason(person.signature, reason))


async def _withdraw(work: Work, pins: Sequence[Row], person: Person, reason: str | None) -> Mapping[str, str]:
    """Delete pins and labels, and regroup; one of the contributions may have been retired meanwhile."""
    pairs = [_pair(row) for row in pins]
    await _check_may_judge(work, await _standing(work, [one for pair in pairs for one in pair]), person)
    ids = [row["_id"] for row in pins]
    work.write(store.PINS, DeleteMany({"_id": {"$in": ids}}))
    work.write(store.LABELS, DeleteMany({"_id": {"$in": ids}}))
    return await regroup(work, [Pinned(pair, None) for pair in pairs], Reason(person.signature, reason))


def _pair(pin: Row) -> Pair:
    left, right = pin["contributions"]
    return left, right


async def open_question(work: Work, question: str) -> Row:
    """A question that waits for an answer. Raises Problem 404."""
    row = await work.find_one(store.DECISIONS, {"_id": question, "open": True})
    if row is None:
        raise Problem(404, "question-unknown")
    return row


async def answer(work: Work, question: str, pair: Pair, person: Person, *, same: bool, reason: str) -> Judged:
    """Answer a question by two contributions. Raises Problem 404, 403, 409 where they say something else by now."""
    row = await open_question(work, question)
    members = await _members(work, pair)
    if {member.fingerprint for member in members.values()} != set(row["prints"]):
        raise Problem(409, "question-changed")
    return await pin(work, pair, person, same=same, reason=reason)


async def skip(work: Work, question: str) -> None:
    """Leave a question to others: it is asked again after all that were skipped less often. Raises Problem 404."""
    await open_question(work, question)
    work.write(store.DECISIONS, UpdateOne({"_id": question}, {"$inc": {"skips": 1}}))


async def take_skip_back(work: Work, question: str) -> None:
    """Ask a question again that was skipped."""
    work.write(store.DECISIONS, UpdateOne({"_id": question, "skips": {"$gt": 0}}, {"$inc": {"skips": -1}}))


async def _members(work: Work, ids: Collection[str]) -> Mapping[str, Member]:
    members = await _standing(work, ids)
    for one in ids:
        if one not in members:
            raise Problem(404, "contribution-unknown", contribution=one)
    return members


async def _standing(work: Work, ids: Collection[str]) -> Mapping[str, Member]:
    found = await store.members_where(work, [{"_id": {"$in": sorted(ids)}}])
    return {member.id: member for member in found}


async def _check_may_judge(work: Work, members: Mapping[str, Member], person: Person) -> None:
    if Role.OPERATOR in person.roles:
        return
    for member in members.values():
        library = await find_library(work, member.library)
        if library and acts_for(person, library):
            return
    raise Problem(403, "not-a-contributor")


def _label(left: Description, right: Description) -> Row:
    """Both descriptions as they are, and what the comparison came to."""
    comparison = compare(left, right)
    return {
        "left": left.as_row(),
        "right": right.as_row(),
        "score": comparison.score,
        "verdict": comparison.verdict.value,
    }

"""Takes contributions in and regroups all that they touch, in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pymongo import DeleteMany, InsertOne, ReplaceOne, UpdateOne

from services.catalog.identity import Description, Row
from services.catalog.matching import Comparison, Pair, Verdict
from services.catalog.union import store
from services.catalog.union.clustering import Clustering, Pinned, Reason
from services.catalog.union.comparing import compare_all, pairs_of
from services.catalog.union.contribution import Contribution
from services.catalog.union.grouping import Group, Member, group_of, groups_of
from services.catalog.union.neighbourhood import Neighbourhood
from services.catalog.union.questions import name_libraries, refresh_questions
from shared.bus.work import Work
from shared.events.clusters import RecordContributed, RecordRetired


class Became(StrEnum):
    """What the union made of a contribution."""

    NEW = "new"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    RETIRED = "retired"
    ABSENT = "absent"
    """It was to be retired, but does not stand in the union."""
    COPY = "copy"
    """The same run came upon exactly this record before."""
    REPEATED = "repeated"
    """The same run came upon another record of this id before: not taken in."""


@dataclass(frozen=True)
class Batch:
    """What to do to the union. retired: ids; no id in it twice."""

    contributions: Sequence[Contribution] = ()
    retired: Sequence[str] = ()


@dataclass
class _Change:
    """What a batch does: the contributions that are new or said something else, those that go, and how they were."""

    at: datetime
    before: dict[str, Row]
    became: dict[str, Became] = field(default_factory=dict)
    coming: dict[str, Contribution] = field(default_factory=dict)
    going: list[Row] = field(default_factory=list)

    def decide(self, batch: Batch) -> None:
        for one in batch.contributions:
            self.became[one.id] = became = _become(one, self.before.get(one.id))
            if became in {Became.NEW, Became.UPDATED}:
                self.coming[one.id] = one
        for identifier in batch.retired:
            row = self.before.get(identifier)
            gone = row is None or row["deleted"]
            self.became[identifier] = Became.ABSENT if gone else Became.RETIRED
            if row and not gone:
                self.going.append(row)

    @property
    def replaced(self) -> list[Row]:
        """The state before of what no longer stands as it stood."""
        changed = (self.before.get(one) for one in self.coming)
        return [row for row in changed if row and not row["deleted"]] + self.going

    def added_at(self, contribution: str) -> datetime:
        row = self.before.get(contribution)
        added: datetime = row["added_at"] if row else self.at
        return added

    def member(self, contribution: Contribution) -> Member:
        row = self.before.get(contribution.id)
        return Member.newly(contribution, self.added_at(contribution.id), row["cluster"] if row else None)


def _become(one: Contribution, row: Row | None) -> Became:
    if row is None or row["deleted"]:
        return Became.NEW
    same = row["digest"] == one.digest and row["trust"] == one.origin.trust
    seen = row["seen"]
    if one.seen and seen and seen["run"] == one.seen.run and seen["position"] != one.seen.position:
        return Became.COPY if same else Became.REPEATED
    return Became.UNCHANGED if same else Became.UPDATED


async def contribute(work: Work, batch: Batch) -> dict[str, Became]:
    """Take a batch in; what became of each. The same batch again changes nothing.

    The clusters are then those that follow from all contributions together, whatever order they came in. It must be
    the first thing that the work does, and waits for nobody: where another was at it, the transaction is tried again.
    """
    at = await store.take_turn(work)
    change = _Change(at, await store.known(work, [one.id for one in batch.contributions] + list(batch.retired)))
    change.decide(batch)
    _mark_seen(work, batch, change)
    if not (change.coming or change.going):
        return change.became
    found = await _compare(work, change)
    around = await _look_around(work, change, found)
    clustering = Clustering(work, at, change.coming)
    alone = [group_of([change.member(one)]) for one in change.coming.values() if one.id not in around.members]
    await clustering.renew(alone + _groups(around), _homes(change, around))
    _write_contributions(work, change, clustering.home)
    await _count_descriptions(work, change, found.newcomers)
    await refresh_questions(work, around, clustering.home)
    await name_libraries(work, _doubtful(change, found))
    await store.end_turn(work, at)
    return change.became


def _doubtful(change: _Change, found: _Compared) -> set[str]:
    """Fingerprints about which there may be questions that other libraries have to do with than before."""
    asked = {one for pair, each in found.comparisons.items() if each.verdict in store.ASKED for one in pair}
    coming = {one.fingerprint for one in change.coming.values()}
    return (coming & asked) | (coming - found.newcomers) | {row["fingerprint"] for row in change.replaced}


async def regroup(work: Work, pinned: Sequence[Pinned], reason: Reason) -> Mapping[str, str]:
    """Group anew what some contributions are tied to, after a person decided something of them; where each stands now.

    The pins must be written, and `take_turn` have come before it.
    """
    at = await store.take_turn(work)
    members = await store.members_where(work, [{"_id": {"$in": sorted({each for pin in pinned for each in pin.pair})}}])
    around = Neighbourhood({member.id: member for member in members}, settled=())
    await around.widen(work, (), ())
    clustering = Clustering(work, at, {}, reason, pinned)
    await clustering.renew(_groups(around), {member.cluster for member in around.members.values() if member.cluster})
    await refresh_questions(work, around, clustering.home)
    return clustering.home


@dataclass(frozen=True)
class _Compared:
    """newcomers: fingerprints that nothing had before; descriptions: of all that were compared."""

    newcomers: frozenset[str]
    descriptions: dict[str, Description]
    comparisons: dict[Pair, Comparison]

    def merges(self) -> set[str]:
        """The fingerprints that are one edition with another, or may be."""
        found = (pair for pair, one in self.comparisons.items() if one.verdict.ties)
        return {one for pair in found for one in pair}


async def _compare(work: Work, change: _Change) -> _Compared:
    """Compare the descriptions that are new with all that share a key with them, and keep what was decided."""
    coming = {one.fingerprint: one for one in change.coming.values()}
    rows = {row["_id"]: row for row in await store.candidates(work, coming)}
    newcomers = coming.keys() - rows.keys()
    pairs = pairs_of(
        [(one, coming[one].keys) for one in sorted(newcomers)],
        [(identifier, row["keys"]) for identifier, row in rows.items()],
    )
    twins = _twins(change, newcomers)
    needed = {one for pair in (*pairs, *twins) for one in pair}
    descriptions = {one: coming[one].description for one in needed & coming.keys()}
    descriptions |= {one: Description.of_row(rows[one]["description"]) for one in needed - coming.keys()}
    comparisons = compare_all(sorted(pairs) + twins, descriptions)
    decided = [store.decision_row(pair, one, change.at) for pair, one in comparisons.items() if _is_kept(pair, one)]
    work.write(store.DECISIONS, *(ReplaceOne({"_id": row["_id"]}, row, upsert=True) for row in decided))
    return _Compared(frozenset(newcomers), descriptions, comparisons)


def _twins(change: _Change, newcomers: Collection[str]) -> list[Pair]:
    """Those that describe exactly as another: whether that is enough to know an edition by is decided once."""
    counts = Counter(one.fingerprint for one in change.coming.values())
    return [(one, one) for one, count in counts.items() if count > 1 or one not in newcomers]


def _is_kept(pair: Pair, comparison: Comparison) -> bool:
    """What exact copies came to is only kept where a person is to be asked."""
    return pair[0] != pair[1] or comparison.verdict is Verdict.REVIEW


async def _look_around(work: Work, change: _Change, found: _Compared) -> Neighbourhood:
    """All that the change can touch; a newcomer that is like nothing else touches nothing."""
    merging = found.merges()
    counts = Counter(one.fingerprint for one in change.coming.values())
    tied = {
        one.id: change.member(one)
        for one in change.coming.values()
        if one.id in change.before
        or one.fingerprint in merging
        or one.fingerprint not in found.newcomers
        or counts[one.fingerprint] > 1
    }
    settled = {*change.coming, *(row["_id"] for row in change.going)}
    said = {member.fingerprint: change.coming[one].description for one, member in tied.items()}
    around = Neighbourhood(tied, settled, found.descriptions | said, dict(found.comparisons))
    replaced = change.replaced
    if tied or replaced:
        await around.widen(work, (row["fingerprint"] for row in replaced), (row["cluster"] for row in replaced))
    return around


def _groups(around: Neighbourhood) -> list[Group]:
    return groups_of(around.members, around.descriptions, around.merging(), list(around.pins.values()))


def _homes(change: _Change, around: Neighbourhood) -> set[str]:
    """The clusters in which something stood that now may not."""
    before = {member.cluster for member in around.members.values() if member.cluster}
    return before | {row["cluster"] for row in change.replaced}


def _mark_seen(work: Work, batch: Batch, change: _Change) -> None:
    for one in batch.contributions:
        if one.seen and change.became[one.id] is Became.UNCHANGED:
            seen = {"run": one.seen.run, "position": one.seen.position}
            work.write(store.CONTRIBUTIONS, UpdateOne({"_id": one.id}, {"$set": {"seen": seen}}))


def _write_contributions(work: Work, change: _Change, home: Mapping[str, str]) -> None:
    """What is new first: each change of kind is a command of its own."""
    for one in sorted(change.coming.values(), key=lambda one: one.id in change.before):
        before = change.before.get(one.id)
        version = before["version"] + 1 if before else 1
        row = store.contribution_row(one, version, home[one.id], change.added_at(one.id), change.at)
        work.write(store.CONTRIBUTIONS, ReplaceOne({"_id": one.id}, row) if before else InsertOne(row))
        said = RecordContributed(
            contribution=one.id, library=one.origin.library, source=one.origin.source, cluster=home[one.id]
        )
        work.announce(said, version=version)
    for before in change.going:
        row = store.retired_row(before, change.at)
        work.write(store.CONTRIBUTIONS, ReplaceOne({"_id": row["_id"]}, row))
        gone = RecordRetired(
            contribution=row["_id"], library=row["library"], source=row["source"], cluster=before["cluster"]
        )
        work.announce(gone, version=row["version"])


async def _count_descriptions(work: Work, change: _Change, newcomers: Collection[str]) -> None:
    """Keep how many say each description; what nobody says any more is forgotten, and what was decided by it."""
    coming = {one.fingerprint: one for one in change.coming.values()}
    counts = Counter(one.fingerprint for one in change.coming.values())
    counts.subtract(row["fingerprint"] for row in change.replaced)
    new = (store.description_row(coming[one], counts[one]) for one in sorted(newcomers))
    work.write(store.DESCRIPTIONS, *map(InsertOne, new))
    raised = ((one, count) for one, count in counts.items() if one not in newcomers and count)
    work.write(store.DESCRIPTIONS, *(UpdateOne({"_id": one}, {"$inc": {"count": count}}) for one, count in raised))
    less = [fingerprint for fingerprint, count in counts.items() if count < 0]
    if not less:
        return
    rows = await work.find(store.DESCRIPTIONS, {"_id": {"$in": less}, "count": {"$lte": 0}}, projection=("_id",))
    gone = [row["_id"] for row in rows]
    work.write(store.DESCRIPTIONS, DeleteMany({"_id": {"$in": gone}}))
    work.write(store.DECISIONS, DeleteMany({"prints": {"$in": gone}}))

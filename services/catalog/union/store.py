"""Contributions, descriptions, clusters, decisions and pins in MongoDB."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bson.raw_bson import RawBSONDocument
from pymongo.asynchronous.database import AsyncDatabase

from services.catalog.finds import Finds
from services.catalog.identity import Description, Row
from services.catalog.matching import Comparison, Evidence, Pair, Verdict
from services.catalog.union.contribution import Contribution
from services.catalog.union.grouping import Member, Pin
from shared.bus.work import Work
from shared.store.mongo import Document
from shared.web.problems import Problem

CONTRIBUTIONS = "contributions"
DESCRIPTIONS = "descriptions"
"""What contributions say of their edition, once for all that say the same: _id is the fingerprint, `count` how many."""
CLUSTERS = "clusters"
DECISIONS = "decisions"
"""What comparing two descriptions came to, unless to keep them apart: _id is both fingerprints, joined by a dash."""
PINS = "pins"
LABELS = "labels"
"""What people answered, with both descriptions as they were: of these the weights are fitted."""
TURNS = "union_turns"
QUESTION_ORDER: Final = (("skips", 1), ("score", -1), ("_id", 1))
"""In which questions are asked: those that were skipped last, else the likeliest first."""
ASKED = (Verdict.REVIEW, Verdict.PRESUME)
"""Of these a person is asked while the two stand in two clusters."""

MEMBER_FIELDS = (
    "fingerprint",
    "entered",
    "library",
    "source",
    "trust",
    "fullness",
    "items",
    "digest",
    "added_at",
    "cluster",
    "digitised",
)


async def ensure_indexes(database: AsyncDatabase[Document]) -> None:
    never = {"$setOnInsert": {"at": datetime.fromtimestamp(0, UTC)}}
    await database[TURNS].update_one({"_id": "union"}, never, upsert=True)
    await database[CONTRIBUTIONS].create_index("fingerprint", sparse=True)
    await database[CONTRIBUTIONS].create_index("cluster")
    await database[CONTRIBUTIONS].create_index("source")
    await database[DESCRIPTIONS].create_index("keys")
    await database[CLUSTERS].create_index("redirect_to", sparse=True)
    await database[CLUSTERS].create_index([("headings", 1), ("_id", 1)])
    await database[DECISIONS].create_index("prints")
    for name, first in (("questions", ()), ("questions_of_libraries", (("libraries", 1),))):
        await database[DECISIONS].create_index(
            [*first, *QUESTION_ORDER], name=name, partialFilterExpression={"open": True}
        )
    await database[PINS].create_index("contributions")
    await database[PINS].create_index("deed")
    await database[PINS].create_index([("by", 1), ("at", -1)])
    await database[LABELS].create_index("contributions")


async def take_turn(work: Work) -> datetime:
    """Be the only one who changes clusters until this work is committed; the moment of it, later than every one before.

    Work that yields only looks, so that single changes need not wait for it, and says so at its end by `end_turn`: if
    somebody changed clusters meanwhile, that fails; the attempt after too many of these takes the turn from its start.
    """
    if work.yields:
        last = await work.find_one(TURNS, {"_id": "union"})
        now = datetime.now(UTC)
        now = now.replace(microsecond=now.microsecond // 1000 * 1000)  # MongoDB keeps no finer ones
        return max(now, last["at"] + timedelta(milliseconds=1)) if last else now
    at = {"$max": [{"$add": ["$at", 1]}, "$$NOW"]}
    row = await work.change(TURNS, {"_id": "union"}, [{"$set": {"at": at}}], create=True)
    if row is None:
        raise LookupError("an update with upsert gave no row")
    moment: datetime = row["at"]
    return moment


async def end_turn(work: Work, at: datetime) -> None:
    """Fail, and be tried again, where another changed clusters since `take_turn`."""
    if work.yields:
        await work.change(TURNS, {"_id": "union"}, {"$set": {"at": at}}, create=True)


async def known(work: Work, ids: Sequence[str]) -> dict[str, Row]:
    """The contributions of these ids, retired ones too, without their records."""
    fields = (*MEMBER_FIELDS, "version", "deleted", "seen")
    return {row["_id"]: row for row in await work.find(CONTRIBUTIONS, {"_id": {"$in": list(ids)}}, projection=fields)}


async def candidates(work: Work, coming: Mapping[str, Contribution]) -> list[Row]:
    """Every description that shares a key with one of these, given by fingerprint; and those that are the same."""
    keys = sorted({key for one in coming.values() for key in one.keys})
    without = [fingerprint for fingerprint, one in coming.items() if not one.keys]
    query: Row = {"keys": {"$in": keys}}
    if without:
        query = {"$or": [query, {"_id": {"$in": without}}]}
    return await work.find(DESCRIPTIONS, query, projection=("keys", "description"))


async def descriptions_of(work: Work, fingerprints: Collection[str]) -> dict[str, Description]:
    if not fingerprints:
        return {}
    rows = await work.find(DESCRIPTIONS, {"_id": {"$in": list(fingerprints)}}, projection=("description",))
    return {row["_id"]: Description.of_row(row["description"]) for row in rows}


async def members_where(work: Work, conditions: Sequence[Mapping[str, Any]]) -> list[Member]:
    """The contributions that stand in the union and meet one of the conditions."""
    if not conditions:
        return []
    query = {"$or": list(conditions)} if len(conditions) > 1 else conditions[0]
    rows = await work.find(CONTRIBUTIONS, query, projection=(*MEMBER_FIELDS, "deleted"))
    return [Member.of_row(row) for row in rows if not row["deleted"]]


async def merging_decisions(work: Work, fingerprints: Collection[str]) -> dict[Pair, Comparison]:
    """What was decided or presumed to be one edition with any of these, without its evidence."""
    ties = [verdict for verdict in Verdict if verdict.ties]
    query = {"prints": {"$in": list(fingerprints)}, "verdict": {"$in": ties}}
    rows = await work.find(DECISIONS, query, projection=("prints", "score", "vetoes", "verdict"))
    return {(row["prints"][0], row["prints"][1]): comparison_of(row) for row in rows}


async def pins_on(work: Work, ids: Collection[str]) -> list[Pin]:
    rows = await work.find(PINS, {"contributions": {"$in": list(ids)}}, projection=("contributions", "same"))
    return [Pin((row["contributions"][0], row["contributions"][1]), row["same"]) for row in rows]


async def clusters_by_id(work: Work, ids: Collection[str]) -> dict[str, Row]:
    fields = ("version", "step", "members", "digest", "deleted", "redirect_to")
    return {row["_id"]: row for row in await work.find(CLUSTERS, {"_id": {"$in": list(ids)}}, projection=fields)}


async def marc_of(work: Work, ids: Collection[str]) -> dict[str, bytes]:
    if not ids:
        return {}
    rows = await work.find(CONTRIBUTIONS, {"_id": {"$in": list(ids)}}, projection=("marc",))
    return {row["_id"]: row["marc"] for row in rows}


async def libraries_having(work: Work, fingerprints: Collection[str]) -> dict[str, set[str]]:
    """Which libraries say each of these descriptions."""
    query = {"fingerprint": {"$in": sorted(fingerprints)}, "deleted": False}
    found: dict[str, set[str]] = defaultdict(set)
    for row in await work.find(CONTRIBUTIONS, query, projection=("fingerprint", "library")):
        found[row["fingerprint"]].add(row["library"])
    return found


async def next_question(database: AsyncDatabase[Document], libraries: Collection[str] | None) -> Row | None:
    """The likeliest open question, those that were skipped last; only about records of some libraries, or about any."""
    return await database[DECISIONS].find_one(_asked(libraries), sort=QUESTION_ORDER)


async def count_questions(database: AsyncDatabase[Document], libraries: Collection[str] | None, most: int) -> int:
    """How many questions are open; none beyond `most` is counted."""
    return await database[DECISIONS].count_documents(_asked(libraries), limit=most)


def _asked(libraries: Collection[str] | None) -> Row:
    return {"open": True} if libraries is None else {"open": True, "libraries": {"$in": sorted(libraries)}}


async def last_pin(database: AsyncDatabase[Document], person: str) -> Row | None:
    """What somebody decided last, and has not taken back."""
    return await database[PINS].find_one({"by": person}, sort=[("at", -1), ("_id", 1)])


async def count_deeds(database: AsyncDatabase[Document], person: str) -> int:
    """How often somebody decided something, and has not taken it back."""
    return len(await database[PINS].distinct("deed", {"by": person}))


async def get_cluster(finds: Finds, cluster: str) -> Row:
    """The cluster, one that has ended too. Raises Problem 404."""
    row = await finds.find_one(CLUSTERS, {"_id": cluster})
    if row is None:
        raise Problem(404, "cluster-unknown", cluster=cluster)
    return row


def contribution_row(contribution: Contribution, version: int, cluster: str, added_at: datetime, at: datetime) -> Row:
    seen = contribution.seen
    return {
        "_id": contribution.id,
        "version": version,
        "source": contribution.origin.source,
        "library": contribution.origin.library,
        "trust": contribution.origin.trust,
        "local_id": contribution.local_id,
        "marc": contribution.marc,
        "digest": contribution.digest,
        "fingerprint": contribution.fingerprint,
        "cluster": cluster,
        "fullness": contribution.fullness,
        "entered": contribution.entered,
        "items": contribution.items,
        "datestamp": contribution.datestamp,
        "digitised": contribution.digitised,
        "seen": {"run": seen.run, "position": seen.position} if seen else None,
        "added_at": added_at,
        "changed_at": at,
        "deleted": False,
    }


def description_row(contribution: Contribution, count: int) -> Row:
    described = RawBSONDocument(contribution.described)
    return {"_id": contribution.fingerprint, "keys": list(contribution.keys), "description": described, "count": count}


def retired_row(before: Row, at: datetime) -> Row:
    """What is left of a contribution: that there was one."""
    return {
        "_id": before["_id"],
        "version": before["version"] + 1,
        "source": before["source"],
        "library": before["library"],
        "cluster": None,
        "digest": None,
        "added_at": before["added_at"],
        "changed_at": at,
        "deleted": True,
    }


def decision_row(pair: Pair, comparison: Comparison, at: datetime) -> Row:
    return {
        "_id": "-".join(pair),
        "prints": list(pair),
        "score": comparison.score,
        "vetoes": list(comparison.vetoes),
        "verdict": comparison.verdict.value,
        "evidence": [evidence.as_row() for evidence in comparison.evidence],
        "at": at,
        "open": comparison.verdict in ASKED,
        "libraries": [],
        "skips": 0,
    }


def comparison_of(row: Mapping[str, Any]) -> Comparison:
    evidence: Iterable[Row] = row.get("evidence", ())
    return Comparison(
        tuple(Evidence.of_row(one) for one in evidence), row["score"], tuple(row["vetoes"]), Verdict(row["verdict"])
    )

"""The union over HTTP: anyone may see a cluster; librarians see why it is one, answer questions, pin and take back."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.catalog.dependencies import Limit, PageCursor, TheCatalog
from services.catalog.formats import restored
from services.catalog.identity import Row
from services.catalog.matching import Verdict
from services.catalog.registry.store import libraries_judged_by
from services.catalog.union import judging, questions, store
from services.catalog.union.grouping import pair_of
from services.catalog.union.ids import ClusterId, ContributionId, DeedId, QuestionId
from shared.bus.work import Work
from shared.events.clusters import HeldBy
from shared.web.auth import Person, Role, needs
from shared.web.problems import Problem

router = APIRouter(prefix="/v1", tags=["union"])
Judge = Annotated[Person, Depends(needs(Role.LIBRARIAN, Role.OPERATOR))]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
MOVED: dict[int | str, dict[str, Any]] = {308: {"description": "The cluster ended in another one: Location"}}
MOST_SHOWN = 200


class MemberView(BaseModel):
    """A contribution that stands in a cluster. entered: when it was first typed, ISO 8601 or 9999."""

    contribution: str
    library: str
    source: str
    local_id: str
    fullness: int
    trust: int
    entered: str


class ClusterDetail(BaseModel):
    """A cluster: the merged record (MARC-in-JSON), and who says what of it."""

    cluster: str
    version: int
    changed_at: datetime
    members: list[MemberView]
    members_in_all: int
    survivor: str
    """The contribution whose fields stand unless `provenance` says otherwise."""
    provenance: dict[str, list[str]]
    """Tag -> the contributions that gave fields of it."""
    holdings: list[HeldBy]
    record: dict[str, Any]


class EvidenceView(BaseModel):
    """What one field says of two descriptions. weight: its share of the log odds."""

    field: str
    agreement: str
    weight: float
    left: str
    right: str


class DecisionView(BaseModel):
    """What comparing two descriptions came to. open: a person is asked."""

    id: str
    score: float
    verdict: Verdict
    vetoes: list[str]
    evidence: list[EvidenceView]
    at: datetime
    open: bool
    skips: int


class PinView(BaseModel):
    """What a person decided of two contributions; what was decided at once bears the same deed."""

    deed: str
    left: str
    right: str
    same: bool
    by: str
    name: str
    org: str
    reason: str
    at: datetime


class WhyView(BaseModel):
    """Why a cluster is as it is: how its descriptions compare with each other and with others like them, and pins."""

    decisions: list[DecisionView]
    pins: list[PinView]


class ContributionView(BaseModel):
    """A contribution with its record (MARC-in-JSON)."""

    contribution: str
    version: int
    library: str
    source: str
    local_id: str
    cluster: str
    fullness: int
    trust: int
    added_at: datetime
    changed_at: datetime
    record: dict[str, Any]


class Questions(BaseModel):
    questions: list[DecisionView]
    next_cursor: str | None


class QuestionView(BaseModel):
    """A question with two contributions to look at side by side."""

    decision: DecisionView
    left: ContributionView
    right: ContributionView


class Answer(BaseModel):
    """same: true, false, or null to leave it to others."""

    model_config = ConfigDict(extra="forbid")

    same: bool | None
    reason: Annotated[str, Field(max_length=1000)] = ""


class NewPin(BaseModel):
    """Two contributions, and whether they describe one edition."""

    model_config = ConfigDict(extra="forbid")

    left: ContributionId
    right: ContributionId
    same: bool
    reason: Reason


class SplitOff(BaseModel):
    """Why a record does not belong to its cluster."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


class ContributionStanding(BaseModel):
    """Where a contribution stands now."""

    contribution: str
    cluster: str


class Standing(BaseModel):
    """Where two contributions stand now; null for a question that was skipped."""

    left: str
    right: str
    left_cluster: str
    right_cluster: str


@router.get("/clusters/{cluster}", responses=MOVED, response_model=ClusterDetail)
async def show_cluster(cluster: ClusterId, catalog: TheCatalog) -> ClusterDetail | Response:
    """A cluster with its contributions; one that ended in another leads there."""
    row = await store.get_cluster(catalog.committed, cluster)
    if row["redirect_to"]:
        return Response(status_code=308, headers={"location": f"/v1/clusters/{row['redirect_to']}"})
    if row["deleted"] or not row["public"]:
        raise Problem(404, "cluster-unknown", cluster=cluster)
    shown = row["members"][:MOST_SHOWN]
    found = catalog.works.database[store.CONTRIBUTIONS].find({"_id": {"$in": shown}}, {"marc": 0})
    members = {one["_id"]: one async for one in found}
    return ClusterDetail(
        cluster=cluster,
        members=[_member(members[one]) for one in shown if one in members],
        members_in_all=len(row["members"]),
        record=_marc(row["marc"]),
        **{name: row[name] for name in ("version", "changed_at", "survivor", "provenance", "holdings")},
    )


@router.get("/clusters/{cluster}/decisions")
async def show_decisions(cluster: ClusterId, catalog: TheCatalog, _: Judge) -> WhyView:
    """Why a cluster is as it is, the surest decisions first; at most 200 of each kind."""
    row = await store.get_cluster(catalog.committed, cluster)
    database = catalog.works.database
    members = database[store.CONTRIBUTIONS].find({"cluster": cluster}, ["fingerprint"])
    prints = sorted({one["fingerprint"] async for one in members})
    decisions = database[store.DECISIONS].find({"prints": {"$in": prints}}).sort([("score", -1), ("_id", 1)])
    pins = database[store.PINS].find({"contributions": {"$in": row["members"]}}).sort("_id", 1)
    return WhyView(
        decisions=[_decision(one) for one in await decisions.to_list(MOST_SHOWN)],
        pins=[_pin(one) for one in await pins.to_list(MOST_SHOWN)],
    )


@router.get("/contributions/{contribution}")
async def show_contribution(contribution: ContributionId, catalog: TheCatalog, _: Judge) -> ContributionView:
    """A library's record as it stands in the union."""
    return _contribution(await _found(catalog.committed.find_one, contribution))


@router.get("/review")
async def list_questions(catalog: TheCatalog, _: Judge, limit: Limit = 50, cursor: PageCursor = None) -> Questions:
    """Pairs of descriptions that a person should judge: the likeliest first, those that were skipped last."""
    query: Row = {"open": True, **(_after(cursor) if cursor else {})}
    rows = await catalog.works.database[store.DECISIONS].find(query).sort(store.QUESTION_ORDER).to_list(limit + 1)
    shown = rows[:limit]
    return Questions(
        questions=[_decision(row) for row in shown], next_cursor=_cursor(shown[-1]) if len(rows) > limit else None
    )


@router.get("/review/{question}")
async def show_question(question: QuestionId, catalog: TheCatalog, person: Judge) -> QuestionView:
    """A question with two of the records that it is about, of the caller's libraries where there are such."""
    own = await libraries_judged_by(catalog.works.database, person) or ()

    async def do(work: Work) -> QuestionView:
        row = await judging.open_question(work, question)
        left, right = await questions.pair_in_question(work, row, own)
        return QuestionView(
            decision=_decision(row),
            left=_contribution(await _found(work.find_one, left)),
            right=_contribution(await _found(work.find_one, right)),
        )

    return await catalog.works.transact(do)


@router.post("/review/{question}/answer")
async def answer_question(question: QuestionId, body: Answer, catalog: TheCatalog, person: Judge) -> Standing | None:
    """Say whether they are one edition: that pins two records, and all that describe as these follow."""
    own = await libraries_judged_by(catalog.works.database, person) or ()

    async def do(work: Work) -> Standing | None:
        if body.same is None:
            await judging.skip(work, question)
            return None
        row = await judging.open_question(work, question)
        pair = await questions.pair_in_question(work, row, own)
        return _standing(await judging.pin(work, pair, person, same=body.same, reason=body.reason))

    return await catalog.works.transact(do)


@router.post("/pins")
async def pin_contributions(body: NewPin, catalog: TheCatalog, person: Judge) -> Standing:
    """Decide for good whether two records describe one edition."""
    if body.left == body.right:
        raise Problem(422, "pin-of-one")
    pair = pair_of(body.left, body.right)

    async def do(work: Work) -> Standing:
        return _standing(await judging.pin(work, pair, person, same=body.same, reason=body.reason))

    return await catalog.works.transact(do)


@router.delete("/pins/{left}/{right}")
async def take_pin_back(
    left: ContributionId,
    right: ContributionId,
    catalog: TheCatalog,
    person: Judge,
    reason: Annotated[str | None, Query(max_length=1000)] = None,
) -> Standing:
    """Undo a decision: the comparison decides again."""

    async def do(work: Work) -> Standing:
        return _standing(await judging.take_back(work, pair_of(left, right), person, reason=reason))

    return await catalog.works.transact(do)


@router.post("/contributions/{contribution}/split-off")
async def split_off(
    contribution: ContributionId, body: SplitOff, catalog: TheCatalog, person: Judge
) -> ContributionStanding:
    """Keep a record apart from all others of its cluster; undone by the deed that its pins bear."""

    async def do(work: Work) -> ContributionStanding:
        cluster = await judging.split_off(work, contribution, person, reason=body.reason)
        return ContributionStanding(contribution=contribution, cluster=cluster)

    return await catalog.works.transact(do)


@router.delete("/deeds/{deed}")
async def undo_deed(deed: DeedId, catalog: TheCatalog, person: Judge) -> Standing:
    """Take back all that a person decided at once; where the first two of its records stand now."""

    async def do(work: Work) -> Standing:
        return _standing(await judging.undo(work, deed, person))

    return await catalog.works.transact(do)


async def _found(find_one: Any, contribution: str) -> Row:
    row: Row | None = await find_one(store.CONTRIBUTIONS, {"_id": contribution, "deleted": False})
    if row is None:
        raise Problem(404, "contribution-unknown", contribution=contribution)
    return row


def _member(row: Row) -> MemberView:
    return MemberView(contribution=row["_id"], **{name: row[name] for name in MemberView.model_fields if name in row})


def _contribution(row: Row) -> ContributionView:
    fields = {name: row[name] for name in ContributionView.model_fields if name in row}
    return ContributionView(contribution=row["_id"], record=_marc(row["marc"]), **fields)


def _decision(row: Row) -> DecisionView:
    return DecisionView(id=row["_id"], **{name: row[name] for name in DecisionView.model_fields if name in row})


def _pin(row: Row) -> PinView:
    left, right = row["contributions"]
    return PinView(left=left, right=right, **{name: row[name] for name in PinView.model_fields if name in row})


def _standing(judged: judging.Judged) -> Standing:
    (left, right), (one, other) = judged.pair, judged.clusters
    return Standing(left=left, right=right, left_cluster=one, right_cluster=other)


def _marc(body: bytes) -> dict[str, Any]:
    found: dict[str, Any] = restored(body).as_dict()
    return found


def _cursor(row: Row) -> str:
    return base64.urlsafe_b64encode(f"{row['skips']} {row['score']!r} {row['_id']}".encode()).decode()


def _after(cursor: str) -> Row:
    try:
        skips, score, question = base64.urlsafe_b64decode(cursor.encode()).decode().split(" ")
        at, likely = int(skips), float(score)
    except (binascii.Error, ValueError) as error:
        raise Problem(422, "bad-cursor") from error
    if not 0 <= at <= 2**31:
        raise Problem(422, "bad-cursor")
    same = {"skips": at, "score": likely, "_id": {"$gt": question}}
    return {"$or": [{"skips": {"$gt": at}}, {"skips": at, "score": {"$lt": likely}}, same]}

"""The work list over HTTP for programs: what waits for whom, acts on many documents, corrections, split and merge."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from services.ocr.rescans.rescan import LAST_PAGE, MOST_PAGES
from services.ocr.worklist import store
from services.ocr.worklist.dependencies import (
    DOCUMENT_ID,
    MOST_DOCUMENTS,
    MOST_PARTS,
    SIGNATURE,
    DocumentId,
    PageNumber,
    TheWorkList,
    WorkList,
)
from services.ocr.worklist.desk import Deed
from services.ocr.worklist.plan import progress
from services.ocr.worklist.stages import GONE, Action, Actor, BulkAction, Stage, in_stage, theirs
from services.ocr.worklist.steps import StepName, StepState, steps_of
from services.ocr.worklist.views import DocumentView, document_view
from shared.events.documents import PageToRescan
from shared.events.vocabulary import CollectionClass, LibraryId, ShortText
from shared.web.auth import Person, Role, needs
from shared.web.problems import Problem

router = APIRouter(prefix="/v1/worklist", tags=["work list"])

Worker = Annotated[Person, Depends(needs(Role.LIBRARIAN, Role.OPERATOR))]
Id = Annotated[str, Field(pattern=DOCUMENT_ID)]
Ids = Annotated[list[Id], Field(min_length=1, max_length=MOST_DOCUMENTS)]
Title = Annotated[str, Field(max_length=1000)]
PageToAsk = Annotated[int, Field(ge=1, le=LAST_PAGE)]


class Rescan(BaseModel):
    """What must be scanned again; no pages: all of them."""

    pages: list[PageToRescan]
    note: str
    by: str | None
    """The person; none where the rules ask."""
    at: datetime


class WorkItem(BaseModel):
    """A document and whom it waits for."""

    id: str
    title: str | None
    """None while the document is sealed."""
    library: str
    collection_class: str
    batch: str | None
    pages: int
    stage: Stage
    waits_for: Actor
    assigned_to: str | None
    """Signature, `<organisation>/<person>`."""
    received_at: datetime
    rescan: Rescan | None
    """What is asked for now."""
    replaces: str | None
    """The document that this is a new scan of."""


class WorkItems(BaseModel):
    """The oldest first."""

    documents: list[WorkItem]
    next_after: str | None
    """`after` of the next page of the list."""


class StepTaken(BaseModel):
    """A step on the way from scan to catalogue."""

    name: StepName
    state: StepState
    by: str | None
    at: datetime | None
    waits_for: Actor | None


class LogEntry(BaseModel):
    """What a person did."""

    action: Action
    by: str
    name: str
    at: datetime
    note: str
    page: int | None = None
    to: str | None = None
    documents: list[str] = []
    """Those that were made of it, or that it was made of."""


class WorkHistory(BaseModel):
    """A document's steps, and who did what when."""

    document: WorkItem
    steps: list[StepTaken]
    log: list[LogEntry]


class PlanLine(BaseModel):
    """The plan against what is done, for one library and collection class."""

    library: LibraryId
    collection_class: CollectionClass
    registered: int | None
    goal_share: float | None
    """Percent."""
    goal_year: int | None
    digitised: int
    approved: int
    share: float | None
    """Approved, in percent of those registered."""
    left: int | None


class Deeds(BaseModel):
    """One act on many documents."""

    action: BulkAction
    documents: Ids
    note: ShortText = ""
    to: Annotated[str, Field(pattern=SIGNATURE)] | None = None
    """For `assign`: who is to do it; nobody when left out."""
    pages: Annotated[list[PageToAsk], Field(max_length=MOST_PAGES)] = []
    """For `ask-rescan`: which pages; the whole document when left out."""


class DeedDone(BaseModel):
    """What became of the act on one document; `reason` where it was refused."""

    document: str
    done: bool
    reason: str | None


class CorrectedLines(BaseModel):
    """Lines of a page as a person reads them."""

    reading: Annotated[str, Field(max_length=200)]
    """The id of the reading that was looked at."""
    lines: Annotated[dict[Annotated[int, Field(ge=1, le=100_000)], Title], Field(min_length=1, max_length=2000)]
    """Line number -> text; empty where there is nothing to read."""


class Changed(BaseModel):
    """How many lines now say something else."""

    lines: int


class Parts(BaseModel):
    """Where a document is to be cut."""

    firsts: Annotated[list[Annotated[int, Field(ge=2, le=100_000)]], Field(min_length=1, max_length=MOST_PARTS - 1)]
    """The pages that begin a new document."""
    titles: Annotated[list[Title], Field(max_length=MOST_PARTS)] = []
    """One for each part, in order."""


class Joined(BaseModel):
    """Documents to make one of, in this order."""

    documents: Annotated[list[Id], Field(min_length=2, max_length=MOST_DOCUMENTS)]
    title: Title = ""


class Made(BaseModel):
    """The new documents."""

    documents: list[str]


@router.get("")
async def list_work(
    worklist: TheWorkList,
    person: Worker,
    *,
    stage: Annotated[Stage | None, Query()] = None,
    batch: Annotated[str | None, Query(max_length=200)] = None,
    mine: Annotated[bool, Query()] = False,
    limit: Annotated[int, Query(ge=1, le=MOST_DOCUMENTS)] = 50,
    after: Annotated[str | None, Query(pattern=DOCUMENT_ID)] = None,
) -> WorkItems:
    """The documents of the caller's library (an operator's: of all), the oldest first."""
    found, following = await store.list_documents(
        worklist.database, asked(person, stage, batch, mine=mine), limit, after
    )
    return WorkItems(documents=[_item(document_view(row)) for row in found], next_after=following)


@router.get("/plan")
async def compare_plan(worklist: TheWorkList, person: Worker) -> list[PlanLine]:
    """The plan against what is done."""
    counts = await store.count_classes(worklist.database, theirs(person))
    goals = [goal for goal in worklist.goals if Role.OPERATOR in person.roles or goal.library == person.org]
    return [
        PlanLine(
            library=line.library,
            collection_class=CollectionClass(line.collection_class),
            registered=line.goal.registered if line.goal else None,
            goal_share=line.goal.share if line.goal else None,
            goal_year=line.goal.by if line.goal else None,
            digitised=line.digitised,
            approved=line.approved,
            share=line.share,
            left=line.left,
        )
        for line in progress(goals, counts)
    ]


@router.post("/acts")
async def act_on_documents(deeds: Deeds, worklist: TheWorkList, person: Worker) -> list[DeedDone]:
    """Approve, ask for a re-scan or take that back, have read again or assign; each document for itself."""
    deed = Deed(deeds.action, deeds.note, deeds.to, tuple(deeds.pages))
    refused = dict(await act_on_each(worklist, person, deeds.documents, deed))
    reasons = {document: problem.reason for document, problem in refused.items()}
    return [DeedDone(document=one, done=one not in refused, reason=reasons.get(one)) for one in deeds.documents]


@router.post("/merge")
async def merge_documents(joined: Joined, worklist: TheWorkList, person: Worker) -> Made:
    """Make one document of several; originals and earlier readings are kept."""
    return Made(documents=[await worklist.desk(person).merge(joined.documents, joined.title)])


@router.get("/{document}")
async def show_history(document: DocumentId, worklist: TheWorkList, person: Worker) -> WorkHistory:
    """A document's steps, who did what when, and whom it waits for."""
    row = await store.get_document(worklist.database, document, person)
    log = await store.history(worklist.database, document)
    return WorkHistory(
        document=_item(document_view(row)),
        steps=[StepTaken.model_validate(vars(step)) for step in steps_of(row, log)],
        log=[LogEntry.model_validate(entry) for entry in log],
    )


@router.post("/{document}/pages/{number}/corrections")
async def correct_page(
    document: DocumentId, number: PageNumber, corrected: CorrectedLines, worklist: TheWorkList, person: Worker
) -> Changed:
    """Give lines of a page another text: a reading of its own, by a person, kept beside the engine's."""
    changed = await worklist.corrections.correct(document, number, corrected.reading, corrected.lines, person)
    return Changed(lines=changed)


@router.post("/{document}/split")
async def split_document(document: DocumentId, parts: Parts, worklist: TheWorkList, person: Worker) -> Made:
    """Make a document of each part; originals and earlier readings are kept."""
    return Made(documents=await worklist.desk(person).split(document, parts.firsts, parts.titles))


def asked(person: Person, stage: Stage | None, batch: str | None, *, mine: bool) -> dict[str, object]:
    """The query for what a person wants to see of the list; what stands elsewhere now only when asked for."""
    wanted = in_stage(stage) if stage else {"ruling": {"$nin": GONE}}
    own = {"assigned_to": person.signature} if mine else {}
    return {"$and": [theirs(person), wanted, own, store.in_batch(batch) if batch else {}]}


async def act_on_each(
    worklist: WorkList, person: Person, documents: list[str], deed: Deed
) -> list[tuple[str, Problem]]:
    """Act on documents one by one; those that refused, and why."""
    refused = []
    for document in dict.fromkeys(documents):
        try:
            await worklist.desk(person).act(document, deed)
        except Problem as problem:
            refused.append((document, problem))
    return refused


def _item(view: DocumentView) -> WorkItem:
    shown = {name: getattr(view, name) for name in WorkItem.model_fields}
    return WorkItem.model_validate(shown | {"rescan": vars(view.rescan) if view.rescan else None})

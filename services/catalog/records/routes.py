"""Records over HTTP: the work list, the views, and the steps of the workflow."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response

from services.catalog.dependencies import Catalog, ExpectedVersion, LibraryFilter, Limit, PageCursor, TheCatalog
from services.catalog.records.access import check_acts_for, check_may_know, works_on
from services.catalog.records.record import Action, CatalogRecord
from services.catalog.records.store import change_record, get_record, list_records
from services.catalog.records.views import (
    Note,
    Publication,
    RecordView,
    Restriction,
    Review,
    Withdrawal,
    WorkList,
    answer,
    item_of,
)
from services.catalog.records.workflow import (
    TO,
    check_appraiser,
    check_narrower,
    check_not_held,
    check_not_too_wide,
    check_open,
    check_order,
    check_safe,
    check_trusted,
    check_version,
)
from services.catalog.registry.library import Library
from services.catalog.registry.store import get_library, libraries_below
from shared.bus.work import Work
from shared.events.draft import MetadataDraft
from shared.events.records import WorkflowState
from shared.events.vocabulary import AccessLevel, Decision
from shared.store.objects import ObjectMissing
from shared.web.app import PROBLEMS
from shared.web.auth import MaybePerson, Person, Role, needs

router = APIRouter(prefix="/v1/records", tags=["records"], responses={412: PROBLEMS[409]})
RecordId = Annotated[str, Path(pattern=r"^r-[0-9A-Za-z._-]{1,100}$")]
Staff = Annotated[Person, Depends(needs(Role.LIBRARIAN, Role.APPRAISER, Role.OPERATOR))]
Reviewer = Annotated[Person, Depends(needs(Role.LIBRARIAN))]
Appraiser = Annotated[Person, Depends(needs(Role.APPRAISER))]
Publisher = Annotated[Person, Depends(needs(Role.LIBRARIAN, Role.OPERATOR))]

Permit = Callable[[CatalogRecord, Library, Person], None]
Decide = Callable[[CatalogRecord], Mapping[str, Any]]
"""What the step changes in the record. Raises Problem where it may not be taken."""


@dataclass(frozen=True)
class Subject:
    """The record that a request is about, in the version that the caller saw."""

    record: str
    seen: int | None
    catalog: Catalog
    response: Response

    async def change(
        self, action: Action, person: Person, note: str | None, permit: Permit, decide: Decide
    ) -> RecordView:
        """Take a step, if the person may and the record is ready for it."""

        async def do(work: Work) -> tuple[CatalogRecord, Library]:
            before = await get_record(work, self.record)
            library = await get_library(work, before.library)
            permit(before, library, person)
            check_version(before, self.seen)
            check_order(before, action)
            changes = dict(decide(before)) | ({"state": TO[action]} if action in TO else {})
            after = await change_record(
                work, before.id, library.title, changes, action=action, before=before, by=person, note=note
            )
            return after, library

        after, library = await self.catalog.works.transact(do)
        return answer(self.response, after, library, person)


def subject_of(record: RecordId, seen: ExpectedVersion, catalog: TheCatalog, response: Response) -> Subject:
    return Subject(record, seen, catalog, response)


TheSubject = Annotated[Subject, Depends(subject_of)]


@router.get("")
async def list_work(
    catalog: TheCatalog,
    person: Staff,
    *,
    state: Annotated[WorkflowState | None, Query()] = None,
    decision: Annotated[Decision | None, Query(description="what is to be done with the text")] = None,
    library: LibraryFilter = None,
    limit: Limit = 50,
    cursor: PageCursor = None,
) -> WorkList:
    """The records that the caller works on, the oldest first."""
    conditions = {"state": state, "trust.decision": decision, "library": library}
    asked = {name: value for name, value in conditions.items() if value}
    query = {"$and": [await _theirs(catalog, person), asked]}
    found, following = await list_records(catalog.works.database, query, limit, cursor)
    return WorkList(records=[item_of(record) for record in found], next_cursor=following)


@router.get("/{record}")
async def show_record(record: RecordId, catalog: TheCatalog, person: MaybePerson, response: Response) -> RecordView:
    """A record: for anyone when it is published and not closed, whole for those who work on it."""
    found = await get_record(catalog.committed, record)
    library = await get_library(catalog.committed, found.library)
    check_may_know(found, library, person)
    draft = await _draft(catalog, found) if works_on(found, library, person) else None
    return answer(response, found, library, person, draft)


@router.post("/{record}/review")
async def review_record(subject: TheSubject, person: Reviewer, body: Review | None = None) -> RecordView:
    """Say that the description is right, or make it right; one that opens the document further says why in `note`."""
    review = body or Review()

    def decide(before: CatalogRecord) -> Mapping[str, Any]:
        check_open(before)
        if review.metadata is None:
            return {}
        check_not_too_wide(before, AccessLevel(review.metadata.access_level), review.note)
        return {"metadata": review.metadata.model_dump(mode="json")}

    return await subject.change(Action.REVIEW, person, review.note, check_acts_for, decide)


@router.post("/{record}/appraise")
async def appraise_record(subject: TheSubject, person: Appraiser, body: Note | None = None) -> RecordView:
    """Find it fit to publish; by another person of another organisation than the reviewer's and the library."""

    def decide(before: CatalogRecord) -> Mapping[str, Any]:
        check_appraiser(before, person)
        return {}

    return await subject.change(Action.APPRAISE, person, body.note if body else None, check_may_know, decide)


@router.post("/{record}/publish")
async def publish_record(subject: TheSubject, person: Publisher, body: Publication | None = None) -> RecordView:
    """Publish; what was not scanned for malware, or ill read, only on a person's word, what is infected never."""
    asked = body or Publication()

    def decide(before: CatalogRecord) -> Mapping[str, Any]:
        check_not_held(before)
        overridden = check_safe(before, override_unscanned=asked.override_unscanned, reason=asked.note)
        overridden |= check_trusted(before, override_trust=asked.override_trust, reason=asked.note)
        return {"published_at": datetime.now(UTC), "override_reason": asked.note if overridden else None}

    return await subject.change(Action.PUBLISH, person, asked.note, check_acts_for, decide)


@router.post("/{record}/withdraw")
async def withdraw_record(subject: TheSubject, person: Publisher, body: Withdrawal) -> RecordView:
    """Take a published record back."""
    return await subject.change(Action.WITHDRAW, person, body.note, check_acts_for, lambda _: {})


@router.post("/{record}/restrict")
async def restrict_record(subject: TheSubject, person: Publisher, body: Restriction) -> RecordView:
    """Narrow the access level, published or not. Widening it takes a withdrawal and the workflow again."""

    def decide(before: CatalogRecord) -> Mapping[str, Any]:
        check_narrower(before, body.access_level)
        return {"metadata.access_level": body.access_level}

    return await subject.change(Action.RESTRICT, person, body.note, check_acts_for, decide)


async def _draft(catalog: Catalog, record: CatalogRecord) -> MetadataDraft | None:
    """What the pages say; None where it is sealed, or was destroyed meanwhile."""
    if record.draft is None or record.sealed:
        return None
    try:
        return MetadataDraft.model_validate_json(await catalog.objects.get(record.draft.key))
    except ObjectMissing:
        return None


async def _theirs(catalog: Catalog, person: Person) -> Mapping[str, Any]:
    """The query form of `works_on`."""
    if Role.OPERATOR in person.roles:
        return {}
    theirs: list[Mapping[str, Any]] = []
    if Role.LIBRARIAN in person.roles:
        below = await libraries_below(catalog.works.database, person.org)
        theirs.append({"library": {"$in": [person.org, *below]}})
    if Role.APPRAISER in person.roles:
        theirs.append({"state": {"$ne": WorkflowState.PUBLISHED}})
    return {"$or": theirs}

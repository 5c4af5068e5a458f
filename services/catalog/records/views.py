"""What the records' routes take and give."""

from typing import Annotated

from fastapi import Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.catalog.records.access import works_on
from services.catalog.records.record import CatalogRecord, HistoryEntry
from services.catalog.registry.library import Library
from shared.events.draft import MetadataDraft
from shared.events.records import WorkflowState
from shared.events.vocabulary import AccessLevel, Decision, DocumentMetadata, Moment, Trust, Verdict
from shared.web.auth import Person

METADATA_BYTES = 64_000
"""Longer descriptions would not fit into one event beside the rest."""
SEALED_TITLE = "(đang niêm phong)"
NoteText = Annotated[str, Field(max_length=1000)]


def _not_too_long(metadata: DocumentMetadata) -> DocumentMetadata:
    if len(metadata.model_dump_json()) > METADATA_BYTES:
        raise ValueError(f"the description is longer than {METADATA_BYTES} bytes")
    return metadata


class Note(BaseModel):
    model_config = ConfigDict(extra="forbid")

    note: NoteText | None = None


class Review(Note):
    """What the librarian found; `metadata` replaces the description where it was wrong."""

    metadata: Annotated[DocumentMetadata, AfterValidator(_not_too_long)] | None = None


class Publication(Note):
    """`override_unscanned` publishes what no malware scan has seen, `override_trust` a text that ought to be read or
    scanned again; `note` then says why.
    """

    override_unscanned: bool = False
    override_trust: bool = False


class Withdrawal(BaseModel):
    """`note` is the reason that the library and the public log are told."""

    model_config = ConfigDict(extra="forbid")

    note: Annotated[NoteText, Field(min_length=1)]


class Restriction(Withdrawal):
    """The narrower access level and why."""

    access_level: AccessLevel


class Internals(BaseModel):
    """What only those who work on the record see."""

    document: str
    verdict: Verdict
    override_reason: str | None
    confidence: float
    """Of the recognition, 0 to 100."""
    trust: Trust | None
    """How many letters are expected to be wrong, and what is to be done about it."""
    draft: MetadataDraft | None = None
    """What the pages themselves say of the document, for a person to confirm in the review; with the record alone."""
    failed_pages: list[int]
    submitted_by: str
    drafted_at: Moment
    history: list[HistoryEntry]


class RecordView(BaseModel):
    """A record; `internals` for those who work on it."""

    id: str
    version: int
    state: WorkflowState
    library: str
    library_name: str
    metadata: DocumentMetadata
    pages: int
    published_at: Moment | None
    url: str
    internals: Internals | None = None


class WorkItem(BaseModel):
    """One line of the work list."""

    id: str
    version: int
    state: WorkflowState
    library: str
    title: str | None
    """None while the document is sealed."""
    access_level: AccessLevel
    pages: int
    failed_pages: int
    confidence: float
    verdict: Verdict
    decision: Decision | None
    """What is to be done with the text; other than `publish`, it needs a person's eyes."""
    drafted_at: Moment


class WorkList(BaseModel):
    records: list[WorkItem]
    next_cursor: str | None


def shown_metadata(record: CatalogRecord) -> DocumentMetadata:
    """The description; of a sealed document, whose title may give away what is in it, nothing."""
    if not record.sealed:
        return record.metadata
    return DocumentMetadata(title=SEALED_TITLE, access_level=record.metadata.access_level)


def view_of(
    record: CatalogRecord, library: Library, person: Person | None, draft: MetadataDraft | None = None
) -> RecordView:
    """The record as this person may see it."""
    fields = record.model_dump(include=set(RecordView.model_fields)) | {"metadata": shown_metadata(record)}
    internals = None
    if works_on(record, library, person):
        internals = {**record.model_dump(include=set(Internals.model_fields)), "draft": draft}
    return RecordView.model_validate(
        {**fields, "library_name": library.title, "url": f"/records/{record.id}", "internals": internals}
    )


def answer(
    response: Response,
    record: CatalogRecord,
    library: Library,
    person: Person | None,
    draft: MetadataDraft | None = None,
) -> RecordView:
    """The view, with the version as ETag for the next step's If-Match."""
    response.headers["etag"] = f'"{record.version}"'
    response.headers["cache-control"] = "no-cache"
    response.headers["vary"] = "authorization"
    return view_of(record, library, person, draft)


def item_of(record: CatalogRecord) -> WorkItem:
    fields = record.model_dump(include=set(WorkItem.model_fields))
    return WorkItem.model_validate(
        {
            **fields,
            "title": None if record.sealed else record.metadata.title,
            "access_level": record.metadata.access_level,
            "failed_pages": len(record.failed_pages),
            "decision": record.trust.decision if record.trust else None,
        }
    )

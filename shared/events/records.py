"""Topics `records`, `records-current` and `records-public`: bibliographic descriptions and their workflow."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from shared.events.envelope import EventData
from shared.events.vocabulary import (
    DocumentMetadata,
    Identifier,
    LibraryId,
    Moment,
    ObjectRef,
    ShortText,
    Trust,
    Value,
    Verdict,
)


class WorkflowState(StrEnum):
    """Where a record stands; appraised by another person of another organisation."""

    DRAFT = "draft"
    REVIEWED = "reviewed"
    APPRAISED = "appraised"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class Record(Value):
    """A whole record as it is now."""

    id: Identifier
    version: Annotated[int, Field(ge=1)]
    library: LibraryId
    library_name: ShortText
    document: Identifier
    state: WorkflowState
    metadata: DocumentMetadata
    pages: Annotated[int, Field(ge=0)]
    failed_pages: tuple[int, ...] = ()
    text: ObjectRef | None
    manifest: ObjectRef | None
    confidence: float
    verdict: Verdict
    trust: Trust | None = None
    published_at: Moment | None = None


class PublicRecord(Value):
    """A published record as anyone may see it: no text or images unless the access level is public."""

    id: Identifier
    version: Annotated[int, Field(ge=1)]
    library: LibraryId
    library_name: ShortText
    metadata: DocumentMetadata
    pages: Annotated[int, Field(ge=0)]
    text: ObjectRef | None
    published_at: Moment


class _OfRecord(EventData):
    topic: ClassVar[str] = "records"
    record: Identifier
    library: LibraryId
    document: Identifier
    metadata: DocumentMetadata
    pages: Annotated[int, Field(ge=0)]
    by: ShortText
    """The person, or the service, that took this step."""

    def subject(self) -> str:
        return self.record


class RecordDrafted(_OfRecord):
    """A draft was made from metadata and text."""

    name: ClassVar[str] = "record.drafted"


class RecordReviewed(_OfRecord):
    """A librarian checked the description."""

    name: ClassVar[str] = "record.reviewed"


class RecordAppraised(_OfRecord):
    """Another person of another organisation found it fit to publish."""

    name: ClassVar[str] = "record.appraised"


class RecordPublished(_OfRecord):
    """The record is published. Said on `records` of every record, for counting, and under an id of its own on
    `records-public` where the access level lets anyone know of it; there `by` is the library, and a null message later
    means withdrawn.
    """

    name: ClassVar[str] = "record.published"
    public: PublicRecord


class RecordWithdrawn(_OfRecord):
    """The record is no longer published."""

    name: ClassVar[str] = "record.withdrawn"
    reason: ShortText


class RecordChanged(EventData):
    """State: the whole record as it is now, for internal readers such as search replicas."""

    name: ClassVar[str] = "record.changed"
    topic: ClassVar[str] = "records-current"
    record: Record

    def subject(self) -> str:
        return self.record.id

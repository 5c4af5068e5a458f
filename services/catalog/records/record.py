"""A record as the catalog keeps it, and the states of it that events tell."""

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field

from shared.events.concerns import SECRET_SUSPECTED
from shared.events.records import PublicRecord, Record, WorkflowState
from shared.events.vocabulary import (
    AccessLevel,
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

BY_CATALOG = "catalog"
"""Who took the steps that no person took."""


class Action(StrEnum):
    """What happens to a record; the first five are told on topic `records`."""

    DRAFT = "draft"
    REVIEW = "review"
    APPRAISE = "appraise"
    PUBLISH = "publish"
    WITHDRAW = "withdraw"
    RESTRICT = "restrict"
    RECOGNISE = "recognise"
    CORRECT = "correct"
    SCAN = "scan"
    HOLD = "hold"
    JUDGE = "judge"
    REARRANGE = "rearrange"


class HistoryEntry(Value):
    """Who did what when."""

    action: Action
    by: ShortText
    name: ShortText | None = None
    org: LibraryId | None = None
    at: Moment
    note: ShortText | None = None
    version: int
    """The version of the record that this made."""


class CatalogRecord(Value):
    """A record. `version` counts every change, `step` those that topic `records` tells."""

    id: Identifier
    version: Annotated[int, Field(ge=1)]
    step: Annotated[int, Field(ge=1)]
    library: LibraryId
    document: Identifier
    state: WorkflowState
    metadata: DocumentMetadata
    pages: int
    failed_pages: tuple[int, ...] = ()
    text: ObjectRef | None
    manifest: ObjectRef | None
    confidence: float
    verdict: Verdict
    trust: Trust | None = None
    """How good the text is expected to be; none where nobody estimated it."""
    pdf: ObjectRef | None = None
    draft: ObjectRef | None = None
    """JSON: what the pages themselves say of the document, for the person who reviews it."""
    recognition: int
    """The version of the document's recognition that pages and text come from."""
    correlation_id: ShortText
    """The trace id of the document's upload: what is told of the record belongs to that trace."""
    submitted_by: ShortText
    drafted_at: Moment
    published_at: Moment | None = None
    origins: tuple[Identifier, ...] = ()
    """The documents handed in whose pages these are, where a person split or merged them."""
    widest: AccessLevel | None = None
    """As far as a description may open it, since a person found its content restricted."""
    holds: tuple[Identifier, ...] = ()
    """What keeps it from being published, beside malware and a text not to be trusted."""
    rearranged_into: tuple[Identifier, ...] = ()
    """The documents in which the pages now stand; this record is then done with."""
    override_reason: ShortText | None = None
    """Why it was published though no malware scan called it clear, or its text is not to be trusted."""
    history: tuple[HistoryEntry, ...] = ()

    @classmethod
    def of(cls, row: dict[str, Any]) -> Self:
        return cls.model_validate({**row, "id": row["_id"]})

    @property
    def published(self) -> bool:
        return self.state == WorkflowState.PUBLISHED

    @property
    def handed_in(self) -> tuple[str, ...]:
        """The documents that were handed in and that its pages come from."""
        return self.origins or (self.document,)

    @property
    def sealed(self) -> bool:
        """Whether nobody may read it here, because it may hold a state secret: who judges it reads the paper."""
        return SECRET_SUSPECTED in self.holds

    @property
    def known_to_all(self) -> bool:
        """Whether anyone may know that it exists."""
        return self.published and self.metadata.access_level != AccessLevel.CLOSED

    @property
    def read_by_all(self) -> bool:
        """Whether anyone may read its text and see its pages."""
        return self.published and self.metadata.access_level == AccessLevel.PUBLIC

    def last(self, action: Action) -> HistoryEntry | None:
        return next((entry for entry in reversed(self.history) if entry.action == action), None)

    def whole(self, library_name: str) -> Record:
        """The state for internal readers."""
        fields = self.model_dump(include=set(Record.model_fields))
        return Record.model_validate({**fields, "library_name": library_name})

    def public(self, library_name: str) -> PublicRecord:
        """The state for anyone; meaningful while it is published."""
        fields = self.model_dump(include=set(PublicRecord.model_fields) - {"text"})
        text = self.text if self.read_by_all else None
        return PublicRecord.model_validate({**fields, "library_name": library_name, "text": text})


def record_of(document: str) -> str:
    """The id of the record of a document."""
    return "r-" + document.removeprefix("d-")

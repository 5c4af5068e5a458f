"""Topics `documents` and `editions`: what becomes of a document on its way from scan to text."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from shared.events.concerns import Concern, Judgement
from shared.events.envelope import EventData
from shared.events.vocabulary import (
    AccessLevel,
    DocumentMetadata,
    Identifier,
    Lane,
    LibraryId,
    ObjectRef,
    ScannedFile,
    ShortText,
    Trust,
    Value,
    Verdict,
)

Edition = Annotated[int, Field(ge=1)]
"""Counts the versions of a document's text: a new one when pages were read anew or corrected."""


class _OfDocument(EventData):
    topic: ClassVar[str] = "documents"
    document: Identifier
    library: LibraryId

    def subject(self) -> str:
        return self.document


class DocumentScanned(_OfDocument):
    """A document's originals are stored and may be read."""

    name: ClassVar[str] = "document.scanned"
    metadata: DocumentMetadata
    files: Annotated[tuple[ScannedFile, ...], Field(min_length=1, max_length=1000)]
    pages: Annotated[int, Field(ge=1)]
    verdict: Verdict
    lane: Lane = Lane.NORMAL
    submitted_by: ShortText
    batch: Identifier | None = None
    """The batch it was handed in with."""
    deposit: Identifier | None = None
    """The donor's deposit it comes from."""
    replaces: Identifier | None = None
    """The document that this is a new scan of, because pages of it had to be scanned again."""


class DocumentRejected(_OfDocument):
    """A document was refused; nothing of it is kept but this reason."""

    name: ClassVar[str] = "document.rejected"
    reason: Identifier
    detail: ShortText
    file: ShortText | None = None
    submitted_by: ShortText


class DocumentVerdictChanged(_OfDocument):
    """The malware scan reached, or changed, its verdict."""

    name: ClassVar[str] = "document.verdict-changed"
    verdict: Verdict


class DocumentHoldsChanged(_OfDocument):
    """What keeps the document from being published, beside malware: all reasons that hold now."""

    name: ClassVar[str] = "document.holds-changed"
    holds: Annotated[tuple[Identifier, ...], Field(max_length=20)]
    """Empty: nothing holds it."""


class DocumentRecognised(_OfDocument):
    """Every page was tried; the text and page images can be read from the object store. Said again, with a higher
    edition, when pages were read anew.
    """

    name: ClassVar[str] = "document.recognised"
    metadata: DocumentMetadata
    pages: Annotated[int, Field(ge=1)]
    failed_pages: tuple[int, ...] = ()
    text: ObjectRef
    """Plain text, UTF-8, NFC, pages separated by form feed."""
    manifest: ObjectRef
    """JSON: engine, model and for each page its image, word boxes and confidence."""
    confidence: Annotated[float, Field(ge=0, le=100)]
    verdict: Verdict
    submitted_by: ShortText
    edition: Edition = 1
    trust: Trust | None = None
    """Of the worst that decides over the whole document; none where nothing was estimated."""
    draft: ObjectRef | None = None
    """JSON: a draft of the description, each field with its evidence on the page and its confidence."""
    pdf: ObjectRef | None = None
    """PDF/A-2b: the page images over an invisible text."""
    origins: Annotated[tuple[Identifier, ...], Field(max_length=1000)] = ()
    """The documents that were handed in and that the pages come from, where it was split off or merged."""
    concerns: Annotated[tuple[Concern, ...], Field(max_length=200)] = ()
    """What in the text a person must judge before it is published."""


class DocumentContentJudged(_OfDocument):
    """A person judged what the rules found in a document's text, or found by other means."""

    name: ClassVar[str] = "document.content-judged"
    judgement: Judgement
    access_level: AccessLevel | None = None
    """The widest that a restricted document may have."""
    by: ShortText
    reason: ShortText


class Correction(Value):
    """A page whose text a person has set right."""

    number: Annotated[int, Field(ge=1)]
    reading: Identifier
    """The person's own reading of the page; those of engines are kept beside it."""
    by: ShortText
    """The person."""


class DocumentTextCorrected(_OfDocument):
    """Persons corrected pages; text, manifest and PDF are renewed and can be read from the object store."""

    name: ClassVar[str] = "document.text-corrected"
    corrections: Annotated[tuple[Correction, ...], Field(min_length=1, max_length=2000)]
    edition: Edition
    text: ObjectRef
    """Plain text, UTF-8, NFC, pages separated by form feed."""
    manifest: ObjectRef
    confidence: Annotated[float, Field(ge=0, le=100)]
    trust: Trust | None = None
    pdf: ObjectRef | None = None
    concerns: Annotated[tuple[Concern, ...], Field(max_length=200)] = ()
    """What in the text, as it stands now, a person must judge before it is published."""


class DocumentRearranged(_OfDocument):
    """A person split the document, or merged it with others: its pages now stand in the documents named."""

    name: ClassVar[str] = "document.rearranged"
    into: Annotated[tuple[Identifier, ...], Field(min_length=1, max_length=1000)]
    by: ShortText
    """The person."""


class DocumentRestored(_OfDocument):
    """What the document was merged into was destroyed, because another part of it was: it stands for itself again."""

    name: ClassVar[str] = "document.restored"


class PageToRescan(Value):
    """A page that must be scanned again."""

    number: Annotated[int, Field(ge=1)]
    reasons: Annotated[tuple[Identifier, ...], Field(max_length=20)] = ()
    """Flaws by the image check's names for them, or many-errors; empty where only the person's note says why."""


class DocumentRescanRequested(_OfDocument):
    """Pages must be scanned again: all that is asked for now, in place of what was asked for before. A new scan closes
    the request (document.superseded), or whoever finds it needless (document.rescan-withdrawn).
    """

    name: ClassVar[str] = "document.rescan-requested"
    pages: Annotated[tuple[PageToRescan, ...], Field(max_length=5000)]
    """Empty: the whole document."""
    note: ShortText = ""
    by: ShortText | None = None
    """The person; none where the image check or the trust in the text asks by rule."""


class DocumentRescanWithdrawn(_OfDocument):
    """Nothing of the document need be scanned again."""

    name: ClassVar[str] = "document.rescan-withdrawn"
    by: ShortText
    """The person."""


class DocumentSuperseded(_OfDocument):
    """A new scan, which could be read, stands in the document's place."""

    name: ClassVar[str] = "document.superseded"
    successor: Identifier
    """The new scan: a document of its own."""


class DocumentGathered(EventData):
    """Every page has its chosen reading, or none: the document's files may be bound."""

    name: ClassVar[str] = "document.gathered"
    topic: ClassVar[str] = "editions"
    document: Identifier
    library: LibraryId
    edition: Edition

    def subject(self) -> str:
        return self.document


class DocumentRecognitionFailed(_OfDocument):
    """No page of the document could be read."""

    name: ClassVar[str] = "document.recognition-failed"
    reason: Identifier
    detail: ShortText
    submitted_by: ShortText

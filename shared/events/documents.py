"""Topic `documents`: what becomes of a document on its way from scan to text."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from shared.events.envelope import EventData
from shared.events.vocabulary import (
    DocumentMetadata,
    Identifier,
    Lane,
    LibraryId,
    ObjectRef,
    ScannedFile,
    ShortText,
    Verdict,
)


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


class DocumentRecognised(_OfDocument):
    """Every page was tried; the text and page images can be read from the object store."""

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


class DocumentRecognitionFailed(_OfDocument):
    """No page of the document could be read."""

    name: ClassVar[str] = "document.recognition-failed"
    reason: Identifier
    detail: ShortText
    submitted_by: ShortText

"""The manifest of a read document: what `document.recognised` refers to, JSON in the object store."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shared.events.vocabulary import Decision, Identifier, Moment, ObjectRef, ShortText, Trust, Value


class PageManifest(Value):
    """One page: its image for readers, its text, its word boxes; or why it could not be read."""

    number: Annotated[int, Field(ge=1)]
    image: ObjectRef | None
    """JPEG for readers."""
    width: int
    height: int
    """Size in pixels that the word boxes refer to."""
    text: str
    words: ObjectRef | None
    """JSON list of [text, x, y, width, height, confidence]."""
    confidence: float
    reading: Identifier | None
    failed: ShortText | None = None
    """A reason code, where the page could not be read."""
    thumbnail: ObjectRef | None = None
    """JPEG for lists of pages."""
    tiles: ObjectRef | None = None
    """Pyramidal, tiled TIFF (JPEG compression) of the whole page, for image servers (IIIF)."""
    hocr: ObjectRef | None = None
    alto: ObjectRef | None = None
    expected_cer: Annotated[float, Field(ge=0, le=1)] | None = None
    """Expected share of wrong characters (character error rate): 0 to 1."""
    decision: Decision | None = None


class DocumentManifest(Value):
    """Every page of a document, in order."""

    document: Identifier
    engine: ShortText
    model: ShortText
    read_at: Moment
    edition: Annotated[int, Field(ge=1)] = 1
    trust: Trust | None = None
    pages: tuple[PageManifest, ...]

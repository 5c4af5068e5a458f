"""Rules of an edition: what the chosen readings of a document say together; no I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.ocr.documents.progress import FAILED
from shared.events.manifest import DocumentManifest, PageManifest
from shared.events.vocabulary import Trust
from shared.store.mongo import Document

PAGE_BREAK = "\f"
NOTHING: Mapping[str, Any] = {"text": "", "width": 0, "height": 0, "confidence": 0.0}
FROM_READING = ("image", "thumbnail", "tiles", "words", "hocr", "alto", "expected_cer", "decision")
"""Fields that a page's manifest takes from its reading as they are."""


@dataclass(frozen=True)
class Outcome:
    """What all pages together gave."""

    text: str
    failed: tuple[int, ...]
    confidence: float
    """Mean over the pages that were read, 0 to 100."""


def outcome(pages: Sequence[PageManifest]) -> Outcome:
    read = [page for page in pages if page.failed is None]
    return Outcome(
        text=PAGE_BREAK.join(page.text for page in pages),
        failed=tuple(page.number for page in pages if page.failed),
        confidence=round(sum(page.confidence for page in read) / len(read), 1) if read else 0.0,
    )


def page_manifest(page: Document, reading: Document | None) -> PageManifest:
    """What the manifest says of a page, from its row and the reading chosen for it."""
    known = reading or NOTHING
    return PageManifest(
        number=page["number"],
        width=known["width"],
        height=known["height"],
        text=known["text"],
        confidence=known["confidence"],
        reading=page["reading"],
        failed=page["reason"] if page["state"] == FAILED else None,
        **{name: known.get(name) for name in FROM_READING},
    )


def manifest_of(
    document: Document, pages: Sequence[PageManifest], readings: Mapping[str, Document], trust: Trust | None
) -> DocumentManifest:
    """readings: those chosen for the pages, by id; one at least."""
    newest = newest_reading(readings)
    return DocumentManifest(
        document=document["_id"],
        engine=newest["engine"],
        model=newest["model"],
        read_at=newest["read_at"],
        edition=document["edition"],
        trust=trust,
        pages=tuple(pages),
    )


def newest_reading(readings: Mapping[str, Document]) -> Document:
    return max(readings.values(), key=_read_at)


def _read_at(reading: Document) -> datetime:
    at: datetime = reading["read_at"]
    return at

"""Rules of a document's progress; no I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.events.documents import DocumentScanned
from shared.events.manifest import PageManifest
from shared.store.mongo import Document

WAITING, REQUESTED, READ, FAILED = "waiting", "requested", "read", "failed"
CHANCE = frozenset({"took-too-long", "too-much-memory", "crashed"})
"""Reasons that may be the machine's and not the page's: only these are worth another attempt."""
PAGE_BREAK = "\f"


def page_id(document: str, number: int) -> str:
    return f"{document}:{number:04d}"


def pages_of(scanned: DocumentScanned, at: datetime) -> Iterator[Document]:
    """One row per page, in reading order over all files; nothing is requested yet."""
    number = 0
    for file in scanned.files:
        for frame in range(1, file.pages + 1):
            number += 1
            yield {
                "_id": page_id(scanned.document, number),
                "document": scanned.document,
                "library": scanned.library,
                "lane": scanned.lane,
                "number": number,
                "frame": frame,
                "original": file.original.model_dump(),
                "state": WAITING,
                "attempt": 0,
                "reading": None,
                "reason": None,
                "queued_at": at,
            }


def may_try_again(attempt: int, attempts: int, reason: str) -> bool:
    return attempt < attempts and reason in CHANCE


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
    known: dict[str, Any] = reading or {"text": "", "width": 0, "height": 0, "confidence": 0.0}
    return PageManifest(
        number=page["number"],
        image=known.get("image"),
        width=known["width"],
        height=known["height"],
        text=known["text"],
        words=known.get("words"),
        confidence=known["confidence"],
        reading=page["reading"],
        failed=page["reason"] if page["state"] == FAILED else None,
    )

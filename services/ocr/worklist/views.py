"""What the pages and the API show of documents and pages, made from their rows; no I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.ocr.documents.progress import is_sealed
from services.ocr.reading.engine import Word
from services.ocr.rescans.rescan import is_asked
from services.ocr.trust.trust import doubtful
from services.ocr.worklist.lines import Line, lines_of
from services.ocr.worklist.stages import NEXT, Actor, Stage, stage_of
from shared.events.documents import PageToRescan

STRIP_MARGIN = 0.35
"""Of a line's height: what its picture shows above and below, for marks that the box cuts."""


@dataclass(frozen=True)
class Quality:
    """How good a text is held to be: expected wrong characters in percent, or else the engine's own confidence.

    None of these is known of what a person wrote.
    """

    expected: str | None
    confidence: int | None
    decision: str | None
    by_person: bool = False


@dataclass(frozen=True)
class RescanView:
    """What must be scanned again; no pages: all of them. by: the person, None where the rules ask."""

    pages: tuple[PageToRescan, ...]
    note: str
    by: str | None
    at: datetime

    @property
    def numbers(self) -> str:
        return ", ".join(str(page.number) for page in self.pages)


@dataclass(frozen=True)
class DocumentView:
    """A document as lists and its own page show it."""

    id: str
    title: str | None
    """None while the document is sealed."""
    library: str
    collection_class: str
    access_level: str
    batch: str | None
    pages: int
    stage: Stage
    waits_for: Actor
    assigned_to: str | None
    received_at: datetime
    quality: Quality
    origins: tuple[str, ...]
    into: tuple[str, ...]
    replaces: str | None
    rescan: RescanView | None


@dataclass(frozen=True)
class PageView:
    """A page of a document; `image` where there is one to show."""

    number: int
    state: str
    image: bool
    quality: Quality


@dataclass(frozen=True)
class ReadingView:
    """The reading that is corrected; `by` where a person made it. Sizes in pixels of the page."""

    id: str
    engine: str
    by: str | None
    read_at: datetime
    width: int
    height: int


@dataclass(frozen=True)
class LineView:
    """A line with its box and the part of the page that shows it (x, y, width, height), and its doubtful words."""

    number: int
    text: str
    box: tuple[int, int, int, int]
    strip: tuple[int, int, int, int]
    doubtful: tuple[Word, ...]


def document_view(row: Mapping[str, Any]) -> DocumentView:
    stage, metadata = stage_of(row), row["metadata"]
    return DocumentView(
        id=row["_id"],
        title=None if is_sealed(row) else metadata["title"],
        library=row["library"],
        collection_class=metadata["collection_class"],
        access_level=metadata["access_level"],
        batch=row.get("batch"),
        pages=row["pages"],
        stage=stage,
        waits_for=NEXT[stage],
        assigned_to=row.get("assigned_to"),
        received_at=row["scanned_at"],
        quality=quality_of(row),
        origins=tuple(row.get("origins", ())),
        into=tuple(row.get("into", ())),
        replaces=row.get("replaces"),
        rescan=_rescan(row["rescan"]) if is_asked(row) else None,
    )


def _rescan(request: Mapping[str, Any]) -> RescanView:
    pages = tuple(PageToRescan.model_validate(page) for page in request["pages"])
    return RescanView(pages, request["note"], request["by"], request["at"])


def page_view(row: Mapping[str, Any], reading: Mapping[str, Any] | None) -> PageView:
    return PageView(row["number"], row["state"], image=reading is not None, quality=quality_of(reading or {}))


def reading_view(row: Mapping[str, Any]) -> ReadingView:
    engine = " ".join(filter(None, (row["engine"], row["engine_version"], row["model"])))
    return ReadingView(row["_id"], engine, row.get("by"), row["read_at"], row["width"], row["height"])


def quality_of(row: Mapping[str, Any]) -> Quality:
    """From the row of a document, which keeps its trust together, or of a reading, which has it field by field."""
    if row.get("by"):
        return Quality(None, None, None, by_person=True)
    trust = row.get("trust") or row
    expected, confidence = trust.get("expected_cer"), row.get("confidence")
    return Quality(
        expected=None if expected is None else f"{100 * expected:.1f}",
        confidence=None if confidence is None else round(confidence),
        decision=trust.get("decision"),
    )


def line_views(words: Sequence[Word], width: int, height: int) -> tuple[LineView, ...]:
    """The lines of a page of this size in pixels."""
    suspects = [words[place] for place in doubtful(words)]
    return tuple(
        _line_view(line, tuple(word for word in suspects if word.line == line.number), width, height)
        for line in lines_of(words)
    )


def _line_view(line: Line, suspects: tuple[Word, ...], width: int, height: int) -> LineView:
    x, y, across, down = line.box
    margin = round(down * STRIP_MARGIN)
    left, top = max(0, x - margin), max(0, y - margin)
    strip = (left, top, min(width, x + across + margin) - left, min(height, y + down + margin) - top)
    return LineView(line.number, line.text, line.box, strip, suspects)

"""Files read into folders: text, hOCR, ALTO, PDF/A, trust and draft; many files and pages at once, few in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson

from services.ocr.description.drafting import draft_of
from services.ocr.description.page import DraftPage
from services.ocr.editions.binding import BLANK, PAGES_A_PART, SUFFIXES, Part, Press
from services.ocr.editions.pdf import About, PdfPage
from services.ocr.reading.engine import PageReading
from services.ocr.reading.pool import PageUnreadable, ReadingPool, ReadPage
from services.ocr.reading.writers import alto, hocr
from services.ocr.trust import PageTrust, trust_of, trust_of_document
from shared.imaging.enclosure import Enclosure
from shared.imaging.faults import DocumentFault
from shared.imaging.inspection import sniff_and_inspect
from shared.imaging.shapes import DocumentShape, Limits, PageShape

DESCRIBED_PAGES = 12
PAGE_BREAK = "\f"
NOT_READ = PageTrust(expected_cer=1.0, decision="re-scan", signals={})


@dataclass(frozen=True)
class Told:
    """What is told while files are read. pages: so many more there are to read."""

    pages: Callable[[int], None]
    page_done: Callable[[], None]


@dataclass(frozen=True)
class Workshop:
    """The processes that inspect, read and bind. files_at_once: whose pages may wait for a worker together."""

    inspecting: Enclosure
    pool: ReadingPool
    press: Press
    files_at_once: asyncio.Semaphore
    pages_at_once: asyncio.Semaphore
    limits: Limits
    told: Told


@dataclass(frozen=True)
class PageOutcome:
    """A page that was read, as far as the whole document needs it; or why it was not."""

    number: int
    sheet: PdfPage = BLANK
    text: str = ""
    confidence: float = 0.0
    trust: PageTrust = NOT_READ
    reading: PageReading | None = None
    """Without its words after the first pages: a book's would fill the memory."""
    fault: DocumentFault | None = None


@dataclass(frozen=True)
class FileOutcome:
    """What became of a file. fault: why nothing could be read; failed: the pages that could not."""

    path: Path
    pages: int = 0
    failed: tuple[PageOutcome, ...] = ()
    expected_cer: float = 1.0
    decision: str = "re-scan"
    fault: DocumentFault | None = None
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        return self.fault is None and not self.failed


async def read_file(path: Path, folder: Path, workshop: Workshop) -> FileOutcome:
    """Read one file into a folder of its own. Every fault of the file is in the outcome; raises OSError."""
    async with workshop.files_at_once:
        started = asyncio.get_running_loop().time()
        try:
            shape = await workshop.inspecting.run(sniff_and_inspect, path, workshop.limits)
        except DocumentFault as fault:
            return FileOutcome(path, fault=fault)
        workshop.told.pages(len(shape.pages))
        pages_folder = folder / "pages"
        await asyncio.to_thread(pages_folder.mkdir, parents=True, exist_ok=True)
        jobs = [_read_page(path, shape, page, pages_folder, workshop) for page in shape.pages]
        pages = await asyncio.gather(*jobs)
        outcome = await _complete(path, folder, pages, workshop)
        seconds = round(asyncio.get_running_loop().time() - started, 2)
        return FileOutcome(**{**vars(outcome), "seconds": seconds})


async def _read_page(
    path: Path, shape: DocumentShape, page: PageShape, folder: Path, workshop: Workshop
) -> PageOutcome:
    async with workshop.pages_at_once:
        try:
            read = await workshop.pool.read(path, shape.media_type, page.number)
        except PageUnreadable as unreadable:
            return PageOutcome(page.number, fault=unreadable.fault)
        finally:
            workshop.told.page_done()
        return await asyncio.to_thread(_keep_page, page.number, read, folder)


def _keep_page(number: int, read: ReadPage, folder: Path) -> PageOutcome:
    reading, facsimile = read.reading, read.images.facsimile
    image = folder / f"{number:04}.{SUFFIXES[facsimile.media_type]}"
    layout = folder / f"{number:04}.alto.xml"
    image.write_bytes(facsimile.body)
    layout.write_bytes(alto(reading, number))
    (folder / f"{number:04}.hocr").write_bytes(hocr(reading, number))
    return PageOutcome(
        number=number,
        sheet=PdfPage(reading.width, reading.height, reading.dpi, image, layout),
        text=reading.text,
        confidence=reading.confidence,
        trust=trust_of(reading),
        reading=reading if number <= DESCRIBED_PAGES else reading.model_copy(update={"words": (), "regions": ()}),
    )


async def _complete(path: Path, folder: Path, pages: Sequence[PageOutcome], workshop: Workshop) -> FileOutcome:
    """What the pages say together. Raises a DocumentFault where the PDF cannot be made."""
    failed = tuple(page for page in pages if page.fault)
    whole = trust_of_document([(page.trust, len(page.text)) for page in pages])
    await asyncio.to_thread(_write_texts, path, folder, pages)
    about = About(title=path.stem, creators=(), language="vi", at=datetime.now(UTC))
    fault = None
    try:
        await workshop.press.bind(_parts(pages), about, folder / "document.pdf")
    except DocumentFault as broken:
        fault = broken
    for page in pages:
        if page.sheet.facsimile:
            page.sheet.facsimile.unlink()
    return FileOutcome(path, len(pages), failed, whole.expected_cer, whole.decision, fault)


async def _parts(pages: Sequence[PageOutcome]) -> AsyncIterator[Part]:
    for start in range(0, len(pages), PAGES_A_PART):
        yield [page.sheet for page in pages[start : start + PAGES_A_PART]]


def _write_texts(path: Path, folder: Path, pages: Sequence[PageOutcome]) -> None:
    (folder / "text.txt").write_text(PAGE_BREAK.join(page.text for page in pages), "utf-8")
    first = [
        DraftPage.of_reading(page.number, page.reading) for page in pages[:DESCRIBED_PAGES] if page.reading is not None
    ]
    (folder / "draft.json").write_text(draft_of(first).model_dump_json(indent=2), "utf-8")
    whole = trust_of_document([(page.trust, len(page.text)) for page in pages])
    told = {"file": path.name, **whole.model_dump(), "each": [_trust_row(page) for page in pages]}
    (folder / "trust.json").write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2))


def _trust_row(page: PageOutcome) -> dict[str, object]:
    """A page's trust, and what its reading says of itself."""
    row: dict[str, object] = {"page": page.number, **page.trust.model_dump(), "confidence": page.confidence}
    if page.reading is None:
        return row | {"failed": page.fault.reason if page.fault else None}
    said = {"engine", "engine_version", "model", "steps", "language", "script", "seconds", "reader"}
    return row | page.reading.model_dump(mode="json", include=said)

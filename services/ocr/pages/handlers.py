"""Events in: a page is to be read. The reading happens before the transaction and may happen again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import structlog
from pymongo import InsertOne
from pymongo.asynchronous.database import AsyncDatabase

from services.ocr.concerns.store import drop_if_destroyed
from services.ocr.delivered.alto import delivered_reading, is_better, limits
from services.ocr.pages.originals import Originals
from services.ocr.pages.store import base_of, files_of, keep_images, keep_layouts
from services.ocr.reading.engine import PageReading
from services.ocr.reading.pool import PageUnreadable, ReadingPool, ReadPage
from shared.bus.work import Work
from shared.events import Event
from shared.events.pages import PageRead, PageReadingFailed, PageReadingRequested
from shared.imaging.shapes import MediaType
from shared.store.mongo import Document
from shared.store.objects import ObjectMissing, Objects

log = structlog.get_logger(__name__)

Assess = Callable[[PageReading], Document]
"""From a reading to the fields of its row that say how good it is: `expected_cer`, `decision`; or none."""


DESTROYED = "destroyed"


@dataclass(frozen=True)
class Reader:
    """Handlers of the consumer that reads pages."""

    pool: ReadingPool
    originals: Originals
    database: AsyncDatabase[Document]
    objects: Objects
    assess: Assess

    async def read_page(self, event: Event[PageReadingRequested]) -> list[Document] | str:
        """Read the page and store what it gave: the rows of its readings, the chosen one first, or the reason why there
        is none.
        """
        request = event.data
        path = await self.originals.borrow(request.original)
        try:
            page = await self.pool.read(path, cast("MediaType", request.original.media_type), request.frame)
        except PageUnreadable as unreadable:
            log.warning("page_unreadable", page=request.page, reason=unreadable.reason, attempt=request.attempt)
            return unreadable.reason
        finally:
            self.originals.give_back(request.original)
        rows = await self._store(request, page)
        files = [file for row in rows for file in files_of(row)]
        if await drop_if_destroyed(self.database, self.objects, [request.document], files):
            return DESTROYED
        log.info("page_read", page=request.page, confidence=page.reading.confidence, seconds=page.reading.seconds)
        return rows

    async def keep_reading(self, event: Event[PageReadingRequested], result: Any, work: Work) -> None:
        """A row per reading, the chosen one announced; or this attempt's failure; nothing where the page is no more."""
        request = event.data
        # Written and not only read, so that this and the destruction of the document cannot both pass.
        answered = {"$set": {"answered": request.attempt}}
        if await work.change("pages", {"_id": request.page}, answered) is None:
            return
        facts = request.model_dump(include={"page", "document", "library", "number", "attempt"})
        if isinstance(result, str):
            work.announce(PageReadingFailed(**facts, reason=result), version=request.attempt)
            return
        at = datetime.now(UTC)
        work.write("readings", *(InsertOne({**row, "read_at": at}) for row in result))
        announcement = PageRead(**facts, reading=result[0]["_id"], confidence=result[0]["confidence"])
        work.announce(announcement, version=request.attempt)

    async def _store(self, request: PageReadingRequested, page: ReadPage) -> list[Document]:
        """What readers and other formats need goes to the object store, under the name of this attempt: of our own
        reading, and of the one that came with the scan; the better one first.
        """
        own = await self._store_own(request, page)
        reading = await self._delivered(request, page.reading)
        if reading is None:
            return [own]
        base = base_of(request.document, request.number, f"{request.attempt}-alto")
        delivered = {
            **own,
            "_id": f"{own['_id']}-alto",
            **await keep_layouts(self.objects, base, reading, request.number),
            **reading.model_dump(exclude={"words"}),
            **self.assess(reading),
        }
        return [delivered, own] if is_better(reading, page.reading) else [own, delivered]

    async def _delivered(self, request: PageReadingRequested, own: PageReading) -> PageReading | None:
        """What another engine read on this very page, where it came with the scan and says anything."""
        if request.alto is None or request.alto.size > limits().bytes:
            return None
        try:
            body = await self.objects.get(request.alto.key)
        except ObjectMissing:
            log.warning("alto_missing", page=request.page)
            return None
        return await asyncio.to_thread(delivered_reading, body, own)

    async def _store_own(self, request: PageReadingRequested, page: ReadPage) -> Document:
        reading = page.reading
        base = base_of(request.document, request.number, str(request.attempt))
        return {
            "_id": f"{request.page}:{request.attempt}",
            "page": request.page,
            "document": request.document,
            "library": request.library,
            "number": request.number,
            "attempt": request.attempt,
            **await keep_images(self.objects, base, page.images),
            **await keep_layouts(self.objects, base, reading, request.number),
            **reading.model_dump(exclude={"words"}),
            **self.assess(reading),
            "capture": page.capture.model_dump(),
            "printed": printed_on(reading),
        }


def printed_on(reading: PageReading) -> str | None:
    """The page number that stands on the page, as it was read."""
    numbers = (region for region in reading.regions if region.kind == "page-number")
    texts = (" ".join(reading.words[place].text for place in region.words) for region in numbers)
    return next(texts, None)

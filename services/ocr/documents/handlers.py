"""Events in: a document was scanned; a page was read or could not be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from pymongo import InsertOne, UpdateOne

from services.ocr.concerns.store import take_up_anew
from services.ocr.documents.fanout import queue_pages, release_page, request_pages
from services.ocr.documents.progress import (
    READING,
    REQUESTED,
    WAITING,
    after_failure,
    after_reading,
    may_try_again,
    pages_of,
    unbound,
)
from services.ocr.documents.store import have_bound
from services.ocr.rescans.rescan import may_ask_by_rule, unreadable
from services.ocr.rescans.store import request_rescan
from services.ocr.settings import OcrSettings
from shared.bus.work import Work
from shared.events import Event
from shared.events.documents import DocumentRecognitionFailed, DocumentScanned
from shared.events.pages import PageRead, PageReadingFailed
from shared.store.mongo import Document


@dataclass(frozen=True)
class Gathering:
    """Handlers of the one consumer that owns documents."""

    settings: OcrSettings

    async def take_up_document(self, event: Event[DocumentScanned], work: Work) -> None:
        """Queue every page, and request some if it is this library's turn."""
        scanned = event.data
        if await work.find_one("documents", {"_id": scanned.document}):
            return
        take_up_anew(scanned.document, work)
        state = scanned.model_dump(include={"library", "lane", "pages", "verdict", "submitted_by", "batch", "replaces"})
        state |= {"metadata": scanned.metadata.model_dump(), "state": READING, "left": scanned.pages, "version": 0}
        state |= unbound()
        work.write("documents", InsertOne({"_id": scanned.document, "scanned_at": event.time, **state}))
        work.write("pages", *(InsertOne(page) for page in pages_of(scanned, event.time)))
        await queue_pages(scanned.library, scanned.lane, self.settings.metering, work)

    async def gather_page(self, event: Event[PageRead], work: Work) -> None:
        """Note a page's reading; after the last page of a document its files are made."""
        page = await _page_of_attempt(event.data, work)
        if page:
            await self._settle(page, after_reading(page, event.data.reading), work)

    async def gather_failure(self, event: Event[PageReadingFailed], work: Work) -> None:
        """Try the page again or mark it; the others are not held up."""
        failure = event.data
        page = await _page_of_attempt(failure, work)
        if page is None:
            return
        if may_try_again(page, failure.attempt, self.settings.attempts, failure.reason):
            _close_attempt(page, {"state": WAITING, "queued_at": datetime.now(UTC)}, work)
            await queue_pages(page["library"], page["lane"], self.settings.metering, work)
        else:
            await self._settle(page, after_failure(page, failure.reason), work)

    async def _settle(self, page: Document, change: Document, work: Work) -> None:
        _close_attempt(page, change, work)
        document = await work.change("documents", {"_id": page["document"]}, {"$inc": {"left": -1}})
        await request_pages(self.settings.metering, work)
        if document and document["left"] == 0:
            await _finish(document, work)


async def _page_of_attempt(ended: PageRead | PageReadingFailed, work: Work) -> Document | None:
    """The page, if this attempt is the one in flight; None for a late one."""
    return await work.find_one("pages", {"_id": ended.page, "state": REQUESTED, "attempt": ended.attempt})


def _close_attempt(page: Document, change: Document, work: Work) -> None:
    work.write("pages", UpdateOne({"_id": page["_id"]}, {"$set": change}))
    release_page(page, work)


async def _finish(document: Document, work: Work) -> None:
    """Have the files made where there is anything to read in them."""
    if await work.find_one("pages", {"document": document["_id"], "reading": {"$ne": None}}):
        await have_bound(document["_id"], work)
        return
    state = await work.advance("documents", {"_id": document["_id"]}, {"$set": {"state": "failed"}})
    first = await work.find_one("pages", {"document": document["_id"], "number": 1})
    failed = DocumentRecognitionFailed(
        document=document["_id"],
        library=document["library"],
        reason=(first or {}).get("reason") or "failed",
        detail=f"none of {document['pages']} pages could be read",
        submitted_by=document["submitted_by"],
    )
    work.announce(failed, version=(state or document)["version"])
    await _ask_to_rescan(state or document, work)


async def _ask_to_rescan(document: Document, work: Work) -> None:
    failed = await work.find("pages", {"document": document["_id"]}, projection=("number", "state", "reason"))
    asked = unreadable(failed)
    if may_ask_by_rule(document, asked):
        await request_rescan(work, document, asked)

"""Events in: a document was scanned; a page was read or could not be."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from pymongo import InsertOne, UpdateOne

from services.ocr.documents.progress import (
    FAILED,
    READ,
    REQUESTED,
    WAITING,
    Outcome,
    may_try_again,
    outcome,
    page_manifest,
    pages_of,
)
from services.ocr.settings import OcrSettings
from shared.bus.work import Work
from shared.events import Event
from shared.events.documents import DocumentRecognised, DocumentRecognitionFailed, DocumentScanned
from shared.events.manifest import DocumentManifest
from shared.events.pages import PageRead, PageReadingFailed, PageReadingRequested
from shared.events.vocabulary import ObjectRef
from shared.store.mongo import Document
from shared.store.objects import Objects


@dataclass(frozen=True)
class Gathering:
    """Handlers of the one consumer that owns documents."""

    objects: Objects
    settings: OcrSettings

    async def take_up_document(self, event: Event[DocumentScanned], work: Work) -> None:
        """Queue every page and request as many as the library may have in flight."""
        scanned = event.data
        if await work.find_one("documents", {"_id": scanned.document}):
            return
        state = scanned.model_dump(include={"library", "lane", "pages", "verdict", "submitted_by"})
        state |= {"metadata": scanned.metadata.model_dump(), "state": "reading", "left": scanned.pages, "version": 0}
        work.write("documents", InsertOne({"_id": scanned.document, "scanned_at": event.time, **state}))
        work.write("pages", *(InsertOne(page) for page in pages_of(scanned, event.time)))
        await self._request_pages(scanned.library, scanned.lane, work)

    async def gather_page(self, event: Event[PageRead], work: Work) -> None:
        """Note a page's reading; the last page of a document announces its text."""
        change = {"state": READ, "reading": event.data.reading, "reason": None}
        await self._settle(event.data, change, work)

    async def gather_failure(self, event: Event[PageReadingFailed], work: Work) -> None:
        """Try the page again or mark it; the others are not held up."""
        failure = event.data
        if may_try_again(failure.attempt, self.settings.attempts, failure.reason):
            page = await self._close_attempt(failure, {"state": WAITING, "queued_at": datetime.now(UTC)}, work)
            if page:
                await self._request_pages(page["library"], page["lane"], work)
            return
        await self._settle(failure, {"state": FAILED, "reason": failure.reason}, work)

    async def _settle(self, ended: PageRead | PageReadingFailed, change: Document, work: Work) -> None:
        page = await self._close_attempt(ended, change, work)
        if page is None:
            return
        document = await work.change("documents", {"_id": ended.document}, {"$inc": {"left": -1}})
        await self._request_pages(page["library"], page["lane"], work)
        if document and document["left"] == 0:
            await self._finish(document, work)

    async def _close_attempt(
        self, ended: PageRead | PageReadingFailed, change: Document, work: Work
    ) -> Document | None:
        """Apply a change to the page if this attempt is the one in flight; the page, or None for a late attempt."""
        query = {"_id": ended.page, "state": REQUESTED, "attempt": ended.attempt}
        page = await work.find_one("pages", query)
        if page:
            work.write("pages", UpdateOne(query, {"$set": change}))
            meter = _meter(page["library"], page["lane"])
            work.write("meters", UpdateOne({"_id": meter}, {"$inc": {"in_flight": -1}}))
        return page

    async def _request_pages(self, library: str, lane: str, work: Work) -> None:
        """Fairness is made here: a library has at most so many pages of a lane with the workers at once."""
        meter = await work.find_one("meters", {"_id": _meter(library, lane)})
        free = self.settings.pages_in_flight - (meter["in_flight"] if meter else 0)
        if free <= 0:
            return
        queue = {"library": library, "lane": lane, "state": WAITING}
        pages = await work.find("pages", queue, sort=[("queued_at", 1), ("_id", 1)], limit=free)
        for page in pages:
            self._request(page, work)
        if pages:
            raised = {"$inc": {"in_flight": len(pages)}}
            work.write("meters", UpdateOne({"_id": _meter(library, lane)}, raised, upsert=True))

    def _request(self, page: Document, work: Work) -> None:
        attempt = page["attempt"] + 1
        work.write("pages", UpdateOne({"_id": page["_id"]}, {"$set": {"state": REQUESTED, "attempt": attempt}}))
        request = PageReadingRequested(
            page=page["_id"],
            document=page["document"],
            library=page["library"],
            number=page["number"],
            attempt=attempt,
            original=ObjectRef.model_validate(page["original"]),
            frame=page["frame"],
            lane=page["lane"],
        )
        work.announce(request, version=attempt)

    async def _finish(self, document: Document, work: Work) -> None:
        """Store text and manifest, then announce them: an event says only what is already stored."""
        pages = await work.find("pages", {"document": document["_id"]}, sort=[("number", 1)])
        chosen = [page["reading"] for page in pages if page["reading"]]
        readings = {row["_id"]: row for row in await work.find("readings", {"_id": {"$in": chosen}})}
        manifest = _manifest(document, pages, readings)
        result = outcome(manifest.pages)
        if not readings:
            await self._announce_failure(document, manifest.pages[0].failed or FAILED, work)
        else:
            await self._announce_text(document, manifest, result, work)

    async def _announce_failure(self, document: Document, reason: str, work: Work) -> None:
        state = await work.advance("documents", {"_id": document["_id"]}, {"$set": {"state": "failed"}})
        failed = DocumentRecognitionFailed(
            document=document["_id"],
            library=document["library"],
            reason=reason,
            detail=f"none of {document['pages']} pages could be read",
            submitted_by=document["submitted_by"],
        )
        work.announce(failed, version=(state or document)["version"])

    async def _announce_text(self, document: Document, manifest: DocumentManifest, result: Outcome, work: Work) -> None:
        text = await self._keep(document["_id"], "text", result.text.encode(), "text/plain; charset=utf-8")
        body = manifest.model_dump_json().encode()
        kept = await self._keep(document["_id"], "manifest", body, "application/json")
        change = {"$set": {"state": "recognised", "text": text.model_dump(), "manifest": kept.model_dump()}}
        state = await work.advance("documents", {"_id": document["_id"]}, change)
        recognised = DocumentRecognised(
            document=document["_id"],
            library=document["library"],
            metadata=document["metadata"],
            pages=document["pages"],
            failed_pages=result.failed,
            text=text,
            manifest=kept,
            confidence=result.confidence,
            verdict=document["verdict"],
            submitted_by=document["submitted_by"],
        )
        work.announce(recognised, version=(state or document)["version"])

    async def _keep(self, document: str, kind: str, body: bytes, media_type: str) -> ObjectRef:
        digest = hashlib.sha256(body).hexdigest()[:16]
        return await self.objects.put(f"documents/{document}/{kind}-{digest}", body, media_type)


def _meter(library: str, lane: str) -> str:
    return f"{library}|{lane}"


def _manifest(document: Document, pages: list[Document], readings: dict[str, Document]) -> DocumentManifest:
    newest = max(readings.values(), key=lambda row: row["read_at"], default=None)
    return DocumentManifest(
        document=document["_id"],
        engine=newest["engine"] if newest else "none",
        model=newest["model"] if newest else "none",
        read_at=newest["read_at"] if newest else document["scanned_at"],
        pages=tuple(page_manifest(page, readings.get(page["reading"])) for page in pages),
    )

"""Events in: every page of a document has its reading. Its files are made before the transaction, then announced."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from pymongo import InsertOne
from pymongo.asynchronous.database import AsyncDatabase

from services.ocr.concerns.concerns import concerns_of
from services.ocr.concerns.store import drop_if_destroyed
from services.ocr.documents.progress import RECOGNISED
from services.ocr.editions.binding import Binder
from services.ocr.editions.edition import manifest_of, outcome, page_manifest
from services.ocr.quality.review import fingerprints_of, review
from services.ocr.quality.store import keep_fingerprints
from services.ocr.rescans.rescan import asked_by_rule, may_ask_by_rule
from services.ocr.rescans.store import request_rescan, supersede
from shared.bus.work import Work
from shared.events import Event
from shared.events.documents import DocumentGathered, DocumentRecognised, DocumentTextCorrected, PageToRescan
from shared.events.manifest import PageManifest
from shared.events.vocabulary import ObjectRef, Trust
from shared.imaging.faults import DocumentFault
from shared.store.mongo import Document
from shared.store.objects import Objects

log = structlog.get_logger(__name__)

Judge = Callable[[Sequence[PageManifest]], Trust]
"""From a document's pages to what is to be thought of the whole."""
Describe = Callable[[Sequence[tuple[PageManifest, bytes]]], bytes]
"""From the first pages, each with its JSON list of words, to the JSON of a metadata draft; slow, run in a thread."""
DESCRIBED_PAGES = 12
"""Title, issuer and date stand on the first pages; a book's own cards and lists on no more than these."""


@dataclass(frozen=True)
class Editions:
    """Handlers of the consumer that makes a document's files."""

    database: AsyncDatabase[Document]
    objects: Objects
    binder: Binder
    judge: Judge
    describe: Describe

    async def make_files(self, event: Event[DocumentGathered]) -> Document | None:
        """Store text, manifest, draft and PDF: what the edition's row will say; None when a newer one is coming."""
        document = await self.database["documents"].find_one({"_id": event.data.document})
        if document is None or not _is_current(document, event.data):
            return None
        pages = await self.database["pages"].find({"document": document["_id"]}).sort("number", 1).to_list()
        chosen = [page["reading"] for page in pages if page["reading"]]
        rows = await self.database["readings"].find({"_id": {"$in": chosen}}).to_list()
        readings = {row["_id"]: row for row in rows}
        sheets = [page_manifest(page, readings.get(page["reading"])) for page in pages]
        trust = self.judge(sheets)
        manifest = manifest_of(document, sheets, readings, trust)
        result = outcome(sheets)
        base = f"documents/{document['_id']}"
        text = await self.objects.put_named(f"{base}/text", result.text.encode(), "text/plain; charset=utf-8")
        kept = await self.objects.put_named(f"{base}/manifest", manifest.model_dump_json().encode(), "application/json")
        pdf = await self._bind(document, pages, readings)
        draft = await self._describe(base, sheets)
        concerns = concerns_of({sheet.number: sheet.text for sheet in sheets}, event.time.date())
        quality = await review(self.database, document, pages, readings)
        of = [document["_id"], *document.get("origins", ())]
        if await drop_if_destroyed(self.database, self.objects, of, (text, kept, pdf, draft)):
            return None
        return {
            "failed_pages": list(result.failed),
            "confidence": result.confidence,
            "text": text.model_dump(),
            "manifest": kept.model_dump(),
            "trust": trust.model_dump(),
            "pdf": pdf.model_dump() if pdf else None,
            "draft": draft.model_dump(),
            "concerns": [concern.model_dump() for concern in concerns],
            "quality": quality.model_dump(mode="json"),
            "to_rescan": [page.model_dump() for page in asked_by_rule(quality.findings, sheets)],
            "fingerprints": {str(number): value for number, value in fingerprints_of(pages, readings).items()},
        }

    async def announce_edition(self, event: Event[DocumentGathered], files: Any, work: Work) -> None:
        """Say what is new: a recognition, corrections by persons, or both."""
        document = await work.find_one("documents", {"_id": event.data.document})
        if files is None or document is None or not _is_current(document, event.data):
            return
        number, files = event.data.edition, dict(files)
        fingerprints = files.pop("fingerprints", {})
        asked = [PageToRescan.model_validate(page) for page in files.pop("to_rescan", ())]
        keep_fingerprints(work, document, {int(page): value for page, value in fingerprints.items()})
        identifier = f"{document['_id']}:{number}"
        row = {"_id": identifier, "document": document["_id"], "edition": number, "made_at": event.time, **files}
        work.write("editions", InsertOne(row))
        change = {"state": RECOGNISED, "recognition_due": False, "corrections_due": [], **files}
        change["decision"] = files["trust"]["decision"]
        if document["recognition_due"]:
            await _announce(document, DocumentRecognised, _recognised(document, files), change, work)
            await _settle_scans(document, asked, work)
        if document["corrections_due"]:
            await _announce(document, DocumentTextCorrected, _corrected(document, files), change, work)

    async def _bind(
        self, document: Document, pages: Sequence[Document], readings: dict[str, Document]
    ) -> ObjectRef | None:
        """A PDF that cannot be made holds nobody up: text and images are there."""
        try:
            return await self.binder.bind(document, pages, readings)
        except DocumentFault as fault:
            log.warning("pdf_not_made", document=document["_id"], reason=fault.reason)
            return None

    async def _describe(self, base: str, pages: Sequence[PageManifest]) -> ObjectRef:
        first = [page for page in pages[:DESCRIBED_PAGES] if page.words]
        words = [await self.objects.get(page.words.key) for page in first if page.words]
        draft = await asyncio.to_thread(self.describe, list(zip(first, words, strict=True)))
        return await self.objects.put_named(f"{base}/draft", draft, "application/json")


async def _settle_scans(document: Document, asked: Sequence[PageToRescan], work: Work) -> None:
    """What the scans are at fault of is asked for again; what this is a new scan of gives way to it."""
    if may_ask_by_rule(document, asked):
        await request_rescan(work, document, asked)
    if document.get("replaces"):
        await supersede(work, document)


async def _announce(
    document: Document,
    said: type[DocumentRecognised | DocumentTextCorrected],
    fields: Document,
    change: Document,
    work: Work,
) -> None:
    state = await work.advance("documents", {"_id": document["_id"]}, {"$set": change})
    if state:
        work.announce(said.model_validate(fields), version=state["version"])


def _is_current(document: Document, gathered: DocumentGathered) -> bool:
    return bool(document["edition"] == gathered.edition and document["left"] == 0)


def _recognised(document: Document, files: Document) -> Document:
    kept = {name: document[name] for name in ("library", "metadata", "pages", "verdict", "submitted_by", "edition")}
    return {"document": document["_id"], "origins": document.get("origins", ()), **kept, **files}


def _corrected(document: Document, files: Document) -> Document:
    corrections = document["corrections_due"]
    kept = {name: document[name] for name in ("library", "edition")}
    return {"document": document["_id"], "corrections": corrections, **kept, **files}

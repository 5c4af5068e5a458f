"""Documents and their pages in MongoDB: corrected, read again, and handed on to be bound."""

from __future__ import annotations

from datetime import UTC, datetime

from pymongo import InsertOne, UpdateOne

from services.ocr.documents.fanout import queue_pages
from services.ocr.documents.progress import (
    BINDING,
    FAILED,
    READ,
    READING,
    REQUESTED,
    WAITING,
    correction_id,
    to_be_read_again,
)
from services.ocr.documents.turns import Metering
from shared.bus.work import Work
from shared.events.documents import Correction, DocumentGathered
from shared.events.vocabulary import Lane
from shared.store.mongo import Document

BY_PERSON = {
    "engine": "person",
    "engine_version": "",
    "model": "",
    "steps": (),
    "seconds": 0.0,
}
"""What the row of a person's reading says where an engine's tells of itself."""


async def have_bound(document: str, work: Work) -> None:
    """Every page has its chosen reading, or none: begin a new edition."""
    change = {"$set": {"state": BINDING}, "$inc": {"edition": 1}}
    row = await work.change("documents", {"_id": document}, change)
    if row:
        gathered = DocumentGathered(document=document, library=row["library"], edition=row["edition"])
        work.announce(gathered, version=row["edition"])


async def keep_correction(page: Document, reading: Document, by: str, work: Work) -> str:
    """Choose what a person wrote for a page from now on; the new reading's id.

    page: the page's row. reading: the row of the reading that was corrected, with its text, words, hOCR, ALTO,
    confidence and trust renewed. The document gets a new edition, at once or when the pages that are being read have
    come home.
    """
    identifier = correction_id(page)
    row = {**reading, **BY_PERSON, "by": by, "_id": identifier, "page": page["_id"], "corrects": page["reading"]}
    work.write("readings", InsertOne({**row, "attempt": page["attempt"], "read_at": datetime.now(UTC)}))
    state = READ if page["state"] == FAILED else page["state"]
    chosen = {"$set": {"reading": identifier, "state": state, "reason": None}, "$inc": {"corrections": 1}}
    work.write("pages", UpdateOne({"_id": page["_id"]}, chosen))
    correction = Correction(number=page["number"], reading=identifier, by=by).model_dump()
    change = {"$push": {"corrections_due": correction}}
    document = await work.change("documents", {"_id": page["document"]}, change)
    if document and document["left"] == 0:
        await have_bound(document["_id"], work)
    return identifier


async def read_again(document: Document, pages: list[Document], metering: Metering, work: Work) -> int:
    """Queue pages of a document for another reading; how many. Those that wait or are being read are left alone."""
    resting = [page for page in pages if page["state"] not in {WAITING, REQUESTED}]
    if not resting:
        return 0
    at = datetime.now(UTC)
    work.write("pages", *(UpdateOne({"_id": page["_id"]}, {"$set": to_be_read_again(page, at)}) for page in resting))
    change = {"$set": {"state": READING, "recognition_due": True}, "$inc": {"left": len(resting)}}
    work.write("documents", UpdateOne({"_id": document["_id"]}, change))
    await queue_pages(document["library"], Lane.NORMAL.value, metering, work)
    return len(resting)

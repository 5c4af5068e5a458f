"""Which pages are with the workers: fairness is made here, because a Kafka partition is first-in first-out."""

from __future__ import annotations

from pymongo import UpdateOne

from services.ocr.documents.progress import REQUESTED, WAITING
from shared.bus.work import Work
from shared.events.pages import PageReadingRequested
from shared.events.vocabulary import ObjectRef
from shared.store.mongo import Document


async def request_pages(library: str, lane: str, most: int, work: Work) -> None:
    """Request waiting pages, until the library has `most` pages of this lane with the workers."""
    meter = await work.find_one("meters", {"_id": meter_of(library, lane)})
    free = most - (meter["in_flight"] if meter else 0)
    if free <= 0:
        return
    queue = {"library": library, "lane": lane, "state": WAITING}
    pages = await work.find("pages", queue, sort=[("queued_at", 1), ("_id", 1)], limit=free)
    for page in pages:
        _request(page, work)
    if pages:
        raised = {"$inc": {"in_flight": len(pages)}}
        work.write("meters", UpdateOne({"_id": meter_of(library, lane)}, raised, upsert=True))


def release_page(page: Document, work: Work) -> None:
    """The page is no longer with the workers."""
    meter = meter_of(page["library"], page["lane"])
    work.write("meters", UpdateOne({"_id": meter}, {"$inc": {"in_flight": -1}}))


def meter_of(library: str, lane: str) -> str:
    return f"{library}|{lane}"


def _request(page: Document, work: Work) -> None:
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

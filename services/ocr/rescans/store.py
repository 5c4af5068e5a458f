"""Requests for new scans in the rows of documents; what they become is announced in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from pymongo import UpdateOne

from services.ocr.concerns.store import holding
from services.ocr.rescans.rescan import DONE, OPEN, WITHDRAWN, is_asked, joined, scans_of
from shared.bus.work import Work
from shared.events.documents import (
    DocumentRescanRequested,
    DocumentRescanWithdrawn,
    DocumentSuperseded,
    PageToRescan,
)
from shared.store.mongo import Document

DOCUMENTS = "documents"
SUPERSEDED = "superseded"
"""The ruling on a document in whose place a new scan stands."""


async def request_rescan(
    work: Work, document: Document, asked: Sequence[PageToRescan], *, note: str = "", by: str | None = None
) -> None:
    """Ask for new scans of pages of a document, none for all; of one that was split off or merged, of the scans that
    its pages come from.
    """
    request = {"state": OPEN, "note": note, "by": by, "at": datetime.now(UTC)}
    if not document.get("origins"):
        await _announce_request(work, document["_id"], asked, request)
        return
    own = {**request, "pages": [page.model_dump() for page in asked]}
    work.write(DOCUMENTS, UpdateOne({"_id": document["_id"]}, {"$set": {"rescan": own}}))
    pages = await work.find("pages", {"document": document["_id"]}, projection=("number", "origin"))
    for scan, wanted in scans_of(pages, asked).items():
        await _announce_request(work, scan, await _beside_others(work, scan, wanted), request)


async def withdraw_rescan(work: Work, document: Document, by: str) -> bool:
    """Nothing need be scanned again; whether that was asked for."""
    if not is_asked(document):
        return False
    change = {"$set": {"rescan.state": WITHDRAWN}}
    if document.get("origins"):
        work.write(DOCUMENTS, UpdateOne({"_id": document["_id"]}, change))
    for scan in document.get("origins") or [document["_id"]]:
        row = await work.advance(DOCUMENTS, {"_id": scan, "rescan.state": OPEN}, change)
        if row:
            withdrawn = DocumentRescanWithdrawn(document=scan, library=row["library"], by=by)
            work.announce(withdrawn, version=row["version"])
    return True


async def supersede(work: Work, successor: Document) -> None:
    """A new scan could be read: what it replaces, and what was split off that, gives way to it.

    A document that was merged from it and from others stays and waits for a person: only part of it was scanned anew.
    """
    replaced = successor["replaces"]
    for row in await work.find(DOCUMENTS, holding(replaced)):
        if row.get("origins", [replaced]) == [replaced]:
            await _give_way(work, row, successor["_id"])
        elif is_asked(row):
            change = {"ruling": None, "rescan.state": DONE}
            work.write(DOCUMENTS, UpdateOne({"_id": row["_id"]}, {"$set": change}))


async def _give_way(work: Work, document: Document, successor: str) -> None:
    done = {"rescan.state": DONE} if document.get("rescan") else {}
    change = {"$set": {"ruling": SUPERSEDED, "into": [*document.get("into", ()), successor], **done}}
    query = {"_id": document["_id"], "ruling": {"$ne": SUPERSEDED}}
    row = await work.advance(DOCUMENTS, query, change)
    if row:
        superseded = DocumentSuperseded(document=row["_id"], library=row["library"], successor=successor)
        work.announce(superseded, version=row["version"])


async def _announce_request(work: Work, document: str, asked: Sequence[PageToRescan], request: Document) -> None:
    kept = {**request, "pages": [page.model_dump() for page in asked]}
    row = await work.advance(DOCUMENTS, {"_id": document}, {"$set": {"rescan": kept}})
    if row:
        said = DocumentRescanRequested(
            document=document, library=row["library"], pages=tuple(asked), note=request["note"], by=request["by"]
        )
        work.announce(said, version=row["version"])


async def _beside_others(work: Work, scan: str, wanted: Sequence[PageToRescan]) -> tuple[PageToRescan, ...]:
    """What is asked of a scan, with what was asked of it before: several documents may be made of it."""
    row = await work.find_one(DOCUMENTS, {"_id": scan})
    if row is None or not is_asked(row):
        return tuple(wanted)
    before = [PageToRescan.model_validate(page) for page in row["rescan"]["pages"]]
    return joined([*before, *wanted]) if before else ()

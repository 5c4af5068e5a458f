"""What was merged with a document that is destroyed stands for itself again, with all that was read and written on its
pages since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from pymongo import InsertOne, UpdateOne
from pymongo.asynchronous.database import AsyncDatabase

from services.ocr.concerns.store import drop_if_destroyed
from services.ocr.documents.progress import READ
from services.ocr.documents.store import have_bound, keep_correction
from services.ocr.pages.store import FILES
from shared.bus.work import Work
from shared.events.documents import DocumentRestored
from shared.events.vocabulary import ObjectRef
from shared.store.mongo import Document
from shared.store.objects import ObjectMissing, Objects

log = structlog.get_logger(__name__)

REARRANGED = "rearranged"
MOST_CARRIED = 2000
"""Readings of one document: as many corrections as its announcement carries."""


def merged_into(destroyed: Sequence[str]) -> dict[str, Any]:
    """The query for documents that are not destroyed and whose pages stand in one that is."""
    return {"into": {"$in": list(destroyed)}, "_id": {"$nin": list(destroyed)}, "ruling": REARRANGED}


async def carried_back(database: AsyncDatabase[Document], objects: Objects, destroyed: Sequence[str]) -> list[Document]:
    """Rows of readings that were made and chosen in the destroyed documents, for the pages of those which remain; their
    files are copied, and may have been before.
    """
    carried: list[Document] = []
    async for document in database["documents"].find(merged_into(destroyed)):
        found = await _chosen_since(database, document, destroyed)
        rows = [row for page, reading in found if (row := await _copied(objects, page, reading))]
        files = [ObjectRef.model_validate(row[name]) for row in rows for name in FILES if row.get(name)]
        of = [document["_id"], *document.get("origins", ())]
        if not await drop_if_destroyed(database, objects, of, _of(document["_id"], files)):
            carried += rows
    return carried


async def restore(work: Work, destroyed: Sequence[str], carried: Sequence[Document]) -> None:
    """Undo merges into documents that are destroyed, for the documents which are not."""
    for document in await work.find("documents", merged_into(destroyed)):
        change = {"$set": {"ruling": None}, "$pull": {"into": {"$in": list(destroyed)}}}
        row = await work.advance("documents", {"_id": document["_id"]}, change)
        restored = DocumentRestored(document=document["_id"], library=document["library"])
        work.announce(restored, version=(row or document)["version"])
        for reading in carried:
            if reading["document"] == document["_id"]:
                await _take_back(reading, work)
        log.info("document_restored", document=document["_id"])


async def _chosen_since(
    database: AsyncDatabase[Document], document: Document, destroyed: Sequence[str]
) -> list[tuple[Document, Document]]:
    """Pages of the document, each with the reading that was made and chosen for it in a destroyed one."""
    own = await database["pages"].find({"document": document["_id"]}).to_list()
    by_origin = {page.get("origin") or page["_id"]: page for page in own}
    merged = [one for one in document["into"] if one in destroyed]
    query = {"document": {"$in": merged}, "origin": {"$in": list(by_origin)}}
    pages = await database["pages"].find(query).sort("_id", 1).to_list()
    chosen = {page["reading"]: by_origin[page["origin"]] for page in pages if page["reading"]}
    readings = await database["readings"].find({"_id": {"$in": list(chosen)}}).sort("_id", 1).to_list()
    made = [one for one in readings if one["hocr"]["key"].startswith(f"documents/{one['document']}/")]
    return [(chosen[reading["_id"]], reading) for reading in made][:MOST_CARRIED]


async def _copied(objects: Objects, page: Document, reading: Document) -> Document | None:
    """The reading's row for a page, with files of its own; None where they are gone."""
    place = {"page": page["_id"], "document": page["document"], "number": page["number"]}
    try:
        files = {name: await _copy(objects, page, reading, name) for name in FILES if reading.get(name)}
    except ObjectMissing:
        log.warning("reading_not_restored", page=page["_id"], reading=reading["_id"])
        return None
    return {**reading, **place, **files}


async def _copy(objects: Objects, page: Document, reading: Document, name: str) -> Mapping[str, Any]:
    """Copy one file of the reading if it lies with the document that is destroyed."""
    source = ObjectRef.model_validate(reading[name])
    home = f"documents/{reading['document']}/pages/"
    if not source.key.startswith(home):
        return source.model_dump()
    last = source.key.removeprefix(home).replace("/", "-")
    target = f"documents/{page['document']}/pages/{page['number']:04d}/{reading['document']}-{last}"
    try:
        await objects.put(target, await objects.get(source.key), source.media_type)
    except ObjectMissing:
        await objects.get(target)
    return source.model_copy(update={"key": target}).model_dump()


def _of(document: str, files: Sequence[ObjectRef]) -> list[ObjectRef]:
    return [file for file in files if file.key.startswith(f"documents/{document}/")]


async def _take_back(reading: Document, work: Work) -> None:
    """Choose the reading for its page, as when it was made."""
    page = await work.find_one("pages", {"_id": reading["page"]})
    if page is None:
        return
    if reading.get("by"):
        await keep_correction(page, reading, reading["by"], work)
        return
    attempt = page["attempt"] + 1
    identifier = f"{page['_id']}:{attempt}"
    work.write("readings", InsertOne({**reading, "_id": identifier, "attempt": attempt}))
    chosen = {"reading": identifier, "attempt": attempt, "attempts_before": attempt, "state": READ, "reason": None}
    work.write("pages", UpdateOne({"_id": page["_id"]}, {"$set": chosen}))
    work.write("documents", UpdateOne({"_id": page["document"]}, {"$set": {"recognition_due": True}}))
    await have_bound(page["document"], work)

"""Fingerprints in MongoDB: one row per page that has one, found by the bands it shares with others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import BaseModel
from pymongo import DeleteMany, InsertOne
from pymongo.asynchronous.database import AsyncDatabase

from services.ocr.quality.fingerprint import bands, distance
from services.ocr.quality.profile import ScannedPage
from shared.bus.work import Work
from shared.store.mongo import Document

FINGERPRINTS = "fingerprints"
MOST_CANDIDATES = 50
MOST_ALIKE = 200


class LookAlike(BaseModel):
    """A page of another document that looks the same: very likely the same sheet scanned twice."""

    page: int
    document: str
    library: str
    other: int
    bits: int
    """In which the fingerprints differ, of 256."""


async def ensure_indexes(database: AsyncDatabase[Document]) -> None:
    await database[FINGERPRINTS].create_index("bands")
    await database[FINGERPRINTS].create_index("document")


async def look_alikes(
    database: AsyncDatabase[Document], document: str, pages: Sequence[ScannedPage], near: int
) -> list[LookAlike]:
    """Pages of other documents of all libraries that differ in `near` bits or fewer, MOST_ALIKE at most."""
    found: list[LookAlike] = []
    for page in pages:
        if len(found) >= MOST_ALIKE:
            break
        if page.capture and page.capture.fingerprint:
            found += await _like(database, document, page.number, page.capture.fingerprint, near)
    return found[:MOST_ALIKE]


def keep_fingerprints(work: Work, document: Mapping[str, str], fingerprints: Mapping[int, str]) -> None:
    """Keep a document's fingerprints by page number, in place of those it had."""
    work.write(FINGERPRINTS, DeleteMany({"document": document["_id"]}))
    rows: list[Document] = [
        {
            "_id": f"{document['_id']}:{number:04d}",
            "document": document["_id"],
            "library": document["library"],
            "number": number,
            "hash": value,
            "bands": bands(value),
        }
        for number, value in fingerprints.items()
    ]
    work.write(FINGERPRINTS, *(InsertOne(row) for row in rows))


async def _like(
    database: AsyncDatabase[Document], document: str, number: int, value: str, near: int
) -> list[LookAlike]:
    query = {"bands": {"$in": bands(value)}, "document": {"$ne": document}}
    rows = await database[FINGERPRINTS].find(query).limit(MOST_CANDIDATES).to_list()
    alike = [
        LookAlike(page=number, document=row["document"], library=row["library"], other=row["number"], bits=bits)
        for row in rows
        if (bits := distance(value, row["hash"])) <= near
    ]
    return sorted(alike, key=lambda one: one.bits)

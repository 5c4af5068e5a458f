"""Concerns and judgements in the rows of documents; what they do is announced in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pymongo import UpdateOne
from pymongo.asynchronous.database import AsyncDatabase

from services.ingest.content.judgement import STATE_SECRET, JudgementForm, is_covered, seen_of
from services.ingest.documents.document import DocumentState
from services.ingest.documents.store import DOCUMENTS, hold
from services.ingest.rights.review import BY_RIGHTS
from services.ingest.rights.rights import wider
from shared.bus.work import Work
from shared.events.concerns import SECRET_SUSPECTED, Concern, Judgement, hold_for
from shared.events.documents import DocumentContentJudged, DocumentRejected
from shared.events.vocabulary import AccessLevel, narrowest
from shared.store.mongo import Document

BY_CONTENT = "content"
EMPTIED: Document = {
    "metadata": None,
    "files": [],
    "package": None,
    "rights": None,
    "rights_facts": None,
    "batches": [],
    "rescan": None,
}


async def ensure_indexes(database: AsyncDatabase[Document]) -> None:
    await database[DOCUMENTS].create_index("to_destroy", sparse=True)
    await database[DOCUMENTS].create_index("files.original.key")
    await database[DOCUMENTS].create_index("package.companions.original.key", sparse=True)


async def keep_concerns(work: Work, document: str, concerns: Sequence[Concern]) -> None:
    """Keep what a new reading raised; it holds the document unless a person has judged the same before."""
    row = await work.find_one(DOCUMENTS, {"_id": document, "state": DocumentState.ACCEPTED})
    if row is None:
        return
    found = [concern.model_dump(mode="json") for concern in concerns]
    work.write(DOCUMENTS, UpdateOne({"_id": document}, {"$set": {"concerns": found}}))
    judged = [concern for judgement in row.get("judgements", ()) for concern in judgement["concerns"]]
    await hold(work, document, by=BY_CONTENT, reason=None if is_covered(found, judged) else hold_for(concerns))


async def suspect(work: Work, document: str) -> None:
    """Seal a document until a person judges it."""
    await hold(work, document, by=BY_CONTENT, reason=SECRET_SUSPECTED)


async def judge(work: Work, row: Document, form: JudgementForm, by: str) -> None:
    """Keep and announce a person's judgement; of a state secret the row keeps that and what is to be destroyed."""
    seen = seen_of(row.get("concerns", ()))
    entry = {**form.model_dump(mode="json"), "by": by, "at": datetime.now(UTC), "concerns": seen}
    secret = form.judgement == Judgement.STATE_SECRET
    changes: dict[str, Any] = {"$push": {"judgements": entry}}
    if secret:
        rejection = {"reason": STATE_SECRET, "detail": form.reason, "file": None}
        keys = await _keys_of_its_own(work, row)
        state = {"state": DocumentState.REJECTED, "rejection": rejection, "to_destroy": keys}
        changes["$set"] = {**EMPTIED, **state, "concerns": []}
    elif form.access_level:
        changes["$set"] = {
            "metadata.access_level": narrowest(*map(AccessLevel, (form.access_level, row["metadata"]["access_level"])))
        }
    after = await work.advance(DOCUMENTS, {"_id": row["_id"]}, changes)
    version = (after or row)["version"]
    facts = {"document": row["_id"], "library": row["library"], "by": by, "reason": form.reason}
    judged = DocumentContentJudged(judgement=form.judgement, access_level=form.access_level, **facts)
    work.announce(judged, version=version)
    if secret:
        await suspect(work, row["_id"])
        for other in await _other_scans(work, row):
            await suspect(work, other)
        await _announce_rejection(work, row)
        return
    await hold(work, row["_id"], by=BY_CONTENT, reason=None)
    if form.access_level and not _is_wider_than_its_rights(row, AccessLevel(form.access_level)):
        await hold(work, row["_id"], by=BY_RIGHTS, reason=None)


async def find_to_destroy(database: AsyncDatabase[Document], limit: int) -> list[Document]:
    return await database[DOCUMENTS].find({"to_destroy": {"$exists": True}}).to_list(limit)


async def forget_destroyed(work: Work, document: str) -> None:
    change = {"$unset": {"to_destroy": ""}, "$set": {"destroyed_at": datetime.now(UTC)}}
    work.write(DOCUMENTS, UpdateOne({"_id": document}, change))


def _is_wider_than_its_rights(row: Document, level: AccessLevel) -> bool:
    return row["rights"] is not None and wider(level, AccessLevel(row["rights"]["granted"]))


async def _announce_rejection(work: Work, row: Document) -> None:
    after = await work.advance(DOCUMENTS, {"_id": row["_id"]}, {"$set": {"state": DocumentState.REJECTED}})
    rejected = DocumentRejected(
        document=row["_id"],
        library=row["library"],
        reason=STATE_SECRET,
        detail=STATE_SECRET,
        submitted_by=row["submitted_by"],
    )
    work.announce(rejected, version=(after or row)["version"])


async def _keys_of_its_own(work: Work, row: Document) -> list[str]:
    """The originals of no other document; others made of the same pages are sealed for a person to judge."""
    package = row.get("package") or {}
    files = [*row.get("files", ()), *package.get("companions", ())]
    keys = []
    for key in dict.fromkeys(file["original"]["key"] for file in files):
        sealed = await _sharing(work, row, "files.original.key", key)
        for other in sealed:
            await suspect(work, other)
        # The ALTO of an empty page is the same in many packages: it is no secret, and they need it.
        if not (sealed or await _sharing(work, row, "package.companions.original.key", key)):
            keys.append(key)
    return keys


async def _other_scans(work: Work, row: Document) -> list[str]:
    """Documents kept of which this is a new scan, or which are new scans of it."""
    query = {"_id": {"$in": [row.get("replaces"), row.get("replaced_by")]}, "state": DocumentState.ACCEPTED}
    return [other["_id"] for other in await work.find(DOCUMENTS, query, projection=["_id"])]


async def _sharing(work: Work, row: Document, place: str, key: str) -> list[str]:
    """Other documents that are kept and hold the same bytes there."""
    others = {place: key, "state": DocumentState.ACCEPTED, "_id": {"$ne": row["_id"]}}
    return [other["_id"] for other in await work.find(DOCUMENTS, others, projection=["_id"])]

"""Documents in MongoDB: one row each, the event that announces it in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pymongo import UpdateOne
from pymongo.asynchronous.database import AsyncDatabase

from services.ingest.deposits import store as deposits
from services.ingest.documents.document import DocumentState, PackageFacts, StepName, Submission
from services.ingest.rescans.rescan import in_place_of, ties_of
from services.ingest.rights.rights import RightsAssessment, assess
from shared.bus.work import Work
from shared.events.documents import DocumentHoldsChanged, DocumentRejected, DocumentScanned, DocumentVerdictChanged
from shared.events.vocabulary import AccessLevel, ScannedFile, Verdict, narrowest
from shared.store.mongo import Document
from shared.telemetry.tracing import correlation_of, current_traceparent

DOCUMENTS = "documents"
OF_SCAN = {"lane", "metadata", "files", "pages", "verdict", "deposit", "replaces"}
MOST_BATCHES = 100
"""That one document is kept to have come with."""


@dataclass(frozen=True)
class Position:
    """Where a page of a list ended: its last row's time and id."""

    received_at: datetime
    document: str


async def ensure_indexes(database: AsyncDatabase[Document]) -> None:
    await database[DOCUMENTS].create_index([("library", 1), ("received_at", -1), ("_id", -1)])
    await database[DOCUMENTS].create_index([("state", 1), ("verdict", 1), ("scan_failed_at", 1), ("received_at", 1)])
    await database[DOCUMENTS].create_index("batches.batch", sparse=True)
    await database[DOCUMENTS].create_index("deposit", sparse=True)
    await database[DOCUMENTS].create_index("places", sparse=True)


async def find(database: AsyncDatabase[Document], document: str) -> Document | None:
    return await database[DOCUMENTS].find_one({"_id": document})


async def is_kept(database: AsyncDatabase[Document], document: str) -> bool:
    return await database[DOCUMENTS].find_one({"_id": document, "state": DocumentState.ACCEPTED}) is not None


async def list_of_library(
    database: AsyncDatabase[Document], library: str, after: Position | None, limit: int
) -> list[Document]:
    """Newest first."""
    query: dict[str, Any] = {"library": library}
    if after:
        earlier = {"received_at": {"$lt": after.received_at}}
        query["$or"] = [earlier, {"received_at": after.received_at, "_id": {"$lt": after.document}}]
    return await database[DOCUMENTS].find(query).sort([("received_at", -1), ("_id", -1)]).to_list(limit)


async def find_unscanned(database: AsyncDatabase[Document], limit: int) -> list[Document]:
    """Accepted documents that still wait for their malware scan: those never tried first, oldest first."""
    query = {"state": DocumentState.ACCEPTED, "verdict": Verdict.UNSCANNED}
    order = [("scan_failed_at", 1), ("received_at", 1)]
    return await database[DOCUMENTS].find(query).sort(order).to_list(limit)


async def put_scan_off(database: AsyncDatabase[Document], document: str) -> None:
    """The scan failed: others come first."""
    await database[DOCUMENTS].update_one({"_id": document}, {"$set": {"scan_failed_at": datetime.now(UTC)}})


async def find_accepted(
    database: AsyncDatabase[Document], after: str, limit: int, *, unscanned_only: bool
) -> list[Document]:
    """Accepted documents in the order of their ids, those after one."""
    query: dict[str, Any] = {"_id": {"$gt": after}, "state": DocumentState.ACCEPTED}
    if unscanned_only:
        query["verdict"] = Verdict.UNSCANNED
    return await database[DOCUMENTS].find(query).sort("_id", 1).to_list(limit)


async def find_held_otherwise(
    database: AsyncDatabase[Document], deposit: str, reason: str | None, limit: int
) -> list[str]:
    """Documents of a deposit that are held for another reason than this one."""
    query = {"deposit": deposit, "holds.deposit": {"$ne": reason}}
    rows = await database[DOCUMENTS].find(query, {"_id": 1}).to_list(limit)
    return [row["_id"] for row in rows]


async def keep_place(database: AsyncDatabase[Document], document: str, place: str) -> None:
    """Keep where in the drop folder a copy of the document's files lies."""
    await database[DOCUMENTS].update_one({"_id": document}, {"$addToSet": {"places": place}})


async def find_places_to_clear(database: AsyncDatabase[Document], limit: int) -> list[Document]:
    """Documents that are not kept any more, with places where copies of their files lie."""
    query = {"places": {"$exists": True}, "state": DocumentState.REJECTED}
    return await database[DOCUMENTS].find(query, ["places"]).to_list(limit)


async def forget_place(database: AsyncDatabase[Document], document: str, place: str) -> None:
    await database[DOCUMENTS].update_one({"_id": document}, {"$pull": {"places": place}})
    await database[DOCUMENTS].update_one({"_id": document, "places": []}, {"$unset": {"places": ""}})


async def accept(
    work: Work,
    submission: Submission,
    files: Sequence[ScannedFile],
    verdict: Verdict,
    package: PackageFacts | None = None,
) -> bool:
    """Keep the document and announce it; False when it is there already."""
    if await _is_accepted(work, submission.document):
        await keep_batch(work, submission)
        return False
    now = datetime.now(UTC)
    replaced = await _replaced(work, submission)
    submission = in_place_of(submission, replaced) if replaced else submission
    rights = assess(
        submission.rights,
        submission.metadata,
        asked=AccessLevel(submission.metadata.access_level),
        by=submission.submitted_by,
        at=now,
    )
    deposit = await deposits.join(work, submission.deposit) if submission.deposit else None
    level = narrowest(rights.granted, AccessLevel(deposit["access_level"])) if deposit else rights.granted
    decided = {"access_level": level, "rights_statement": rights.statement}
    scanned = DocumentScanned(
        document=submission.document,
        library=submission.library,
        metadata=submission.metadata.model_copy(update=decided),
        files=tuple(files),
        pages=sum(file.pages for file in files),
        verdict=verdict,
        lane=submission.lane,
        submitted_by=submission.submitted_by,
        batch=submission.batch,
        deposit=submission.deposit,
        replaces=submission.replaces,
    )
    state = {**_arrival(submission, now), **_accepted(submission, scanned, rights, package, now)}
    work.announce(scanned, version=await _advance(work, submission.document, state))
    await keep_batch(work, submission)
    if replaced:
        newest = {"$set": {"replaced_by": submission.document}}
        work.write(DOCUMENTS, UpdateOne({"_id": submission.replaces}, newest))
    await hold(work, submission.document, by="deposit", reason=deposits.hold_of(deposit) if deposit else None)
    return True


async def keep_batch(work: Work, submission: Submission) -> None:
    """Keep that the document came with a batch, perhaps with others before; a new scan with those of the old one."""
    for tie in ties_of(submission, await _replaced(work, submission)):
        room = {"_id": submission.document, f"batches.{MOST_BATCHES - 1}": {"$exists": False}}
        work.write(DOCUMENTS, UpdateOne(room, {"$addToSet": {"batches": tie}}))


async def hold(work: Work, document: str, *, by: str, reason: str | None) -> None:
    """Keep one reason not to publish a document, or none any more; announced where it changes what holds it.

    by: whose reason it is, each has one at a time.
    """
    place = f"holds.{by}"
    change = {"$set": {place: reason}} if reason else {"$unset": {place: ""}}
    row = await work.advance(DOCUMENTS, {"_id": document, place: {"$ne": reason}}, change)
    if row:
        event = DocumentHoldsChanged(
            document=document, library=row["library"], holds=tuple(sorted(row["holds"].values()))
        )
        work.announce(event, version=row["version"])


async def reject(work: Work, submission: Submission, rejection: Mapping[str, str | None], verdict: Verdict) -> None:
    """Keep why the document was refused, and announce that; nothing where it was accepted meanwhile."""
    if await _is_accepted(work, submission.document):
        return
    state = {
        **_arrival(submission, datetime.now(UTC)),
        "state": DocumentState.REJECTED,
        "verdict": verdict,
        "rejection": dict(rejection),
    }
    version = await _advance(work, submission.document, state)
    await keep_batch(work, submission)
    event = DocumentRejected(
        document=submission.document,
        library=submission.library,
        reason=str(rejection["reason"]),
        detail=str(rejection["detail"])[:1000],
        file=rejection["file"],
        submitted_by=submission.submitted_by,
    )
    work.announce(event, version=version)


async def change_verdict(work: Work, document: str, verdict: Verdict) -> None:
    """Keep and announce another verdict on a document; nothing when it is the same."""
    step = {"at": datetime.now(UTC), "verdict": verdict}
    change = {"$set": {"verdict": verdict, f"steps.{StepName.SCANNED}": step}}
    row = await work.advance(DOCUMENTS, {"_id": document, "verdict": {"$ne": verdict}}, change)
    if row:
        event = DocumentVerdictChanged(document=document, library=row["library"], verdict=verdict)
        work.announce(event, version=row["version"])


def keep_step(work: Work, document: str, step: StepName, version: int, facts: Mapping[str, Any]) -> None:
    """Keep a step that another service took, unless a later one of its kind is kept already."""
    place = f"steps.{step}"
    unless_newer = {"_id": document, f"{place}.version": {"$not": {"$gte": version}}}
    work.write(DOCUMENTS, UpdateOne(unless_newer, {"$set": {place: {"version": version, **facts}}}))


def _arrival(submission: Submission, now: datetime) -> dict[str, Any]:
    return {
        "library": submission.library,
        "submitted_by": submission.submitted_by,
        "received_at": now,
        "correlation_id": correlation_of(current_traceparent()),
        f"steps.{StepName.RECEIVED}": {"at": now, "by": submission.submitted_by},
    }


def _accepted(
    submission: Submission,
    scanned: DocumentScanned,
    rights: RightsAssessment,
    package: PackageFacts | None,
    now: datetime,
) -> dict[str, Any]:
    """The row of an accepted document, beside its arrival."""
    facts = scanned.model_dump(mode="json", include=OF_SCAN)
    return {
        **facts,
        "state": DocumentState.ACCEPTED,
        "rejection": None,
        "rights": rights.model_dump(mode="json"),
        "rights_facts": submission.rights.model_dump(mode="json") if submission.rights else None,
        "package": package.model_dump(mode="json") if package else None,
        f"steps.{StepName.SCANNED}": {
            "at": now if scanned.verdict != Verdict.UNSCANNED else None,
            "verdict": scanned.verdict,
        },
    }


async def _replaced(work: Work, submission: Submission) -> Document | None:
    """The row of the document that a submission is a new scan of."""
    if submission.replaces is None:
        return None
    return await work.find_one(DOCUMENTS, {"_id": submission.replaces, "state": DocumentState.ACCEPTED})


async def _is_accepted(work: Work, document: str) -> bool:
    return await work.find_one(DOCUMENTS, {"_id": document, "state": DocumentState.ACCEPTED}) is not None


async def _advance(work: Work, document: str, state: Mapping[str, Any]) -> int:
    row = await work.advance(DOCUMENTS, {"_id": document}, {"$set": state}, create=True)
    if row is None:
        raise LookupError(document)
    return int(row["version"])

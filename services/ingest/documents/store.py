"""Documents in MongoDB: one row each, the event that announces it in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pymongo import UpdateOne
from pymongo.asynchronous.database import AsyncDatabase

from services.ingest.deposits import store as deposits
from services.ingest.deposits.deposit import narrower
from services.ingest.documents.document import DocumentState, PackageFacts, StepName, Submission
from shared.bus.work import Work
from shared.events.documents import DocumentHoldsChanged, DocumentRejected, DocumentScanned, DocumentVerdictChanged
from shared.events.vocabulary import ScannedFile, Verdict
from shared.store.mongo import Document
from shared.telemetry.tracing import correlation_of, current_traceparent

DOCUMENTS = "documents"


@dataclass(frozen=True)
class Position:
    """Where a page of a list ended: its last row's time and id."""

    received_at: datetime
    document: str


async def ensure_indexes(database: AsyncDatabase[Document]) -> None:
    await database[DOCUMENTS].create_index([("library", 1), ("received_at", -1), ("_id", -1)])
    await database[DOCUMENTS].create_index([("state", 1), ("verdict", 1), ("received_at", 1)])
    await database[DOCUMENTS].create_index("batches.batch", sparse=True)
    await database[DOCUMENTS].create_index("deposit", sparse=True)


async def find(database: AsyncDatabase[Document], document: str) -> Document | None:
    return await database[DOCUMENTS].find_one({"_id": document})


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
    """Accepted documents that still wait for their malware scan, oldest first."""
    query = {"state": DocumentState.ACCEPTED, "verdict": Verdict.UNSCANNED}
    return await database[DOCUMENTS].find(query).sort("received_at", 1).to_list(limit)


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
    metadata, reason = submission.metadata, None
    if submission.deposit:
        deposit = await deposits.join(work, submission.deposit)
        reason = deposits.hold_of(deposit)
        metadata = metadata.model_copy(
            update={"access_level": narrower(metadata.access_level, deposit["access_level"])}
        )
    pages = sum(file.pages for file in files)
    now = datetime.now(UTC)
    state = {
        **_arrival(submission, now),
        "state": DocumentState.ACCEPTED,
        "lane": submission.lane,
        "metadata": metadata.model_dump(mode="json"),
        "files": [file.model_dump(mode="json") for file in files],
        "pages": pages,
        "verdict": verdict,
        "rejection": None,
        "deposit": submission.deposit,
        "package": package.model_dump(mode="json") if package else None,
        f"steps.{StepName.SCANNED}": {"at": now if verdict != Verdict.UNSCANNED else None, "verdict": verdict},
    }
    version = await _advance(work, submission.document, state)
    event = DocumentScanned(
        document=submission.document,
        library=submission.library,
        metadata=metadata,
        files=tuple(files),
        pages=pages,
        verdict=verdict,
        lane=submission.lane,
        submitted_by=submission.submitted_by,
        batch=submission.batch,
        deposit=submission.deposit,
    )
    work.announce(event, version=version)
    await keep_batch(work, submission)
    await hold(work, submission.document, by="deposit", reason=reason)
    return True


async def keep_batch(work: Work, submission: Submission) -> None:
    """Keep that the document came with a batch, perhaps with another one before."""
    if submission.batch:
        tie = {"batch": submission.batch, "item": submission.item}
        work.write(DOCUMENTS, UpdateOne({"_id": submission.document}, {"$addToSet": {"batches": tie}}))


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


async def _is_accepted(work: Work, document: str) -> bool:
    return await work.find_one(DOCUMENTS, {"_id": document, "state": DocumentState.ACCEPTED}) is not None


async def _advance(work: Work, document: str, state: Mapping[str, Any]) -> int:
    row = await work.advance(DOCUMENTS, {"_id": document}, {"$set": state}, create=True)
    if row is None:
        raise LookupError(document)
    return int(row["version"])

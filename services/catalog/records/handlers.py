"""What becomes of a record when something happens to its document."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from services.catalog.records.record import Action, CatalogRecord, record_of
from services.catalog.records.store import change_record, find_made_from, find_record
from services.catalog.registry.library import Library
from services.catalog.registry.store import find_library
from shared.bus.messages import WaitsFor
from shared.bus.work import Work
from shared.events import Event
from shared.events.documents import (
    DocumentRearranged,
    DocumentRecognised,
    DocumentTextCorrected,
    DocumentVerdictChanged,
)
from shared.events.records import WorkflowState
from shared.events.vocabulary import Verdict

VERDICTS = "verdicts"
OF_TEXT = {"pages", "failed_pages", "text", "manifest", "confidence", "trust", "pdf", "draft"}
REARRANGED_NOTE = "Tài liệu đã được tách hoặc ghép thành. The document was split or merged into:"
FROM_SAFE_TO_INFECTED = (Verdict.CLEAR, Verdict.UNSCANNED, Verdict.TOO_LARGE, Verdict.INFECTED)
INFECTED_NOTE = "Tệp gốc bị phát hiện có mã độc. Malware was found in the original file."


async def draft_record(event: Event[DocumentRecognised], work: Work) -> None:
    """Make the draft of a document that was read; a later reading of it renews pages and text."""
    library = await _library(work, event.data.library)
    record = record_of(event.data.document)
    before = await find_record(work, record)
    if before is None:
        await change_record(work, record, library.title, await _draft(event, work), action=Action.DRAFT)
    elif before.recognition < event.aggregate_version:
        changes = _recognition(event)
        await change_record(work, record, library.title, changes, action=Action.RECOGNISE, before=before)


async def renew_text(event: Event[DocumentTextCorrected], work: Work) -> None:
    """Take over what persons corrected; the record stays where it stands."""
    data = event.data
    before = await find_record(work, record_of(data.document))
    if before is None:
        raise WaitsFor(f"record of {data.document}")
    if before.recognition >= event.aggregate_version:
        return
    library = await _library(work, before.library)
    corrected = {correction.number for correction in data.corrections}
    changes = data.model_dump(mode="json", include={"text", "manifest", "confidence", "trust", "pdf"})
    changes |= {
        "failed_pages": [page for page in before.failed_pages if page not in corrected],
        "recognition": event.aggregate_version,
    }
    note = "; ".join(f"{correction.number}: {correction.by}" for correction in data.corrections)[:1000]
    await change_record(work, before.id, library.title, changes, action=Action.CORRECT, before=before, note=note)


async def change_verdict(event: Event[DocumentVerdictChanged], work: Work) -> None:
    """Remember the verdict, which may come before the draft; an infected document does not stay published."""
    data = event.data
    known = await work.find_one(VERDICTS, {"_id": data.document})
    if known and known["version"] >= event.aggregate_version:
        return
    work.keep_newest(VERDICTS, data.document, event.aggregate_version, {"verdict": data.verdict})
    record = await find_record(work, record_of(data.document))
    for concerned in [*([record] if record else []), *await find_made_from(work, data.document)]:
        verdict = await _verdict_of(concerned.origins or (data.document,), Verdict(concerned.verdict), work)
        if concerned.verdict != verdict:
            await _apply_verdict(concerned, verdict, work)


async def _verdict_of(documents: Sequence[str], otherwise: Verdict, work: Work) -> Verdict:
    """The worst verdict on the documents; `otherwise` for those of which none has come."""
    rows = await work.find(VERDICTS, {"_id": {"$in": list(documents)}})
    known = {row["_id"]: Verdict(row["verdict"]) for row in rows}
    return max((known.get(document, otherwise) for document in documents), key=FROM_SAFE_TO_INFECTED.index)


async def withdraw_rearranged(event: Event[DocumentRearranged], work: Work) -> None:
    """The pages stand in other documents now: those get records of their own, and this one's is done with."""
    data = event.data
    record = await find_record(work, record_of(data.document))
    if record is None or record.rearranged_into:
        return
    library = await _library(work, record.library)
    changes = {"state": WorkflowState.WITHDRAWN, "rearranged_into": list(data.into)}
    action = Action.WITHDRAW if record.published else Action.REARRANGE
    note = f"{REARRANGED_NOTE} {', '.join(data.into)}"[:1000]
    await change_record(work, record.id, library.title, changes, action=action, before=record, note=note)


async def _apply_verdict(record: CatalogRecord, verdict: Verdict, work: Work) -> None:
    library = await _library(work, record.library)
    changes: dict[str, Any] = {"verdict": verdict}
    action, note = Action.SCAN, None
    if record.published and verdict == Verdict.INFECTED:
        changes |= {"state": WorkflowState.WITHDRAWN}
        action, note = Action.WITHDRAW, INFECTED_NOTE
    await change_record(work, record.id, library.title, changes, action=action, before=record, note=note)


async def _library(work: Work, library: str) -> Library:
    found = await find_library(work, library)
    if found is None:
        raise WaitsFor(f"library {library}")
    return found


async def _draft(event: Event[DocumentRecognised], work: Work) -> dict[str, Any]:
    data = event.data
    return _recognition(event) | {
        "library": data.library,
        "document": data.document,
        "state": WorkflowState.DRAFT,
        "metadata": data.metadata.model_dump(mode="json"),
        "verdict": await _verdict_of(data.origins or (data.document,), Verdict(data.verdict), work),
        "origins": list(data.origins),
        "submitted_by": data.submitted_by,
        "drafted_at": datetime.now(UTC),
        "correlation_id": event.correlation_id,
    }


def _recognition(event: Event[DocumentRecognised]) -> dict[str, Any]:
    return event.data.model_dump(mode="json", include=OF_TEXT) | {"recognition": event.aggregate_version}

"""What becomes of a record when something happens to its document."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from services.catalog.records.record import Action, CatalogRecord, record_of
from services.catalog.records.store import change_record, find_made_from, find_record
from services.catalog.records.workflow import FROM_OPEN_TO_CLOSED
from services.catalog.registry.library import Library
from services.catalog.registry.store import find_library
from shared.bus.messages import WaitsFor
from shared.bus.work import Work
from shared.events import Event
from shared.events.concerns import Judgement, hold_for
from shared.events.documents import (
    DocumentContentJudged,
    DocumentHoldsChanged,
    DocumentRearranged,
    DocumentRecognised,
    DocumentTextCorrected,
    DocumentVerdictChanged,
)
from shared.events.records import WorkflowState
from shared.events.vocabulary import AccessLevel, Verdict

VERDICTS = "verdicts"
HOLDS = "holds"
OF_TEXT = {"pages", "failed_pages", "text", "manifest", "confidence", "trust", "pdf", "draft"}
REARRANGED_NOTE = "Tài liệu đã được tách hoặc ghép thành. The document was split or merged into:"
FROM_SAFE_TO_INFECTED = (Verdict.CLEAR, Verdict.UNSCANNED, Verdict.TOO_LARGE, Verdict.INFECTED)
HELD_NOTE = "Tài liệu bị giữ lại. The document is held back:"
SECRET_NOTE = "Bí mật nhà nước: đã huỷ mọi bản lưu. A state secret: every copy was destroyed."  # noqa: S105 (no password)
REMOVED_TITLE = "(đã huỷ)"
INFECTED_NOTE = "Tệp gốc bị phát hiện có mã độc. Malware was found in the original file."

EMPTIED: Mapping[str, Any] = {
    "state": WorkflowState.WITHDRAWN,
    "metadata": {"title": REMOVED_TITLE, "access_level": AccessLevel.CLOSED},
    **dict.fromkeys(("text", "manifest", "pdf", "draft")),
}


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


async def change_holds(event: Event[DocumentHoldsChanged], work: Work) -> None:
    """Remember what holds the document, which may come before the draft; a held record does not stay published."""
    data = event.data
    known = await work.find_one(HOLDS, {"_id": data.document})
    if known and known["version"] >= event.aggregate_version:
        return
    work.keep_newest(HOLDS, data.document, event.aggregate_version, {"holds": list(data.holds)})
    record = await find_record(work, record_of(data.document))
    for concerned in [*([record] if record else []), *await find_made_from(work, data.document)]:
        holds = await _holds_of(concerned.origins or (data.document,), concerned.holds, work)
        if set(concerned.holds) != set(holds):
            await _apply_holds(concerned, holds, work)


async def apply_judgement(event: Event[DocumentContentJudged], work: Work) -> None:
    """Narrow the access of what was found restricted; of a state secret leave nothing but that there was one."""
    data = event.data
    record = await find_record(work, record_of(data.document))
    if data.judgement == Judgement.HARMLESS:
        return
    if record is None:
        raise WaitsFor(f"record of {data.document}")
    for concerned in (record, *await find_made_from(work, data.document)):
        await _judge(concerned, data, work)


async def _judge(record: CatalogRecord, data: DocumentContentJudged, work: Work) -> None:
    library = await _library(work, record.library)
    if data.judgement == Judgement.STATE_SECRET:
        action = Action.WITHDRAW if record.published else Action.JUDGE
        await change_record(work, record.id, library.title, EMPTIED, action=action, before=record, note=SECRET_NOTE)
    elif data.access_level:
        level = max(data.access_level, record.metadata.access_level, key=FROM_OPEN_TO_CLOSED.index)
        changes = {"metadata.access_level": level}
        note = f"{data.by}: {data.reason}"[:1000]
        await change_record(work, record.id, library.title, changes, action=Action.JUDGE, before=record, note=note)


async def _holds_of(documents: Sequence[str], otherwise: Sequence[str], work: Work) -> list[str]:
    """All that holds the documents; `otherwise` where nothing has come of one of them."""
    rows = await work.find(HOLDS, {"_id": {"$in": list(documents)}})
    known = {row["_id"]: row["holds"] for row in rows}
    return list(dict.fromkeys(hold for document in documents for hold in known.get(document, otherwise)))


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


async def _apply_holds(record: CatalogRecord, holds: list[str], work: Work) -> None:
    library = await _library(work, record.library)
    changes: dict[str, Any] = {"holds": holds}
    withdrawn = record.published and bool(holds)
    if withdrawn:
        changes |= {"state": WorkflowState.WITHDRAWN}
    action = Action.WITHDRAW if withdrawn else Action.HOLD
    note = f"{HELD_NOTE} {', '.join(holds)}"[:1000] if holds else None
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
    handed_in, hold = data.origins or (data.document,), hold_for(data.concerns)
    return _recognition(event) | {
        "library": data.library,
        "document": data.document,
        "state": WorkflowState.DRAFT,
        "metadata": data.metadata.model_dump(mode="json"),
        "verdict": await _verdict_of(handed_in, Verdict(data.verdict), work),
        "holds": await _holds_of(handed_in, [hold] if hold else [], work),
        "origins": list(data.origins),
        "submitted_by": data.submitted_by,
        "drafted_at": datetime.now(UTC),
        "correlation_id": event.correlation_id,
    }


def _recognition(event: Event[DocumentRecognised]) -> dict[str, Any]:
    return event.data.model_dump(mode="json", include=OF_TEXT) | {"recognition": event.aggregate_version}

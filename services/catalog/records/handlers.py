"""What becomes of a record when something happens to its document."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from services.catalog.records.record import Action, CatalogRecord, record_of
from services.catalog.records.store import change_record, find_made_from, find_record
from services.catalog.registry.library import Library
from services.catalog.registry.store import find_library
from shared.bus.messages import WaitsFor
from shared.bus.work import Work
from shared.events import Event
from shared.events.concerns import CONTENT_UNDECIDED, SECRET_SUSPECTED, Concern, Judgement, hold_for
from shared.events.documents import (
    DocumentContentJudged,
    DocumentHoldsChanged,
    DocumentRearranged,
    DocumentRecognised,
    DocumentRestored,
    DocumentSuperseded,
    DocumentTextCorrected,
    DocumentVerdictChanged,
)
from shared.events.records import WorkflowState
from shared.events.vocabulary import AccessLevel, Verdict, narrowest, worst

VERDICTS = "verdicts"
HOLDS = "holds"
JUDGEMENTS = "judgements"
OF_CONTENT = {CONTENT_UNDECIDED, SECRET_SUSPECTED}
OF_TEXT = {"pages", "failed_pages", "text", "manifest", "confidence", "trust", "pdf", "draft"}
REARRANGED_NOTE = "Tài liệu đã được tách hoặc ghép thành. The document was split or merged into:"
SUPERSEDED_NOTE = "Đã được thay bằng bản quét mới. Superseded by a new scan:"
RESTORED_NOTE = "Việc ghép đã được huỷ bỏ. The merge was undone."
HANDED_DOWN_NOTE = "Mô tả lấy từ bản quét cũ. A new scan, described as the one before:"
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
    judgements = await _judgements_of(event.data.origins or (event.data.document,), work)
    if is_destroyed(judgements) or (before and before.recognition >= event.aggregate_version):
        return
    if before is None:
        changes = await _draft(event, judgements, work)
        await change_record(work, record, library.title, changes, action=Action.DRAFT)
        return
    holds = await _holds_of(before.handed_in, work, _undecided(event.data.concerns, judgements))
    withdrawn, changes, note = _held(before, holds)
    action = Action.WITHDRAW if withdrawn else Action.RECOGNISE
    changes |= _recognition(event)
    await change_record(work, record, library.title, changes, action=action, before=before, note=note)


async def renew_text(event: Event[DocumentTextCorrected], work: Work) -> None:
    """Take over what persons corrected; the record stays where it stands, unless a concern shows only now."""
    data = event.data
    before = await find_record(work, record_of(data.document))
    judgements = await _judgements_of(before.handed_in if before else (data.document,), work)
    if is_destroyed(judgements):
        return
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
    holds = await _holds_of(before.handed_in, work, _undecided(data.concerns, judgements))
    withdrawn, held, why = _held(before, holds)
    action = Action.WITHDRAW if withdrawn else Action.CORRECT
    note = why or "; ".join(f"{correction.number}: {correction.by}" for correction in data.corrections)[:1000]
    await change_record(work, before.id, library.title, changes | held, action=action, before=before, note=note)


async def change_verdict(event: Event[DocumentVerdictChanged], work: Work) -> None:
    """Remember the verdict, which may come before the draft; an infected document does not stay published."""
    data = event.data
    known = await work.find_one(VERDICTS, {"_id": data.document})
    if known and known["version"] >= event.aggregate_version:
        return
    work.keep_newest(VERDICTS, data.document, event.aggregate_version, {"verdict": data.verdict})
    record = await find_record(work, record_of(data.document))
    for concerned in [*([record] if record else []), *await find_made_from(work, data.document)]:
        verdict = await _verdict_of(concerned.handed_in, Verdict(concerned.verdict), work)
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
        holds = await _holds_on(concerned, work)
        if set(concerned.holds) != set(holds):
            await _apply_holds(concerned, holds, work)


async def apply_judgement(event: Event[DocumentContentJudged], work: Work) -> None:
    """Remember the judgement, which may come before the draft. Narrow the access of what was found restricted; of a
    state secret leave nothing but that there was one.
    """
    data = event.data
    known = await work.find_one(JUDGEMENTS, {"_id": data.document})
    if known and known["version"] >= event.aggregate_version:
        return
    state = {"judgement": data.judgement, "access_level": data.access_level}
    work.keep_newest(JUDGEMENTS, data.document, event.aggregate_version, state)
    record = await find_record(work, record_of(data.document))
    for concerned in [*([record] if record else []), *await find_made_from(work, data.document)]:
        await _judge(concerned, data, work)


async def _judge(record: CatalogRecord, data: DocumentContentJudged, work: Work) -> None:
    library = await _library(work, record.library)
    if data.judgement == Judgement.STATE_SECRET:
        action = Action.WITHDRAW if record.published else Action.JUDGE
        await change_record(work, record.id, library.title, EMPTIED, action=action, before=record, note=SECRET_NOTE)
        return
    widest = _widest(await _judgements_of(record.handed_in, work))
    changes: dict[str, Any] = {"widest": widest}
    if widest:
        changes["metadata.access_level"] = narrowest(widest, AccessLevel(record.metadata.access_level))
    if record.origins:
        changes["holds"] = await _holds_on(record, work)
    note = f"{data.by}: {data.reason}"[:1000]
    await change_record(work, record.id, library.title, changes, action=Action.JUDGE, before=record, note=note)


def is_destroyed(judgements: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether one of the documents was a state secret: nothing that is still on its way here may be kept."""
    return any(judged["judgement"] == Judgement.STATE_SECRET for judged in judgements.values())


async def _judgements_of(documents: Sequence[str], work: Work) -> dict[str, Mapping[str, Any]]:
    """The newest judgement on each of the documents that has one."""
    return {row["_id"]: row for row in await work.find(JUDGEMENTS, {"_id": {"$in": list(documents)}})}


def _widest(judgements: Mapping[str, Mapping[str, Any]]) -> AccessLevel | None:
    """The narrowest level that persons set; None where they set none."""
    levels = [AccessLevel(row["access_level"]) for row in judgements.values() if row["access_level"]]
    return narrowest(*levels) if levels else None


def _undecided(concerns: Sequence[Concern], judgements: Mapping[str, object]) -> list[str]:
    """Why the concerns hold the document back at once; what was judged before, ingest compares with the new ones."""
    hold = None if judgements else hold_for(concerns)
    return [hold] if hold else []


async def _holds_on(record: CatalogRecord, work: Work) -> list[str]:
    """All that holds a record: what is said of the documents handed in and, until a person has judged one of these,
    what was found in a document that was made of them, of which ingest does not know.
    """
    judged = await _judgements_of(record.handed_in, work)
    own = [hold for hold in record.holds if hold in OF_CONTENT] if record.origins and not judged else []
    return await _holds_of(record.handed_in, work, own)


async def _holds_of(documents: Sequence[str], work: Work, beside: Sequence[str] = ()) -> list[str]:
    """All that is known to hold the documents, and what holds them `beside` that."""
    rows = await work.find(HOLDS, {"_id": {"$in": list(documents)}}, sort=[("_id", 1)])
    return list(dict.fromkeys([hold for row in rows for hold in row["holds"]] + list(beside)))


async def _verdict_of(documents: Sequence[str], otherwise: Verdict, work: Work) -> Verdict:
    """The worst verdict on the documents; `otherwise` for those of which none has come."""
    rows = await work.find(VERDICTS, {"_id": {"$in": list(documents)}})
    known = {row["_id"]: Verdict(row["verdict"]) for row in rows}
    return worst(*(known.get(document, otherwise) for document in documents))


async def withdraw_rearranged(event: Event[DocumentRearranged], work: Work) -> None:
    """The pages stand in other documents now: those get records of their own, and this one's is done with."""
    data = event.data
    await _give_way(data.document, data.into, REARRANGED_NOTE, work)


async def restore_record(event: Event[DocumentRestored], work: Work) -> None:
    """The document stands for itself again, and its record where it stood, out of public sight until it is reviewed."""
    record = await find_record(work, record_of(event.data.document))
    if record is None or not record.rearranged_into:
        return
    library = await _library(work, record.library)
    changes: dict[str, Any] = {"rearranged_into": []}
    await change_record(
        work, record.id, library.title, changes, action=Action.REARRANGE, before=record, note=RESTORED_NOTE
    )


async def withdraw_superseded(event: Event[DocumentSuperseded], work: Work) -> None:
    """A new scan stands in the document's place: its record takes over what persons described, and no wider access."""
    data = event.data
    record = await find_record(work, record_of(data.document))
    if record is None or record.rearranged_into:
        return
    if not is_destroyed(await _judgements_of((data.successor,), work)):
        await _hand_down(record, data.successor, work)
    await _give_way(data.document, (data.successor,), SUPERSEDED_NOTE, work)


async def _hand_down(record: CatalogRecord, successor: str, work: Work) -> None:
    """Raises WaitsFor until the new scan has its record."""
    new = await find_record(work, record_of(successor))
    if new is None:
        raise WaitsFor(f"record of {successor}")
    described = new.state == WorkflowState.DRAFT and record.last(Action.REVIEW) is not None
    metadata = (record if described else new).metadata.model_dump(mode="json")
    levels = [AccessLevel(one.metadata.access_level) for one in (record, new)]
    metadata |= {"access_level": narrowest(*levels), "rights_statement": new.metadata.rights_statement}
    library = await _library(work, new.library)
    note = f"{HANDED_DOWN_NOTE} {record.document}"
    await change_record(
        work, new.id, library.title, {"metadata": metadata}, action=Action.REARRANGE, before=new, note=note
    )


async def _give_way(document: str, into: Sequence[str], note: str, work: Work) -> None:
    record = await find_record(work, record_of(document))
    if record is None or record.rearranged_into:
        return
    library = await _library(work, record.library)
    changes = {"state": WorkflowState.WITHDRAWN, "rearranged_into": list(into)}
    action = Action.WITHDRAW if record.published else Action.REARRANGE
    told = f"{note} {', '.join(into)}"[:1000]
    await change_record(work, record.id, library.title, changes, action=action, before=record, note=told)


async def _apply_holds(record: CatalogRecord, holds: list[str], work: Work) -> None:
    library = await _library(work, record.library)
    withdrawn, changes, note = _held(record, holds)
    action = Action.WITHDRAW if withdrawn else Action.HOLD
    await change_record(work, record.id, library.title, changes, action=action, before=record, note=note)


def _held(record: CatalogRecord, holds: list[str]) -> tuple[bool, dict[str, Any], str | None]:
    """Whether the holds withdraw the record, what they change in it, and why."""
    withdrawn = record.published and bool(holds)
    changes: dict[str, Any] = {"holds": holds} | ({"state": WorkflowState.WITHDRAWN} if withdrawn else {})
    return withdrawn, changes, f"{HELD_NOTE} {', '.join(holds)}"[:1000] if holds else None


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


async def _draft(
    event: Event[DocumentRecognised], judgements: Mapping[str, Mapping[str, Any]], work: Work
) -> dict[str, Any]:
    data = event.data
    handed_in = data.origins or (data.document,)
    asked, widest = AccessLevel(data.metadata.access_level), _widest(judgements)
    return _recognition(event) | {
        "library": data.library,
        "document": data.document,
        "state": WorkflowState.DRAFT,
        "metadata": data.metadata.model_dump(mode="json") | {"access_level": narrowest(asked, widest or asked)},
        "verdict": await _verdict_of(handed_in, Verdict(data.verdict), work),
        "holds": await _holds_of(handed_in, work, _undecided(data.concerns, judgements)),
        "widest": widest,
        "origins": list(data.origins),
        "submitted_by": data.submitted_by,
        "drafted_at": datetime.now(UTC),
        "correlation_id": event.correlation_id,
    }


def _recognition(event: Event[DocumentRecognised]) -> dict[str, Any]:
    return event.data.model_dump(mode="json", include=OF_TEXT) | {"recognition": event.aggregate_version}

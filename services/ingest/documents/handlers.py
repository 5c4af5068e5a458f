"""Steps that other services take, kept for whoever asks how far a document is."""

from __future__ import annotations

from services.ingest.content.store import keep_concerns
from services.ingest.documents.document import StepName
from services.ingest.documents.store import keep_step
from shared.bus.work import Work
from shared.events import Event
from shared.events.documents import DocumentRecognised, DocumentRecognitionFailed, DocumentTextCorrected
from shared.events.records import (
    RecordAppraised,
    RecordDrafted,
    RecordPublished,
    RecordReviewed,
    RecordWithdrawn,
)

RECORD_STEPS = {
    RecordDrafted: StepName.DRAFTED,
    RecordReviewed: StepName.REVIEWED,
    RecordAppraised: StepName.APPRAISED,
    RecordPublished: StepName.PUBLISHED,
    RecordWithdrawn: StepName.WITHDRAWN,
}
AnyRecordStep = RecordDrafted | RecordReviewed | RecordAppraised | RecordPublished | RecordWithdrawn


async def keep_recognition(event: Event[DocumentRecognised], work: Work) -> None:
    data = event.data
    facts = {
        "at": event.time,
        "pages_done": data.pages - len(data.failed_pages),
        "pages_failed": list(data.failed_pages),
    }
    keep_step(work, data.document, StepName.RECOGNISED, event.aggregate_version, facts)
    await keep_concerns(work, data.document, data.concerns)


async def keep_concerns_of_correction(event: Event[DocumentTextCorrected], work: Work) -> None:
    """What shows only in the corrected text holds the document too."""
    await keep_concerns(work, event.data.document, event.data.concerns)


async def keep_failed_recognition(event: Event[DocumentRecognitionFailed], work: Work) -> None:
    facts = {"at": event.time, "pages_done": 0, "failed": event.data.reason}
    keep_step(work, event.data.document, StepName.RECOGNISED, event.aggregate_version, facts)


async def keep_record_step(event: Event[AnyRecordStep], work: Work) -> None:
    facts = {"at": event.time, "by": event.data.by, "record": event.data.record}
    keep_step(work, event.data.document, RECORD_STEPS[type(event.data)], event.aggregate_version, facts)

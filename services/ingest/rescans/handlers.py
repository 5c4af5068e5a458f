"""Events in: scans are asked for again, are not any more, or have come."""

from __future__ import annotations

from services.ingest.rescans.rescan import RequestState
from services.ingest.rescans.store import keep_request
from shared.bus.work import Work
from shared.events import Event
from shared.events.documents import DocumentRescanRequested, DocumentRescanWithdrawn, DocumentSuperseded


async def keep_rescan(event: Event[DocumentRescanRequested], work: Work) -> None:
    request = event.data.model_dump(mode="json", include={"pages", "note", "by"})
    facts = {"state": RequestState.OPEN, "at": event.time, **request}
    keep_request(work, event.data.document, event.aggregate_version, facts)


async def keep_withdrawal(event: Event[DocumentRescanWithdrawn], work: Work) -> None:
    keep_request(work, event.data.document, event.aggregate_version, {"state": RequestState.WITHDRAWN})


async def keep_successor(event: Event[DocumentSuperseded], work: Work) -> None:
    facts = {"state": RequestState.DONE, "successor": event.data.successor}
    keep_request(work, event.data.document, event.aggregate_version, facts)

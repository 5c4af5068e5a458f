"""Events that somebody is to be told of."""

from __future__ import annotations

from collections.abc import Sequence

from services.notify.addresses.recipient import Recipient, RecipientType
from services.notify.notices.notice import Kind, draft, without_address
from services.notify.notices.store import put
from shared.bus.work import Work
from shared.events import Event
from shared.events.circulation import LoanMade, LoanOverdue
from shared.events.documents import DocumentRecognitionFailed, DocumentRejected
from shared.events.records import RecordPublished


async def tell_library_of_record(event: Event[RecordPublished], work: Work) -> None:
    data = event.data
    facts = {"title": data.metadata.title, "record": data.record, "document": data.document}
    put(work, draft(event, Kind.RECORD_PUBLISHED, _library(data.library), library=data.library, facts=facts))


async def tell_patron_of_loan(event: Event[LoanMade | LoanOverdue], known: bool, work: Work) -> None:  # noqa: FBT001 - the bus hands on what was prepared by position
    """`known`: whether the patron's card is here."""
    data = event.data
    patron = Recipient(type=RecipientType.PATRON, name=data.patron)
    facts = {"title": data.title, "item": data.item, "due": data.due.isoformat()}
    notice = draft(event, Kind(data.name), patron, library=data.library, facts=facts)
    put(work, notice if known else without_address(notice))


async def tell_of_document(
    event: Event[DocumentRejected | DocumentRecognitionFailed], work: Work, *, operators: Sequence[str]
) -> None:
    data = event.data
    facts = {
        "document": data.document,
        "reason": data.reason,
        "detail": data.detail,
        "file": data.file if isinstance(data, DocumentRejected) else None,
    }
    for recipient in (_library(data.library), *(Recipient(type=RecipientType.OPERATOR, name=o) for o in operators)):
        put(work, draft(event, Kind(data.name), recipient, library=data.library, facts=facts))


def _library(library: str) -> Recipient:
    return Recipient(type=RecipientType.LIBRARY, name=library)

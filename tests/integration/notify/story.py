"""Events as other services say them, and what notify makes of them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from services.notify.app import notices_consumer
from services.notify.settings import NotifySettings
from shared.bus.delivery import Delivery
from shared.bus.messages import HEADER_ID, HEADER_SOURCE, Message
from shared.events import CONTRACTS, Event, EventData, encode
from shared.events.circulation import LoanMade, LoanOverdue
from shared.events.documents import DocumentRejected
from shared.events.libraries import LibraryChanged, LibraryType
from shared.events.patrons import PatronChanged
from shared.events.records import PublicRecord, RecordPublished
from shared.events.vocabulary import DocumentMetadata
from shared.runtime import Runtime

PATRON = "p-" + "1" * 32
LIBRARY = "xa-tan-hoa"
TITLE = "Toán nâng cao lớp 8, tập hai"
OPERATOR = "truc@so-vhttdl.example"
CATALOG, DESK = "urn:lienthong:catalog", "https://somuon.example"
SETTINGS = NotifySettings(
    notify_operators=(OPERATOR,), notify_first_wait_seconds=0.01, notify_lease_seconds=600, notify_give_up_hours=72
)
_offsets = itertools.count()


def library(contact: str = "vhxh@tinh.example", version: int = 1) -> Event[EventData]:
    data = LibraryChanged(
        library=LIBRARY,
        title="Thư viện xã Tân Hòa",
        library_type=LibraryType.COMMUNE,
        contact=contact,
        own_system=False,
    )
    return Event(data, CATALOG, version)


def card(sealed: str, version: int = 1) -> Event[EventData]:
    return Event(PatronChanged(patron=PATRON, library=LIBRARY, sealed=sealed), CATALOG, version)


def loan(number: int = 1) -> Event[EventData]:
    data = LoanMade(
        library=LIBRARY, item=f"i-{number}", loan=f"l-{number}", patron=PATRON, due=date(2026, 5, 1), title=TITLE
    )
    return Event(data, DESK, 1, id=f"made-{number}")


def overdue() -> Event[EventData]:
    data = LoanOverdue(library=LIBRARY, item="i-1", loan="l-1", patron=PATRON, due=date(2026, 5, 1))
    return Event(data, DESK, 2)


def rejected() -> Event[EventData]:
    data = DocumentRejected(
        document="d-1", library=LIBRARY, reason="infected", detail="Có mã độc", file="a.pdf", submitted_by="x/y"
    )
    return Event(data, "urn:lienthong:ingest", 1)


def published() -> Event[EventData]:
    metadata = DocumentMetadata(title="Địa chí Tân Hòa")
    public = PublicRecord(
        id="r-1",
        version=4,
        library=LIBRARY,
        library_name="x",
        metadata=metadata,
        pages=1,
        text=None,
        published_at=datetime.now(UTC),
    )
    data = RecordPublished(
        record="r-1", library=LIBRARY, document="d-1", metadata=metadata, pages=1, by="x/y", public=public
    )
    return Event(data, CATALOG, 4)


def message(event: Event[EventData]) -> Message:
    return Message(event.data.topic, 0, next(_offsets), event.data.key(), encode(event))


def gone(topic: str, key: str) -> Message:
    return Message(topic, 0, next(_offsets), key, None, {HEADER_ID: f"gone-{next(_offsets)}", HEADER_SOURCE: CATALOG})


async def tell(runtime: Runtime, *events: Event[EventData] | Message, times: int = 1) -> Delivery:
    """Deliver these, each in a batch of its own, so many times."""
    delivery = Delivery(notices_consumer(runtime, SETTINGS), runtime.works, runtime.objects, runtime.settings)
    for event in events:
        for _ in range(times):
            await delivery.deliver([event if isinstance(event, Message) else message(event)])
    return delivery


async def rows(runtime: Runtime) -> Sequence[dict[str, Any]]:
    return await runtime.database["notices"].find().sort("_id").to_list()


async def the_row(runtime: Runtime) -> dict[str, Any]:
    (row,) = await rows(runtime)
    return row


async def announced(runtime: Runtime) -> list[tuple[str, int]]:
    """Name and version of what the outbox holds, in order."""
    sent = await runtime.database["outbox"].find().sort("at").to_list()
    events = [CONTRACTS.decode(row["body"]) for row in sent]
    return [(event.data.name, event.aggregate_version) for event in events]

import json
from importlib.resources import files

import pytest

from services.notify.addresses.recipient import Recipient, RecipientType
from services.notify.notices.notice import Kind, UnusableEventId, draft, notice_id
from shared.events import CONTRACTS, Event, EventData

PATRON = Recipient(type=RecipientType.PATRON, name="p-" + "0" * 32)
EXAMPLE = files("shared.events").joinpath("examples/loan.overdue/v1/with-title.json").read_bytes()


def overdue(**changed: str) -> Event[EventData]:
    return CONTRACTS.parse(json.loads(EXAMPLE) | changed)


def test_the_id_is_stable_and_differs_in_each_part() -> None:
    base = notice_id("s", "e", Kind.LOAN_MADE, PATRON)
    assert base == notice_id("s", "e", Kind.LOAN_MADE, PATRON)
    library = Recipient(type=RecipientType.LIBRARY, name=PATRON.name)
    others = [
        notice_id("s2", "e", Kind.LOAN_MADE, PATRON),
        notice_id("s", "e2", Kind.LOAN_MADE, PATRON),
        notice_id("s", "e", Kind.LOAN_OVERDUE, PATRON),
        notice_id("s", "e", Kind.LOAN_MADE, library),
    ]
    assert len({base, *others}) == 5


def test_parts_do_not_run_into_each_other() -> None:
    assert notice_id("a", "b|c", Kind.LOAN_MADE, PATRON) != notice_id("a|b", "c", Kind.LOAN_MADE, PATRON)


def test_a_draft_is_due_at_once_and_carries_the_trace() -> None:
    event = overdue()
    notice = draft(event, Kind.LOAN_OVERDUE, PATRON, library="thcs-le-quy-don", facts={"title": "Toán"})
    assert notice.due == notice.created_at == notice.waiting_since
    assert (notice.cause, notice.traceparent) == (event.id, event.traceparent)


@pytest.mark.parametrize("event_id", ["a b", "a/b", "x" * 201, "a\x00b"])
def test_an_event_id_that_our_own_events_cannot_repeat_is_refused(event_id: str) -> None:
    with pytest.raises(UnusableEventId):
        draft(overdue(id=event_id), Kind.LOAN_OVERDUE, PATRON, library="thcs-le-quy-don", facts={})

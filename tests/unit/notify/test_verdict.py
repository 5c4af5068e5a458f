from datetime import UTC, datetime, timedelta

import pytest

from services.notify.addresses.recipient import Recipient, RecipientType
from services.notify.notices.notice import Kind, Notice, State
from services.notify.sender.verdict import Patience, Verdict, given_up

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PATIENCE = Patience(timedelta(hours=72), 15)


def notice(waiting_since: datetime) -> Notice:
    return Notice(
        id="n-" + "0" * 24,
        kind=Kind.LOAN_MADE,
        channel="mail",
        recipient=Recipient(type=RecipientType.LIBRARY, name="x"),
        library="x",
        cause="c",
        traceparent="",
        created_at=NOW,
        waiting_since=waiting_since,
        due=NOW,
    )


@pytest.mark.parametrize(
    ("attempts", "longest"), [(0, 15), (1, 15), (2, 30), (3, 60), (8, 1920), (9, 3600), (10_000, 3600)]
)
def test_the_wait_doubles_up_to_an_hour_with_jitter_below(attempts: int, longest: float) -> None:
    waits = {PATIENCE.wait(attempts).total_seconds() for _ in range(50)}
    assert len(waits) > 1
    assert all(0.75 * longest <= wait <= longest for wait in waits)


def test_patience_counts_from_when_waiting_began() -> None:
    assert not PATIENCE.spent(notice(NOW), NOW + timedelta(hours=71, minutes=59))
    assert PATIENCE.spent(notice(NOW), NOW + timedelta(hours=72))
    assert not PATIENCE.spent(notice(NOW + timedelta(days=9)), NOW + timedelta(days=10))


def test_giving_up_fails_what_waits_and_leaves_a_missing_address_what_it_is() -> None:
    assert given_up(Verdict(State.WAITING, "r", again=True, in_doubt=True)) == Verdict(
        State.FAILED, "r", again=False, in_doubt=True
    )
    assert given_up(Verdict(State.NO_ADDRESS, "r", again=True)) == Verdict(State.NO_ADDRESS, "r", again=False)

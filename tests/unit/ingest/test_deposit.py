"""What a deposit's terms keep from being published."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.ingest.deposits.deposit import (
    Agreement,
    deposit_id,
    reason_to_hold,
)

TODAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("signed", "until", "reason"),
    [
        (False, None, "deposit-unsigned"),
        (False, date(2020, 1, 1), "deposit-unsigned"),
        (True, None, None),
        (True, TODAY, None),
        (True, date(2026, 3, 1), "deposit-ended"),
    ],
)
def test_what_holds(signed, until, reason):
    assert reason_to_hold(signed=signed, until=until, today=TODAY) == reason


@given(st.text(alphabet=st.characters(categories=["L", "Zs"]), min_size=1, max_size=30))
def test_words_are_never_a_donor(name):
    with pytest.raises(ValidationError):
        Agreement(number="HT-1", kind="gift", donor=name)


def test_one_number_of_one_library_is_one_deposit():
    assert deposit_id("a", "HT-1") == deposit_id("a", "HT-1")
    assert len({deposit_id("a", "HT-1"), deposit_id("a", "HT-2"), deposit_id("b", "HT-1")}) == 3

"""How what came compares with what was expected."""

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.batches.batch import Arrived, ExpectedItem, progress

NAMES = st.sampled_from(["a", "b", "c", "d"])
EXPECTED = st.lists(NAMES, unique=True, min_size=1).map(lambda names: [ExpectedItem(item=name) for name in names])
CAME = st.lists(
    st.builds(Arrived, item=NAMES, document=st.uuids().map(str), accepted=st.booleans(), read=st.booleans())
)


@given(EXPECTED, CAME)
def test_every_expected_item_is_arrived_refused_or_missing(expected, came):
    found = progress(expected, came)

    assert found.arrived + found.refused + len(found.missing) == found.expected
    assert found.published <= found.arrived
    assert found.read <= found.arrived
    assert not set(found.extra) & {one.item for one in expected}


@given(EXPECTED)
def test_a_batch_is_complete_when_each_item_came_once(expected):
    came = [Arrived(item=one.item, document=one.item, accepted=True) for one in expected]

    assert progress(expected, came).complete
    assert not progress(expected, came[1:]).complete
    assert not progress(expected, [*came, came[0]]).complete
    assert not progress(expected, [*came, Arrived(item="more", document="m", accepted=True)]).complete


def test_an_item_that_came_well_after_a_refusal_is_not_refused():
    expected = [ExpectedItem(item="a")]
    refused = Arrived(item="a", document="d-1", accepted=False, reason="empty")

    assert [one.reason for one in progress(expected, [refused]).refusals] == ["empty"]
    assert progress(expected, [refused, Arrived(item="a", document="d-2", accepted=True)]).complete

"""What may pass the door for library systems."""

from datetime import UTC, datetime

import pytest

from services.ingest.library_events.check import BadEvent, aggregate_of, check_batch, check_event, number
from services.ingest.registry.key_holder import KeyHolder

NOW = datetime(2026, 3, 9, 5, tzinfo=UTC)
HOLDER = KeyHolder(library="truong-thpt-le-loi", key="k1", may_say=frozenset({"loan.made", "record.published"}))


def loan(**changes):
    data = {
        "library": "truong-thpt-le-loi",
        "item": "LL-1",
        "loan": "m-1",
        "patron": "p-" + "0" * 32,
        "due": "2026-04-08",
        **changes.pop("data", {}),
    }
    return {
        "specversion": "1.0",
        "id": "e-1",
        "source": "https://thuvien.leloi.example",
        "type": "vn.lienthong.loan.made.v1",
        "subject": f"{data['library']}/{data['item']}",
        "time": "2026-03-09T09:00:00+07:00",
        "data": data,
        **changes,
    }


def check(attributes):
    return check_event(attributes, HOLDER, NOW, max_bytes=10_000)


def test_a_good_event_passes_with_its_senders_id_source_and_time():
    event = check(loan())

    assert (event.id, event.source, event.time) == (
        "e-1",
        "https://thuvien.leloi.example",
        datetime(2026, 3, 9, 2, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ([], "event-malformed"),
        ({}, "event-malformed"),
        (loan(id=7), "event-malformed"),
        (loan(id="a\nb"), "event-malformed"),
        (loan(id="x" * 201), "event-malformed"),
        (loan(specversion="0.3"), "event-malformed"),
        (loan(subject="someone/else"), "event-malformed"),
        (loan(time="2026-03-09T09:00:00"), "event-malformed"),
        (loan(time="yesterday"), "event-malformed"),
        (loan(time="2026-03-11T09:00:00Z"), "event-from-future"),
        (loan(data={"due": "soon"}), "event-malformed"),
        (loan(data={"patron": "Nguyễn Văn A"}), "event-malformed"),
        (loan(type="vn.lienthong.loan.made.v2"), "event-newer"),
        (loan(type="vn.lienthong.loan.broken.v1"), "event-unknown"),
        (loan(type="com.example.loan"), "event-unknown"),
        (loan(type="vn.lienthong.loan.returned.v1"), "may-not-say"),
        (loan(data={"library": "thu-vien-tinh"}), "not-your-library"),
        (loan(source="urn:lienthong:catalog"), "source-not-yours"),
    ],
)
def test_what_may_not_pass_is_told_why(attributes, reason):
    with pytest.raises(BadEvent) as refused:
        check(attributes)

    assert refused.value.reason == reason


def test_a_registry_that_allows_too_much_opens_no_other_topic():
    data = {
        "library": "truong-thpt-le-loi",
        "record": "r-1",
        "document": "d-1",
        "pages": 1,
        "by": "x",
        "metadata": {"title": "T"},
    }
    public = {"id": "r-1", "version": 1, "library": data["library"], "library_name": "L", "metadata": {"title": "T"}}
    public |= {"pages": 1, "text": None, "published_at": "2026-03-09T00:00:00Z"}
    event = loan(type="vn.lienthong.record.published.v1", subject="r-1") | {"data": {**data, "public": public}}

    with pytest.raises(BadEvent) as refused:
        check(event)

    assert refused.value.reason == "may-not-say"


def test_an_event_that_no_consumer_would_take_for_its_size_is_refused_at_the_door():
    with pytest.raises(BadEvent) as refused:
        check_event(loan(data={"title": "x" * 900}), HOLDER, NOW, max_bytes=900)

    assert refused.value.reason == "event-too-large"


@pytest.mark.parametrize("traceparent", [7, "nonsense", "", None])
def test_a_bad_trace_is_replaced_by_ours(traceparent):
    assert len(check(loan(traceparent=traceparent)).correlation_id) == 32


def test_a_good_trace_is_kept():
    trace = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"

    assert check(loan(traceparent=trace)).correlation_id == "a" * 32


def test_a_batch_tells_all_that_is_wrong_at_once():
    checked = check_batch([loan(), loan(id=""), loan(), []], HOLDER, NOW, max_bytes=10_000)

    assert sorted(checked.bad) == [1, 3]


def test_versions_count_on_per_aggregate_in_the_order_of_the_batch():
    events = [check(loan(id=str(n), data={"item": item})) for n, item in enumerate(["A", "B", "A", "A"])]
    last = {aggregate_of(events[0]): 9, aggregate_of(events[1]): 4}

    assert [event.aggregate_version for event in number(events, last)] == [7, 4, 8, 9]

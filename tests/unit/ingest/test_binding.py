"""CloudEvents over HTTP in its three modes."""

import pytest

from services.ingest.library_events.binding import BATCH, STRUCTURED, NotCloudEvents, Unreadable, read_batch

BINARY = {
    "content-type": "application/json",
    "ce-specversion": "1.0",
    "ce-id": "e-1",
    "ce-source": "https://koha.example",
    "ce-type": "vn.lienthong.visit.counted.v1",
    "ce-subject": "thu-vien-tinh",
    "ce-time": "2026-03-09T05:00:00Z",
}


def test_binary_mode_takes_attributes_from_headers():
    assert read_batch(BINARY, b'{"count": 3}') == [
        {
            "specversion": "1.0",
            "id": "e-1",
            "source": "https://koha.example",
            "type": "vn.lienthong.visit.counted.v1",
            "subject": "thu-vien-tinh",
            "time": "2026-03-09T05:00:00+00:00",
            "datacontenttype": "application/json",
            "data": {"count": 3},
        }
    ]


@pytest.mark.parametrize(
    ("content_type", "body", "events"),
    [
        (STRUCTURED, b'{"id": "1"}', [{"id": "1"}]),
        (STRUCTURED + "; charset=utf-8", b'{"id": "1"}', [{"id": "1"}]),
        (BATCH, b'[{"id": "1"}, {"id": "2"}]', [{"id": "1"}, {"id": "2"}]),
    ],
)
def test_structured_and_batch_mode_take_all_from_the_body(content_type, body, events):
    assert read_batch({"content-type": content_type}, body) == events


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"content-type": STRUCTURED}, b"{"),
        ({"content-type": STRUCTURED}, b'"\\ud800"'),
        ({"content-type": BATCH}, b"{}"),
        (BINARY | {"ce-time": "soon"}, b"{}"),
        (BINARY, b"[" * 200_000),
        (BINARY | {"ce-specversion": "9"}, b"{}"),
    ],
)
def test_a_body_that_is_not_what_it_says_is_unreadable(headers, body):
    with pytest.raises(Unreadable):
        read_batch(headers, body)


def test_anything_else_is_not_cloudevents():
    with pytest.raises(NotCloudEvents):
        read_batch({"content-type": "application/json"}, b"{}")

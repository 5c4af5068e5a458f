"""A line of the archive gives back what came, byte for byte."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.stats.archive.line import day_of_message, decode_line, encode_line, line_of
from services.stats.archive.store import pack, unpack
from shared.bus.messages import Message

NOW = datetime(2026, 3, 9, 18, 0, tzinfo=UTC)


@given(st.binary(max_size=300), st.text(max_size=20))
def test_a_line_gives_back_what_came(body, key):
    line = line_of(Message("circulation", 3, 17, key, body, {"ce_id": "x"}), NOW)
    encoded = encode_line(line)

    assert decode_line(encoded) == line
    assert encoded.count(b"\n") == 1


def test_frames_one_after_the_other_unpack_to_all_their_lines():
    first, second = [b"{}\n", b"[1]\n"], [b'"x"\n']

    assert unpack(pack(first) + pack(second)) == first + second


@pytest.mark.parametrize(
    ("body", "day"),
    [
        (b'{"time": "2025-12-31T20:00:00Z"}', "2026-01-01"),
        (b'{"time": "9999-12-31T23:59:59Z"}', "2026-03-10"),
        (b'{"time": [1]}', "2026-03-10"),
        (b"[1]", "2026-03-10"),
        (b"\xff", "2026-03-10"),
    ],
)
def test_the_day_is_that_of_the_event_or_else_of_its_coming(body, day):
    assert day_of_message(body, NOW) == day

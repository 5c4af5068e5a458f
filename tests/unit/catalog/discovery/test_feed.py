"""What the record topic says is what the index holds, over a real index and a real folder of objects."""

from pathlib import Path
from typing import Any

import pytest

from services.catalog.discovery.feed import Feed, fresh_index, year_of
from services.catalog.search import SearchIndex
from shared.bus.messages import Message
from shared.events import Event, encode
from shared.events.records import Record, RecordChanged
from shared.store.objects import Objects


@pytest.fixture
def index(tmp_path: Path) -> SearchIndex:
    return fresh_index(tmp_path / "index")


@pytest.fixture
def feed(index: SearchIndex, tmp_path: Path) -> Feed:
    return Feed(index, Objects((tmp_path / "objects").as_uri()))


def message(version: int = 4, **given: Any) -> Message:
    level = given.pop("access_level", "public")
    fields = {
        "id": "r-1",
        "version": version,
        "library": "xa",
        "library_name": "Thư viện xã",
        "document": "d-1",
        "state": "published",
        "metadata": {"title": "Đình làng", "access_level": level},
        "pages": 1,
        "text": None,
        "manifest": None,
        "confidence": 90,
        "verdict": "clear",
        "published_at": "2026-03-05T00:00:00Z",
    }
    data = RecordChanged(record=Record.model_validate(fields | given))
    body = encode(Event(data=data, source="urn:lienthong:catalog", aggregate_version=version))
    return Message(data.topic, 0, version, "r-1", body)


def total(index: SearchIndex, query: str = "dinh lang") -> int:
    return index.search(query).total


@pytest.mark.parametrize(
    "later",
    [
        message(5, state="withdrawn"),
        message(5, access_level="closed"),
        Message("records-current", 0, 9, "r-1", None),
    ],
)
def test_what_is_no_longer_known_to_all_leaves_the_index(feed: Feed, index: SearchIndex, later: Message) -> None:
    feed.apply([message()])
    assert total(index) == 1
    feed.apply([later])
    assert total(index) == 0
    feed.apply([message()])  # an old state, sent again
    assert total(index) == 0


@pytest.mark.parametrize("state", ["draft", "reviewed", "appraised"])
def test_what_is_not_published_never_enters(feed: Feed, index: SearchIndex, state: str) -> None:
    feed.apply([message(state=state, published_at=None)])
    assert total(index) == 0


def test_a_bad_message_does_not_keep_the_others_out(feed: Feed, index: SearchIndex) -> None:
    feed.apply([Message("records-current", 0, 1, "r-0", b"{nonsense"), message()])
    assert total(index) == 1


def test_a_text_that_is_gone_leaves_the_description_searchable(feed: Feed, index: SearchIndex) -> None:
    text = {"key": "gone", "media_type": "text/plain", "sha256": "0" * 64, "size": 1}
    feed.apply([message(text=text)])
    assert total(index) == 1


def test_a_store_that_is_away_is_not_taken_for_an_empty_text(index: SearchIndex, tmp_path: Path) -> None:
    objects = Objects((tmp_path / "objects").as_uri())
    (tmp_path / "objects" / "loop").symlink_to("loop")  # there, and cannot be read
    text = {"key": "loop", "media_type": "text/plain", "sha256": "0" * 64, "size": 1}
    with pytest.raises(ConnectionError):
        Feed(index, objects).apply([message(text=text)])


@pytest.mark.parametrize(
    ("written", "year"),
    [
        ("1802", 1802),
        ("khoảng năm 1945-1954", 1945),
        ("12/03/1996", 1996),
        ("19960312", None),
        ("", None),
        (None, None),
    ],
)
def test_the_year_is_found_however_a_date_is_written(written: str | None, year: int | None) -> None:
    assert year_of(written) == year

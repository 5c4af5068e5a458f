"""What the topic says of clusters is what the index holds, over a real index and a real folder of objects."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from services.catalog.discovery.feed import Feed
from services.catalog.discovery.replica import empty_index
from services.catalog.search import SearchIndex, SearchRequest
from shared.bus.messages import Message
from shared.events import Event, encode
from shared.events.clusters import ClusterChanged, ClusterView
from shared.store.objects import Objects

TEXT = {"key": "text", "media_type": "text/plain", "sha256": "0" * 64, "size": 1}


@pytest.fixture
def index(tmp_path: Path) -> SearchIndex:
    return empty_index(tmp_path / "index")


@pytest.fixture
def feed(index: SearchIndex, tmp_path: Path) -> Feed:
    return Feed(index, Objects((tmp_path / "objects").as_uri()))


def message(version: int = 4, cluster: str = "c-1", **given: Any) -> Message:
    fields: dict[str, Any] = {
        "id": cluster,
        "version": version,
        "form": "text",
        "title": "Đình làng",
        "people": [{"name": "Trần Văn Bính"}],
        "libraries": [{"library": "xa", "records": 2, "items": 3}],
        "added_at": "2026-03-05T00:00:00Z",
    }
    data = ClusterChanged(cluster=ClusterView.model_validate(fields | given))
    body = encode(Event(data=data, source="urn:lienthong:catalog", aggregate_version=version))
    return Message(data.topic, 0, version, cluster, body)


def digitised(**given: Any) -> dict[str, Any]:
    fields = {
        "record": "r-1",
        "library": "xa",
        "library_name": "Thư viện xã",
        "access_level": "public",
        "collection_class": "local-history",
        "pages": 2,
        "text": TEXT,
        "published_at": "2026-03-05T00:00:00Z",
    }
    return fields | given


def take(feed: Feed, *messages: Message) -> None:
    feed.apply(messages)
    feed.apply(())


def total(index: SearchIndex, query: str = "dinh lang") -> int:
    return index.search(SearchRequest(query=query)).total


def test_a_cluster_is_found_by_what_its_message_says(feed: Feed, index: SearchIndex) -> None:
    take(feed, message(parts=["2"], classes=["959.7"], subjects=["Kiến trúc"]))
    for query in ("tran van binh", "tập 2", "class:959", 'subject:"kiến trúc"', "library:xa"):
        assert total(index, query) == 1, query
    hit = index.search(SearchRequest(query="dinh")).hits[0]
    assert (hit.parts, hit.libraries[0].records, hit.libraries[0].items) == (("2",), 2, 3)


def test_what_is_gone_leaves_the_index(feed: Feed, index: SearchIndex) -> None:
    take(feed, message())
    assert total(index) == 1
    take(feed, Message("records-current", 0, 9, "c-1", None))
    assert total(index) == 0
    take(feed, message())  # an old state, sent again
    assert total(index) == 0


@pytest.mark.parametrize("other", [Message("records-current", 0, 9, "r-1", b"{}"), Message("x", 0, 9, "r-1", None)])
def test_the_state_of_single_records_is_passed_over(feed: Feed, index: SearchIndex, other: Message) -> None:
    take(feed, message(), other)
    assert total(index) == 1
    assert feed.offsets == {0: 10}


def test_a_bad_message_does_not_keep_the_others_out(feed: Feed, index: SearchIndex) -> None:
    take(feed, Message("records-current", 0, 1, "c-0", b"{nonsense"), message())
    assert total(index) == 1


async def test_the_text_that_anyone_may_read_is_searched(index: SearchIndex, tmp_path: Path) -> None:
    objects = Objects((tmp_path / "objects").as_uri())
    await objects.put("text", "Chợ phiên Bến Gỗ".encode(), "text/plain")
    offered = Feed(index, objects)
    await asyncio.to_thread(take, offered, message(digitised=[digitised()]))
    assert total(index, "bến gỗ") == 1
    await asyncio.to_thread(take, offered, message(5, digitised=[digitised(access_level="registered")]))
    assert (total(index, "bến gỗ"), total(index, "access:registered")) == (0, 1)


def test_a_text_that_is_gone_leaves_the_description_searchable(feed: Feed, index: SearchIndex) -> None:
    take(feed, message(digitised=[digitised()]))
    assert total(index) == 1


def test_a_store_that_is_away_is_not_taken_for_an_empty_text(index: SearchIndex, tmp_path: Path) -> None:
    objects = Objects((tmp_path / "objects").as_uri())
    (tmp_path / "objects" / "loop").symlink_to("loop")  # there, and cannot be read
    feed = Feed(index, objects)
    with pytest.raises(ConnectionError):
        feed.apply([message(digitised=[digitised(text={**TEXT, "key": "loop"})])])
    assert feed.offsets == {}


def test_offsets_say_only_what_is_committed(feed: Feed, index: SearchIndex) -> None:
    take(feed, message(7))
    assert feed.offsets == {0: 8}
    feed.apply([message(8, cluster="c-2")])
    assert (feed.offsets, total(index)) == ({0: 8}, 1)
    feed.apply(())
    assert (feed.offsets, total(index)) == ({0: 9}, 2)

"""Rows of the outbox: one message each or, of bulk work, a parcel of many. No I/O."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bson import Timestamp

from shared.store.mongo import Document

OUTBOX = "outbox"
IN_ORDER = (("sent", 1), ("bulk", 1), ("put_at", 1))
"""The index by which what waits is sent, and the newest is found."""
LARGEST_PARCEL_BYTES = 1_000_000
"""The message that reaches it is the last of its parcel: far from the 16 MB of a document, and soon sent."""
MOST_IN_A_PARCEL = 1000
PLACE = 5
"""Where a parcel's message has its place: behind topic, key, id, source and body."""
_OF_A_PARCEL = {
    "$map": {
        "input": "$messages",
        "in": {
            "topic": {"$arrayElemAt": ["$$this", 0]},
            "key": {"$arrayElemAt": ["$$this", 1]},
            "place": {"$arrayElemAt": ["$$this", PLACE]},
        },
    }
}
_OF_ONE_MESSAGE = [{"topic": "$topic", "key": "$key", "place": {"$literal": 0}}]
BODILESS: Document = {
    **dict.fromkeys(("put_at", "sent", "kept"), 1),
    "said": {"$ifNull": [_OF_A_PARCEL, _OF_ONE_MESSAGE]},
}
"""The projection of a row that says, as `said`, under which topic and key its messages are and at which place."""


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a row. body: None where the state under the key is gone; place: the message's number is the
    sequence of its row and this.
    """

    topic: str
    key: str
    event_id: str
    source: str
    body: bytes | None
    place: int = 0


def row_of(said: Said) -> Document:
    """The row of one message."""
    message = {
        "topic": said.topic,
        "key": said.key,
        "event_id": said.event_id,
        "source": said.source,
        "body": said.body,
    }
    return {"_id": f"{said.topic}|{said.source}|{said.event_id}", **message, **_waiting()}


def parcels_of(messages: Iterable[Said]) -> Iterator[Document]:
    """The rows of what bulk work says, in its order."""
    parcel: list[Said] = []
    size = 0
    for said in messages:
        parcel.append(said)
        size += len(said.body or b"")
        if size >= LARGEST_PARCEL_BYTES or len(parcel) == MOST_IN_A_PARCEL:
            yield _parcel(parcel)
            parcel, size = [], 0
    if parcel:
        yield _parcel(parcel)


def messages_of(row: Mapping[str, Any]) -> list[Said]:
    """What a row says, in order."""
    if "messages" in row:
        return [Said(*message) for message in row["messages"]]
    return [Said(row["topic"], row["key"], row["event_id"], row["source"], row["body"])]


def count_of(row: Mapping[str, Any]) -> int:
    """How many numbers a row takes up."""
    count: int = row.get("count", 1)
    return count


def address_of(topic: str, key: str) -> int:
    """64 bits of the hash of a topic and a key: where two fall together a parcel is looked at in vain."""
    return int.from_bytes(hashlib.blake2b(f"{topic}|{key}".encode(), digest_size=8).digest(), signed=True)


def _parcel(messages: Sequence[Said]) -> Document:
    """keys: addresses, by which a parcel is found."""
    listed = [[one.topic, one.key, one.event_id, one.source, one.body, place] for place, one in enumerate(messages)]
    keys = sorted({address_of(one.topic, one.key) for one in messages})
    row = {"_id": f"parcel|{uuid.uuid4()}", "bulk": True, "count": len(listed), "messages": listed, "keys": keys}
    return row | _waiting()


def _waiting() -> Document:
    # An empty timestamp is filled in by the server: rows of one key are then in the order of their commits.
    return {"put_at": Timestamp(0, 0), "at": datetime.now(UTC), "sent": False}

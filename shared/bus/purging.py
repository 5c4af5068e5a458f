"""What the outbox may forget: each row is judged when it is old enough, so that the work does not grow with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from math import inf
from typing import Any

from pymongo import DeleteOne, UpdateOne
from pymongo.collection import Collection

from shared.bus.outbox import Said, address_of, holding, messages_of
from shared.events.topics import topics
from shared.store.mongo import Document

ROWS_AT_ONCE = 50
Address = tuple[str, str]
"""Topic and key."""


def purge(outbox: Collection[Document], before: datetime) -> int:
    """Forget what was sent before a moment; of a compacted topic the newest message of each key is kept.

    How many messages were forgotten. What is kept loses `sent_at`: nobody looks at it again until a newer message of
    its key is old enough to be judged.
    """
    gone = 0
    while rows := list(outbox.find({"sent_at": {"$lt": before}, "sent": True}).sort("sent_at", 1).limit(ROWS_AT_ONCE)):
        gone += _judge(outbox, rows)
    return gone


def _judge(outbox: Collection[Document], rows: Sequence[Document]) -> int:
    old = {row["_id"]: row for row in rows}
    addresses = {(said.topic, said.key) for row in rows for said in messages_of(row) if _is_state(said)}
    kept = {row["_id"]: row for row in _earlier_kept(outbox, addresses)}
    newest = _newest(outbox, addresses)
    gone = 0
    changes: list[DeleteOne | UpdateOne] = []
    for identifier, row in (kept | old).items():
        said = messages_of(row)
        left = [one for one in said if _is_state(one) and _number(row, one) >= newest.get((one.topic, one.key), 0)]
        gone += len(said) - len(left)
        changes.append(_change(row, left) if left else DeleteOne({"_id": identifier}))
    outbox.bulk_write(changes, ordered=False)
    return gone


def _change(row: Document, left: Sequence[Said]) -> UpdateOne:
    fields = {"kept": True} | (holding(left) if "messages" in row else {})
    return UpdateOne({"_id": row["_id"]}, {"$set": fields, "$unset": {"sent_at": ""}})


def _earlier_kept(outbox: Collection[Document], addresses: Iterable[Address]) -> Iterable[Document]:
    """What was kept until now and says something under one of these."""
    for query in _queries(addresses):
        yield from outbox.find({**query, "kept": True, "sent": True})


def _newest(outbox: Collection[Document], addresses: Iterable[Address]) -> Mapping[Address, float]:
    """The highest number under each; infinity where one is still to be numbered."""
    found: dict[Address, float] = defaultdict(float)
    for query in _queries(addresses):
        for row in outbox.find(query):
            for said in messages_of(row):
                address = (said.topic, said.key)
                found[address] = max(found[address], _number(row, said))
    return found


def _queries(addresses: Iterable[Address]) -> list[dict[str, Any]]:
    """Rows of one message, and parcels."""
    listed = sorted(addresses)
    keys: dict[str, list[str]] = defaultdict(list)
    for topic, key in listed:
        keys[topic].append(key)
    singles = [{"topic": topic, "key": {"$in": of_topic}} for topic, of_topic in keys.items()]
    return [*singles, *([{"keys": {"$in": [address_of(*one) for one in listed]}}] if listed else [])]


def _number(row: Mapping[str, Any], said: Said) -> float:
    sequence = row.get("sequence")
    return inf if sequence is None else sequence + said.place


def _is_state(said: Said) -> bool:
    return topics()[said.topic].compacted

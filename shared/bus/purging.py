"""What the outbox may forget: each row is judged when it is old enough, so that the work does not grow with it.

No body leaves the database for it. Which message is the newest of its key is told by the order of the commits, as the
numbers are given in the order of sending, parcel by parcel.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from bson import Timestamp
from pymongo import DeleteOne, UpdateOne
from pymongo.collection import Collection

from shared.bus.outbox import BODILESS, PLACE, address_of
from shared.events.topics import topics
from shared.store.mongo import Document

MESSAGES_AT_ONCE = 1000
ROWS_AT_ONCE = 500
ROWS_IN_A_REPLY = 20
"""Few, as each may be a parcel, and one parcel may be enough."""
Address = tuple[str, str]
"""Topic and key."""
Moment = tuple[Timestamp, int]
"""When a message was committed: its row's, and its place in it."""
FIRST: Moment = (Timestamp(0, 0), 0)


def purge(outbox: Collection[Document], before: datetime) -> Iterator[int]:
    """Forget what was sent before a moment; of a compacted topic the newest message of each key is kept.

    How many messages each step forgot. What is kept loses `sent_at`: nobody looks at it again until a newer message of
    its key is old enough to be judged.
    """
    while rows := _oldest(outbox, before):
        yield _judge(outbox, rows)


def _oldest(outbox: Collection[Document], before: datetime) -> list[Document]:
    rows: list[Document] = []
    query = {"sent_at": {"$lt": before}, "sent": True}
    with outbox.find(query, BODILESS, limit=ROWS_AT_ONCE, batch_size=ROWS_IN_A_REPLY).sort("sent_at", 1) as found:
        for row in found:
            rows.append(row)
            if sum(len(one["said"]) for one in rows) >= MESSAGES_AT_ONCE:
                break
    return rows


def _judge(outbox: Collection[Document], old: Sequence[Document]) -> int:
    standing = _standing(outbox, {_address(said) for row in old for said in row["said"] if _is_state(said)})
    newest = {_address(one["_id"]): _moment(one["newest"]) for one in standing}
    superseded = {kept["row"] for one in standing for kept in one["kept"] if _moment(kept) < _moment(one["newest"])}
    rows = {row["_id"]: row for row in [*outbox.find({"_id": {"$in": list(superseded)}}, BODILESS), *old]}
    left = {identifier: _left(row, newest) for identifier, row in rows.items()}
    outbox.bulk_write([_change(rows[identifier], said) for identifier, said in left.items()], ordered=False)
    return sum(len(row["said"]) - len(left[identifier]) for identifier, row in rows.items())


def _standing(outbox: Collection[Document], addresses: set[Address]) -> list[Document]:
    """Of each address when the newest message under it was committed, and which messages were kept until now."""
    if not addresses:
        return []
    keys: dict[str, list[str]] = defaultdict(list)
    for topic, key in addresses:
        keys[topic].append(key)
    parcels = {"keys": {"$in": [address_of(*one) for one in addresses]}}
    singles = [{"topic": topic, "key": {"$in": of_topic}} for topic, of_topic in keys.items()]
    wanted = [{"said.topic": topic, "said.key": {"$in": of_topic}} for topic, of_topic in keys.items()]
    moment = {"put_at": "$put_at", "place": "$said.place"}
    kept = {"$cond": [{"$and": ["$kept", "$sent"]}, {"row": "$_id", **moment}, "$$REMOVE"]}
    stages: list[Document] = [
        {"$match": {"$or": [*singles, parcels]}},
        {"$project": BODILESS},
        {"$unwind": "$said"},
        {"$match": {"$or": wanted}},
        {
            "$group": {
                "_id": {"topic": "$said.topic", "key": "$said.key"},
                "newest": {"$max": moment},
                "kept": {"$push": kept},
            }
        },
    ]
    return list(outbox.aggregate(stages))


def _left(row: Document, newest: Mapping[Address, Moment]) -> list[Document]:
    """What of a row is the state of its key still."""
    return [
        said
        for said in row["said"]
        if _is_state(said) and newest.get(_address(said), FIRST) <= (row["put_at"], said["place"])
    ]


def _change(row: Document, left: Sequence[Document]) -> UpdateOne | DeleteOne:
    this = {"_id": row["_id"]}
    if not left:
        return DeleteOne(this)
    if len(left) == len(row["said"]):
        return UpdateOne(this, {"$set": {"kept": True}, "$unset": {"sent_at": ""}})
    is_left = {"$in": [{"$arrayElemAt": ["$$this", PLACE]}, [said["place"] for said in left]]}
    less = {
        "kept": True,
        "messages": {"$filter": {"input": "$messages", "cond": is_left}},
        "keys": sorted({address_of(*_address(said)) for said in left}),
    }
    return UpdateOne(this, [{"$set": less}, {"$unset": "sent_at"}])


def _address(said: Document) -> Address:
    return said["topic"], said["key"]


def _moment(one: Document) -> Moment:
    return one["put_at"], one["place"]


def _is_state(said: Document) -> bool:
    """Of a topic that is no more nothing is state."""
    topic = topics().get(said["topic"])
    return topic is not None and topic.compacted

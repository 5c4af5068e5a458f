"""Messages held back: parked until what they wait for has come, or dead until a person decides."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from bson import Timestamp
from pymongo import InsertOne, UpdateOne
from pymongo.asynchronous.database import AsyncDatabase

from shared.bus.messages import Message
from shared.bus.work import Work
from shared.events.delivery import MessageDeadLettered
from shared.events.topics import dead_topic
from shared.events.vocabulary import ObjectRef
from shared.store.mongo import Document

HELD = "held"
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 30.0


class HeldState(StrEnum):
    PARKED = "parked"
    DEAD = "dead"
    REPLAYING = "replaying"
    """A person asked for another try; the worker takes it up."""
    REPLAYED = "replayed"
    DISCARDED = "discarded"


def wait_after(attempts: int) -> timedelta:
    """How long to wait before the next attempt: doubling, up to half a minute."""
    return timedelta(seconds=min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** max(0, attempts - 1)))


def park(work: Work, consumer: str, message: Message, *, reason: str, deadline: datetime) -> None:
    """Hold a message until `deadline`; later messages of its key queue behind it."""
    row = _row(consumer, message, HeldState.PARKED, reason=reason, detail="")
    row |= {"deadline": deadline, "next_attempt": row["held_at"] + wait_after(1)}
    work.write(HELD, InsertOne(row))


def bury(
    work: Work, consumer: str, message: Message, *, reason: str, detail: str, stored: ObjectRef | None = None
) -> None:
    """Make a message a dead letter and say so on the consumer's own topic."""
    row = _row(consumer, message, HeldState.DEAD, reason=reason, detail=detail)
    if stored:
        row |= {"value": None, "stored": stored.model_dump()}
    work.write(HELD, InsertOne(row))
    _announce_death(work, row)


def bury_held(work: Work, row: Document, *, reason: str, detail: str) -> None:
    """Give up on a message that was parked or replayed."""
    change = {"state": HeldState.DEAD, "reason": reason, "detail": _storable(detail), "next_attempt": None}
    work.write(HELD, UpdateOne({"_id": row["_id"]}, {"$set": change, "$inc": {"attempts": 1, "deaths": 1}}))
    _announce_death(work, {**row, **change, "attempts": row["attempts"] + 1, "deaths": row["deaths"] + 1})


def postpone(work: Work, row: Document, *, reason: str) -> None:
    """Try a parked message again later."""
    due = datetime.now(UTC) + wait_after(row["attempts"] + 1)
    change = {"$set": {"next_attempt": due, "reason": _storable(reason)}, "$inc": {"attempts": 1}}
    work.write(HELD, UpdateOne({"_id": row["_id"]}, change))


def release(work: Work, row: Document) -> None:
    """The message was handled after all."""
    change = {"$set": {"state": HeldState.REPLAYED, "closed_at": datetime.now(UTC), "next_attempt": None}}
    work.write(HELD, UpdateOne({"_id": row["_id"]}, change))


def message_of(row: Document) -> Message:
    return Message(
        topic=row["topic"],
        partition=row["partition"],
        offset=row["offset"],
        key=row["key"],
        value=row["value"],
        headers=row["headers"],
    )


async def keys_parked(work: Work, consumer: str, topic: str, keys: set[str]) -> set[str]:
    """Which of these keys have a parked message that later ones of their topic must not overtake."""
    query = {"consumer": consumer, "state": HeldState.PARKED, "key": {"$in": sorted(keys)}, "topic": topic}
    return {row["key"] for row in await work.find(HELD, query, projection=["key"])}


async def is_next(work: Work, row: Document) -> bool:
    """Whether nobody settled this message meanwhile and, if it is parked, none of its key stands before it."""
    if await work.find_one(HELD, {"_id": row["_id"], "state": row["state"]}) is None:
        return False
    if row["state"] != HeldState.PARKED:
        return True
    return await work.find_one(HELD, {**_queue_of(row), "queued_at": {"$lt": row["queued_at"]}}) is None


async def head(database: AsyncDatabase[Document], row: Document) -> Document | None:
    """The parked message that stands first in the queue of this one's key; None when the queue is empty."""
    return await database[HELD].find_one(_queue_of(row), sort=[("queued_at", 1)])


async def let_followers_wait(database: AsyncDatabase[Document], row: Document) -> None:
    """Keep those who queue behind an unsettled message from being offered again and again in place of others."""
    now = datetime.now(UTC)
    change = {"$set": {"next_attempt": now + timedelta(seconds=LONGEST_WAIT_SECONDS)}}
    await database[HELD].update_many({**_queue_of(row), "next_attempt": {"$lte": now}}, change)


async def due(database: AsyncDatabase[Document], consumer: str, limit: int) -> list[Document]:
    """Held messages to be tried now, in the order in which they were held."""
    query = {
        "consumer": consumer,
        "$or": [
            {"state": HeldState.REPLAYING},
            {"state": HeldState.PARKED, "next_attempt": {"$lte": datetime.now(UTC)}},
        ],
    }
    return await database[HELD].find(query).sort("queued_at", 1).to_list(limit)


async def ensure_indexes(database: AsyncDatabase[Document]) -> None:
    await database[HELD].create_index([("consumer", 1), ("state", 1), ("key", 1)])
    await database[HELD].create_index([("consumer", 1), ("state", 1), ("next_attempt", 1)])
    await database[HELD].create_index("closed_at", expireAfterSeconds=30 * 86_400)


def _row(consumer: str, message: Message, state: HeldState, *, reason: str, detail: str) -> dict[str, Any]:
    return {
        "_id": str(uuid.uuid4()),
        "consumer": consumer,
        "state": state,
        "reason": _storable(reason),
        "detail": _storable(detail),
        "topic": message.topic,
        "partition": message.partition,
        "offset": message.offset,
        "key": message.key,
        "value": message.value,
        "headers": message.headers,
        "stored": None,
        "attempts": 1,
        "deaths": 1 if state is HeldState.DEAD else 0,
        "held_at": datetime.now(UTC),
        # Filled in by the server: the order of the queue, which neither offsets nor members' clocks tell.
        "queued_at": Timestamp(0, 0),
        "next_attempt": None,
    }


def _queue_of(row: Document) -> Document:
    return {"consumer": row["consumer"], "state": HeldState.PARKED, "key": row["key"], "topic": row["topic"]}


def _storable(text: str) -> str:
    """An exception's text may be of any length and hold what UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode()[:1000]


def _announce_death(work: Work, row: Document) -> None:
    letter = MessageDeadLettered(
        letter=row["_id"],
        consumer=row["consumer"],
        reason=row["reason"],
        detail=row["detail"],
        origin_topic=row["topic"],
        origin_partition=row["partition"],
        origin_offset=row["offset"],
        attempts=row["attempts"],
        stored=row["stored"],
    )
    work.announce(letter, version=row["deaths"], topic=dead_topic(row["consumer"]))

"""A line of the archive: one message exactly as it came, with where it came from."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from services.stats.counting.increments import ImpossibleTime, day_in_vietnam
from shared.bus.messages import Message

_TIME = TypeAdapter(datetime)


@dataclass(frozen=True)
class Line:
    """One archived message; `body` is what Kafka carried, byte for byte."""

    topic: str
    partition: int
    offset: int
    key: str
    headers: dict[str, str]
    received: str
    body: bytes


def line_of(message: Message, now: datetime) -> Line:
    """The line of a message that has a body."""
    return Line(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        key=message.key,
        headers=message.headers,
        received=now.isoformat(),
        body=message.value or b"",
    )


def day_of_message(body: bytes, now: datetime) -> str:
    """The day in Việt Nam on which the event happened; the day of its coming where the body does not say it."""
    try:
        moment = _TIME.validate_python(orjson.loads(body)["time"])
        return day_in_vietnam(moment)
    except (orjson.JSONDecodeError, KeyError, TypeError, IndexError, ValidationError, ImpossibleTime):
        return day_in_vietnam(now)


def encode_line(line: Line) -> bytes:
    """One line of JSON; a body that is not UTF-8 goes as base64."""
    row: dict[str, Any] = {
        "topic": line.topic,
        "partition": line.partition,
        "offset": line.offset,
        "key": line.key,
        "headers": line.headers,
        "received": line.received,
    }
    try:
        row["body"] = line.body.decode("utf-8")
    except UnicodeDecodeError:
        row["body_base64"] = base64.b64encode(line.body).decode()
    return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


def decode_line(encoded: bytes) -> Line:
    """The line that `encode_line` wrote."""
    row = orjson.loads(encoded)
    if (raw := row.pop("body_base64", None)) is not None:
        return Line(**row, body=base64.b64decode(raw))
    return Line(**{**row, "body": row["body"].encode()})

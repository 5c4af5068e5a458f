"""Events in: every message of every topic that stats reads for its archive, whatever it is."""

from __future__ import annotations

from datetime import UTC, datetime

from pymongo import InsertOne

from services.stats.archive.line import day_of_message, encode_line, line_of
from services.stats.archive.store import SPOOL
from shared.bus.consumer import Consumer
from shared.bus.messages import Message
from shared.bus.work import Work


async def spool(message: Message, work: Work) -> None:
    """Keep the message as it came until the compactor takes it to the object store."""
    now = datetime.now(UTC)
    line = line_of(message, now)
    row = {"day": day_of_message(line.body, now), "topic": line.topic, "line": encode_line(line)}
    work.write(SPOOL, InsertOne(row))


def build_archive() -> Consumer:
    return Consumer("stats-archive", every=spool)

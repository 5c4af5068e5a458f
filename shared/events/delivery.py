"""Events of the delivery itself: topic `outbox-marks` and every `<consumer>.dead`."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from shared.events.envelope import EventData
from shared.events.vocabulary import Identifier, ObjectRef, ShortText


class OutboxMarked(EventData):
    """How far an outbox has got: every number up to `sequence` was sent (message header `sequence`)."""

    name: ClassVar[str] = "outbox.marked"
    topic: ClassVar[str] = "outbox-marks"
    outbox: Identifier
    sequence: Annotated[int, Field(ge=0)]

    def subject(self) -> str:
        return self.outbox


class MessageDeadLettered(EventData):
    """A consumer could not handle a message; it waits there for a person."""

    name: ClassVar[str] = "message.dead-lettered"
    topic: ClassVar[str] = "{consumer}.dead"
    letter: Identifier
    consumer: Identifier
    reason: ShortText
    detail: ShortText
    origin_topic: ShortText
    origin_partition: int
    origin_offset: int
    attempts: Annotated[int, Field(ge=1)]
    stored: ObjectRef | None = None
    """Where an oversized body lies; any other body stays with the consumer until a person decides."""

    def subject(self) -> str:
        return self.letter

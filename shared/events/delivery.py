"""Events of the delivery itself: topic `outbox-marks` and every `<consumer>.dead`."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from shared.events.envelope import EventData
from shared.events.vocabulary import Identifier, ObjectRef, ShortText


class OutboxMarked(EventData):
    """How far an outbox has got: every sequence number from `oldest` to `sequence` was sent."""

    name: ClassVar[str] = "outbox.marked"
    topic: ClassVar[str] = "outbox-marks"
    outbox: Identifier
    sequence: Annotated[int, Field(ge=0)]
    oldest: Annotated[int, Field(ge=0)]

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
    body: str | None
    """The message as it came, base64; None where it was oversized and `stored` says where it lies."""
    stored: ObjectRef | None = None

    def subject(self) -> str:
        return self.letter

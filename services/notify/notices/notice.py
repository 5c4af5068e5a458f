"""A notice: one message to one person over one channel, with its delivery state."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from services.notify.addresses.recipient import Recipient
from shared.bus.messages import PermanentError
from shared.events import Event, EventData
from shared.events.vocabulary import Identifier

ID_PATTERN = r"^n-[0-9a-f]{24}$"
MAIL = "mail"
ADDRESS_UNKNOWN = "address-unknown"
_IDENTIFIER: TypeAdapter[str] = TypeAdapter(Identifier)

Facts = Mapping[str, str | None]
"""What the text of a notice is made of; nothing about a person."""


class Kind(StrEnum):
    """What a notice tells of, named as the event is."""

    RECORD_PUBLISHED = "record.published"
    LOAN_MADE = "loan.made"
    LOAN_OVERDUE = "loan.overdue"
    DOCUMENT_REJECTED = "document.rejected"
    DOCUMENT_RECOGNITION_FAILED = "document.recognition-failed"


class State(StrEnum):
    """Where a notice stands. `waiting` and `no-address` are tried again while they are due."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    ERASED = "erased"
    NO_ADDRESS = "no-address"


AT_REST = (State.SENT, State.FAILED, State.ERASED)
RETRIABLE = (State.WAITING, State.FAILED, State.NO_ADDRESS)


class Notice(BaseModel):
    """A notice as it is stored. A patron is known by pseudonym only; facts are dropped once they are not needed."""

    model_config = ConfigDict(frozen=True, extra="ignore", validate_by_name=True, validate_by_alias=True)

    id: str = Field(alias="_id")
    kind: Kind
    channel: str
    recipient: Recipient
    library: str
    cause: str
    """The id of the event it tells of."""
    traceparent: str
    facts: dict[str, str | None] = {}
    state: State = State.WAITING
    created_at: datetime
    waiting_since: datetime
    """When trying began, or began anew because an operator asked for it."""
    due: datetime | None
    """When it is looked at next; while it is being sent, when its sender is given up."""
    attempts: int = 0
    in_doubt: bool = False
    """An attempt was begun and nobody knows whether the channel took the notice."""
    possible_repeats: int = 0
    """How many attempts followed one in doubt."""
    reason: str | None = None
    """Why the last attempt did not succeed: a code, never the channel's own words, which may name a person."""
    settled_at: datetime | None = None


class UnusableEventId(PermanentError):
    """The id of the event cannot be repeated in the events about its notice; its producer must choose another."""

    reason = "unusable-event-id"


def draft(event: Event[EventData], kind: Kind, recipient: Recipient, *, library: str, facts: Facts) -> Notice:
    """The notice of an event to one recipient. Raises UnusableEventId."""
    try:
        cause = _IDENTIFIER.validate_python(event.id)
    except ValidationError as error:
        raise UnusableEventId(f"event id of {len(event.id)} characters: {error.errors()[0]['msg']}") from error
    now = datetime.now(UTC)
    return Notice(
        id=notice_id(event.source, event.id, kind, recipient),
        kind=kind,
        channel=MAIL,
        recipient=recipient,
        library=library,
        cause=cause,
        traceparent=event.traceparent,
        facts=dict(facts),
        created_at=now,
        waiting_since=now,
        due=now,
    )


def without_address(notice: Notice) -> Notice:
    """A new notice whose recipient nothing is known of: it does not queue before those that can be sent."""
    return notice.model_copy(
        update={"state": State.NO_ADDRESS, "reason": ADDRESS_UNKNOWN, "due": notice.created_at + look_again_after(0)}
    )


def look_again_after(attempts: int) -> timedelta:
    """When to look for a missing address again: a minute, an hour, each day.

    An address that comes wakes its notices; looking again finds the few whose address came at that very moment.
    """
    return timedelta(seconds=min(86_400, 60 ** (1 + min(attempts, 3))))


def notice_id(source: str, event_id: str, kind: Kind, recipient: Recipient) -> str:
    """The same event, kind and recipient always give the same id, so that the notice can exist only once."""
    parts = json.dumps([source, event_id, kind, recipient.type, recipient.name])
    return "n-" + hashlib.sha256(parts.encode()).hexdigest()[:24]

"""Whether an event may pass the door: known, whole, its library's own, and allowed to its key."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from services.ingest.registry.key_holder import KeyHolder
from shared.events import CONTRACTS, Event, EventData, Malformed, NewerVersion, UnknownType, encode
from shared.telemetry.tracing import TRACEPARENT

TOPICS_OF_LIBRARIES = frozenset({"circulation"})
"""What a key may never say, whatever the registry allows it, is said on any other topic."""
OUR_SOURCES = "urn:lienthong:"
CLOCK_TOLERANCE = timedelta(days=1)
_PLAIN = re.compile(r"[^\x00-\x1f\x7f]{1,200}")


class BadEvent(Exception):
    """An event that may not pass; `reason` names its text in the catalogue of messages, which `facts` fill."""

    def __init__(self, reason: str, **facts: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.facts = facts


@dataclass(frozen=True)
class Checked:
    """A batch after its check: events in their order, and those that may not pass by index."""

    events: Sequence[Event[EventData]]
    bad: Mapping[int, BadEvent]


def check_batch(batch: Sequence[Any], holder: KeyHolder, now: datetime, max_bytes: int) -> Checked:
    """Check every event of a batch, so that the sender learns of all that is wrong at once."""
    events: list[Event[EventData]] = []
    bad: dict[int, BadEvent] = {}
    for index, attributes in enumerate(batch):
        try:
            events.append(check_event(attributes, holder, now, max_bytes))
        except BadEvent as error:
            bad[index] = error
    return Checked(events, bad)


def check_event(attributes: Any, holder: KeyHolder, now: datetime, max_bytes: int) -> Event[EventData]:
    """The typed event. Raises BadEvent."""
    event = _parse(attributes)
    _check_envelope(attributes, event, now)
    _check_permission(event, holder)
    if len(encode(event)) > max_bytes:
        raise BadEvent("event-too-large", kilobytes=max_bytes // 1024)
    return event


def _parse(attributes: Any) -> Event[EventData]:
    if not isinstance(attributes, dict):
        raise BadEvent("event-malformed", what="a CloudEvent is a JSON object")
    traceparent = attributes.get("traceparent")
    if not (isinstance(traceparent, str) and TRACEPARENT.match(traceparent)):
        attributes = {name: value for name, value in attributes.items() if name != "traceparent"}
    try:
        # The version counts what passes this door; a sender's own count says nothing about that.
        return CONTRACTS.parse({**attributes, "aggregateversion": 0})
    except NewerVersion as error:
        raise BadEvent("event-newer", what=str(error)) from error
    except UnknownType as error:
        raise BadEvent("event-unknown", what=str(error)) from error
    except Malformed as error:
        raise BadEvent("event-malformed", what=str(error)) from error


def _check_envelope(attributes: Mapping[str, Any], event: Event[EventData], now: datetime) -> None:
    for name, value in (("id", event.id), ("source", event.source)):
        if not _PLAIN.fullmatch(value):
            raise BadEvent("event-malformed", what=f"{name} must be 1 to 200 characters, none of them a control one")
    if attributes["subject"] != event.subject:
        raise BadEvent("event-malformed", what=f"subject must be {event.subject}")
    if event.time.utcoffset() is None:
        raise BadEvent("event-malformed", what="time must tell its offset from UTC")
    if event.time > now + CLOCK_TOLERANCE:
        raise BadEvent("event-from-future", time=event.time.isoformat())


def _check_permission(event: Event[EventData], holder: KeyHolder) -> None:
    data = event.data
    if data.topic not in TOPICS_OF_LIBRARIES or data.name not in holder.may_say:
        raise BadEvent("may-not-say", name=data.name)
    library = getattr(data, "library", None)
    if library != holder.library:
        raise BadEvent("not-your-library", library=library, own=holder.library)
    if event.source.startswith(OUR_SOURCES):
        raise BadEvent("source-not-yours", source=event.source)


def number(events: Sequence[Event[EventData]], last: Mapping[str, int]) -> list[Event[EventData]]:
    """Give each event the next version of its aggregate; `last` is the version of each aggregate's last one here."""
    left: dict[str, int] = dict(last)
    numbered: list[Event[EventData]] = []
    for event in reversed(events):
        aggregate = aggregate_of(event)
        numbered.append(replace(event, aggregate_version=left[aggregate]))
        left[aggregate] -= 1
    return numbered[::-1]


def aggregate_of(event: Event[EventData]) -> str:
    """What versions are counted for: an aggregate as one source tells of it on one topic."""
    return f"{event.data.topic}|{event.subject}|{event.source}"

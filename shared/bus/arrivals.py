"""Messages as they arrive: opened into events, or into the reason why they cannot be."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import structlog

from shared.bus.consumer import Consumer, HandleMessage, Handler
from shared.bus.messages import HEADER_ID, HEADER_SOURCE, Message
from shared.bus.work import Work
from shared.events import CONTRACTS, Event, EventData, Malformed, NewerVersion, UnknownType
from shared.telemetry.metrics import EVENTS

log = structlog.get_logger(__name__)

OVERSIZED = "oversized"


@dataclass
class Arrival:
    """One message on its way through, and what is to become of it."""

    message: Message
    identity: str
    """What the inbox knows it by."""
    type: str = ""
    event: Event[EventData] | None = None
    handler: Handler | None = None
    prepared: Any = None
    parked_for: str | None = None
    patience_seconds: float = 0
    """How long it may stay parked."""
    refused: bool = False
    condemned: tuple[str, str] | None = None
    """Reason and detail of a dead letter to be."""

    def park(self, reason: str, patience_seconds: float) -> None:
        self.parked_for, self.patience_seconds = reason[:1000], patience_seconds


class RolledOutOfOrder(Exception):
    """A newer version of a type that the consumer handles: its producer was rolled out before it."""


class Reception:
    """Opens the messages of one consumer; what it does not handle is skipped and counted."""

    def __init__(self, consumer: Consumer, max_message_bytes: int) -> None:
        self._consumer = consumer
        self._handled = {model.name for model in consumer.handlers}
        self._max_bytes = max_message_bytes

    def open_all(self, messages: Sequence[Message]) -> tuple[list[Arrival], RolledOutOfOrder | None]:
        """What lies before the first message of a newer version, if there is one."""
        arrivals: list[Arrival] = []
        for message in messages:
            try:
                arrival = self.open(message)
            except RolledOutOfOrder as newer:
                return arrivals, newer
            if arrival:
                arrivals.append(arrival)
        return arrivals, None

    def open(self, message: Message) -> Arrival | None:
        """None where there is nothing to handle. Raises RolledOutOfOrder."""
        if message.value is None:
            return self._open_gone(message)
        if self._consumer.every:
            return _open_any(message, self._consumer.every)
        return self._open_body(message, message.value)

    def _open_body(self, message: Message, body: bytes) -> Arrival | None:
        arrival = Arrival(message, identity=_origin_identity(message))
        if len(body) > self._max_bytes:
            arrival.condemned = (OVERSIZED, f"{len(body)} bytes, limit {self._max_bytes}")
            return arrival
        try:
            event = CONTRACTS.decode(body)
        except UnknownType as error:
            log.debug("event_skipped", origin=message.origin, why=str(error))
            self._skip("unknown")
            return None
        except NewerVersion as error:
            self._meet_newer_version(message, error)
            return None
        except Malformed as error:
            arrival.condemned = ("malformed", str(error))
            return arrival
        return self._open_event(message, event)

    def _open_event(self, message: Message, event: Event[EventData]) -> Arrival | None:
        handler = self._consumer.handlers.get(type(event.data))
        if handler is None:
            self._skip(event.type)
            return None
        return Arrival(message, f"{event.source}|{event.id}", type=event.type, event=event, handler=handler)

    def _open_gone(self, message: Message) -> Arrival | None:
        gone = self._consumer.gone.get(message.topic)
        if gone is None:
            return None

        async def apply(_: object, __: object, work: Work) -> None:
            await gone(message.key, work)

        identity = f"{message.headers.get(HEADER_SOURCE)}|{message.headers.get(HEADER_ID, message.origin)}"
        return Arrival(message, identity, type="gone", handler=Handler(apply))

    def _meet_newer_version(self, message: Message, error: NewerVersion) -> None:
        if error.name in self._handled:
            service = self._consumer.service
            raise RolledOutOfOrder(f"{error}; at {message.origin}. Roll out a newer {service} and restart.")
        self._skip("unknown")

    def _skip(self, event_type: str) -> None:
        EVENTS.labels(self._consumer.name, event_type, "skipped").inc()


def _open_any(message: Message, handle: HandleMessage) -> Arrival:
    async def apply(_: object, __: object, work: Work) -> None:
        await handle(message, work)

    return Arrival(message, _stated_identity(message), type="any", handler=Handler(apply))


def _origin_identity(message: Message) -> str:
    """A stable name for a message whose body tells none: what the relay wrote on it, or else where it was found."""
    if HEADER_ID in message.headers and HEADER_SOURCE in message.headers:
        return f"{message.headers[HEADER_SOURCE]}|{message.headers[HEADER_ID]}"
    digest = hashlib.sha256(message.value or b"").hexdigest()
    return f"{message.origin}|{digest}"


def _stated_identity(message: Message) -> str:
    """The id that a body claims, by whatever contract; for one that claims none, where it was found."""
    try:
        attributes = orjson.loads(message.value or b"")
        source, identifier = attributes["source"], attributes["id"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return _origin_identity(message)
    stated = isinstance(source, str) and isinstance(identifier, str)
    return f"{source}|{identifier}" if stated else _origin_identity(message)

"""The CloudEvents 1.0 envelope, JSON, structured mode: one event is one Kafka message.

Source: CloudEvents 1.0 core and its JSON format; extensions `traceparent` (distributed tracing)
and `aggregateversion` (ours: the version of the aggregate named by `subject`).
"""

from __future__ import annotations

import random
import re
import uuid
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, Generic, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from shared.telemetry.tracing import correlation_of, current_traceparent

CONTENT_TYPE = "application/cloudevents+json"
TYPE_PATTERN = re.compile(r"^vn\.lienthong\.(?P<name>[a-z-]+\.[a-z-]+)\.v(?P<version>[1-9]\d*)$")
_TIME = TypeAdapter(datetime)
_REQUIRED = ("specversion", "id", "source", "type", "subject", "time", "data")


class Malformed(Exception):
    """Not an event of any contract; the text says what is wrong with which field."""


class UnknownType(Exception):
    """A type that no contract here describes: skipped and counted by readers, refused at the door."""


class NewerVersion(Exception):
    """A newer version of a known type: this reader was rolled out after its producer."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name
        """`<noun>.<past-verb>` of the type."""


class EventData(BaseModel, ABC):
    """The payload of one event type. Readers ignore fields they do not know."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_enum_values=True, use_attribute_docstrings=True)

    name: ClassVar[str]
    """`<noun>.<past-verb>`, the middle of the CloudEvents type."""
    version: ClassVar[int] = 1
    topic: ClassVar[str]

    @classmethod
    def type(cls) -> str:
        return f"vn.lienthong.{cls.name}.v{cls.version}"

    @abstractmethod
    def subject(self) -> str:
        """The aggregate this event is about."""

    def key(self) -> str:
        """The Kafka key: what must stay in order."""
        return self.subject()


def _new_id() -> str:
    """A random UUID. It is no secret, so the kernel need not be asked for each."""
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


D_co = TypeVar("D_co", bound=EventData, covariant=True)


@dataclass(frozen=True)
class Event(Generic[D_co]):
    """A typed event inside its envelope."""

    data: D_co
    source: str
    aggregate_version: int
    id: str = field(default_factory=_new_id)
    time: datetime = field(default_factory=lambda: datetime.now(UTC))
    traceparent: str = field(default_factory=current_traceparent)

    @property
    def type(self) -> str:
        return self.data.type()

    @property
    def subject(self) -> str:
        return self.data.subject()

    @property
    def correlation_id(self) -> str:
        """The W3C trace id: one value from the upload to the notice."""
        return correlation_of(self.traceparent)


class Contracts:
    """Every event type this code knows, by name and version."""

    def __init__(self, models: list[type[EventData]]) -> None:
        self._models = {(model.name, model.version): model for model in models}
        self._newest: dict[str, int] = {}
        for name, version in self._models:
            self._newest[name] = max(version, self._newest.get(name, 0))

    def __iter__(self) -> Any:
        return iter(self._models.values())

    def model(self, event_type: str) -> type[EventData]:
        """The model of a CloudEvents type. Raises UnknownType or NewerVersion."""
        match = TYPE_PATTERN.match(event_type)
        if not match:
            raise UnknownType(f"type {event_type!r} is not of the form vn.lienthong.<noun>.<past-verb>.v<N>")
        name, version = match["name"], int(match["version"])
        if model := self._models.get((name, version)):
            return model
        if version > self._newest.get(name, version):
            raise NewerVersion(name, f"{event_type} is newer than v{self._newest[name]}, the newest known here")
        raise UnknownType(f"no contract describes {event_type}")

    def decode(self, body: bytes) -> Event[EventData]:
        """Read one structured-mode message. Raises Malformed, UnknownType or NewerVersion."""
        return self.parse(_load(body))

    def parse(self, attributes: dict[str, Any]) -> Event[EventData]:
        """The same from attributes already read, as an HTTP binding delivers them."""
        _check_attributes(attributes)
        model = self.model(attributes["type"])
        try:
            return Event(
                data=model.model_validate(attributes["data"]),
                source=attributes["source"],
                aggregate_version=int(attributes.get("aggregateversion", 0)),
                id=attributes["id"],
                time=_TIME.validate_python(attributes["time"]),
                traceparent=attributes.get("traceparent") or current_traceparent(),
            )
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or "data"
            raise Malformed(f"{place}: {first['msg']}") from error
        except (TypeError, ValueError) as error:
            raise Malformed(str(error)) from error


def encode(event: Event[EventData]) -> bytes:
    """The structured-mode JSON body of one event."""
    return orjson.dumps(_attributes_of(event, orjson.Fragment(event.data.model_dump_json())))


def attributes_of(event: Event[EventData]) -> dict[str, Any]:
    """The CloudEvents attributes and data of one event, JSON-ready."""
    return _attributes_of(event, event.data.model_dump(mode="json"))


def _attributes_of(event: Event[EventData], data: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "subject": event.subject,
        "time": event.time.isoformat(),
        "datacontenttype": "application/json",
        "traceparent": event.traceparent,
        "aggregateversion": event.aggregate_version,
        "data": data,
    }


def _load(body: bytes) -> dict[str, Any]:
    try:
        loaded = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Malformed(f"not JSON: {error}") from error
    if not isinstance(loaded, dict):
        raise Malformed("a CloudEvent is a JSON object")
    return loaded


def _check_attributes(attributes: dict[str, Any]) -> None:
    for name in _REQUIRED:
        if name not in attributes:
            raise Malformed(f"attribute {name} is missing")
    for name in _REQUIRED[:-1]:
        if not isinstance(attributes[name], str) or not attributes[name]:
            raise Malformed(f"attribute {name} must be a non-empty string")
    if attributes["specversion"] != "1.0":
        raise Malformed("specversion must be 1.0")

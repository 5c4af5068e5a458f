"""CloudEvents over HTTP: structured, batched and binary content mode (CloudEvents HTTP protocol binding 1.0.2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from cloudevents.core.bindings.http import HTTPMessage, from_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"


class NotCloudEvents(Exception):
    """The request is in none of the three modes."""


class Unreadable(Exception):
    """The body is not what its content type says; the text says why."""


def read_batch(headers: Mapping[str, str], body: bytes) -> list[Any]:
    """The events of a request as attributes with data, not yet checked. Raises NotCloudEvents, Unreadable."""
    match headers.get("content-type", "").split(";")[0].strip().lower():
        case "application/cloudevents-batch+json":
            batch = _load(body)
            if not isinstance(batch, list):
                raise Unreadable("a batch is a JSON array")
            return batch
        case "application/cloudevents+json":
            return [_load(body)]
        case _ if "ce-specversion" in headers:
            return [_read_binary(headers, body)]
    raise NotCloudEvents


def _load(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Unreadable(str(error)) from error


def _read_binary(headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    try:
        event = from_binary(HTTPMessage(dict(headers), body), JSONFormat(), CloudEvent)
    except Exception as error:  # the library lets through whatever its parsers trip over
        raise Unreadable(f"{error}"[:300] or type(error).__name__) from error
    attributes = {name: _text(value) for name, value in event.get_attributes().items()}
    return {**attributes, "data": event.get_data()}


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value

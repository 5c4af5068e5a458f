"""JSON Schemas (2020-12) of whole events: the CloudEvents envelope and the data inside it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, TypeAlias

from pydantic.json_schema import GenerateJsonSchema

from shared.events import CONTRACTS
from shared.events.envelope import EventData, Malformed, NewerVersion, UnknownType
from shared.events.reference.examples import examples_of
from shared.events.topics import DEAD_SUFFIX, Topic, topics
from shared.telemetry.tracing import TRACEPARENT

Schema: TypeAlias = dict[str, Any]

SCHEMA_SUFFIX = ".schema.json"
KAFKA = "x-kafka"
"""Where a schema says how its events travel: topics, key of each example, producers, readers, days of retention."""

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _WithoutFieldTitles(GenerateJsonSchema):
    """A title that repeats the field's name says nothing."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 -- pydantic's signature
        return False


def event_schemas() -> dict[str, Schema]:
    """The schema of every modelled type by `<event name>.v<version>`."""
    return {versioned_name(model): event_schema(model) for model in CONTRACTS}


def versioned_name(model: type[EventData]) -> str:
    return f"{model.name}.v{model.version}"


def event_schema(model: type[EventData]) -> Schema:
    """The schema of one type, with its examples and how it travels over Kafka."""
    data = model.model_json_schema(schema_generator=_WithoutFieldTitles)
    definitions = data.pop("$defs", {})
    examples = list(examples_of(model).values())
    return {
        "$schema": _DIALECT,
        "$id": versioned_name(model) + SCHEMA_SUFFIX,
        "title": model.type(),
        "description": data.pop("description", ""),
        "type": "object",
        "required": ["specversion", "id", "source", "type", "subject", "time", "data"],
        "properties": {**_envelope(model), "data": data},
        "$defs": definitions,
        KAFKA: {**_travel(model), "exampleKeys": [_key_of(example) for example in examples]},
        "examples": examples,
    }


def as_json(schema: Schema) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def producers_of(model: type[EventData]) -> list[str]:
    """The services that say a type, in the table's order."""
    return _unique(service for topic in topics_carrying(model) for service in topic.types[model.name])


def topics_carrying(model: type[EventData]) -> list[Topic]:
    """The topics on which a type is said, in the table's order."""
    return [topic for topic in topics().values() if model.name in topic.types]


def _envelope(model: type[EventData]) -> Schema:
    return {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "minLength": 1, "description": "Unique per source: the same id is the same event."},
        "source": {"type": "string", "format": "uri-reference", "minLength": 1, "description": "Who says it."},
        "type": {"const": model.type()},
        "subject": {"type": "string", "minLength": 1, "description": "The aggregate that the event is about."},
        "time": {"type": "string", "format": "date-time", "description": "When it happened (RFC 3339)."},
        "datacontenttype": {"const": "application/json"},
        "traceparent": {
            "type": "string",
            "pattern": TRACEPARENT.pattern,
            "description": "W3C Trace Context: one trace id from the first cause to the last effect.",
        },
        "aggregateversion": {
            "type": "integer",
            "minimum": 0,
            "description": "The version of the aggregate named by subject, from 1 without gaps; 0 = not counted.",
        },
    }


def _key_of(example: dict[str, Any]) -> str | None:
    """The Kafka key of an example; None where it is not readable, which the check then names as a contradiction."""
    try:
        return CONTRACTS.parse(example).data.key()
    except (Malformed, UnknownType, NewerVersion):
        return None


def _travel(model: type[EventData]) -> Schema:
    carrying = topics_carrying(model)
    return {
        "topics": _unique("{consumer}.dead" if topic.name.endswith(DEAD_SUFFIX) else topic.name for topic in carrying),
        "producers": producers_of(model),
        "readers": _unique(reader for topic in carrying for reader in topic.readers),
        "days": max((topic.days for topic in carrying if topic.days), default=None),
    }


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))

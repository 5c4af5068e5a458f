"""AsyncAPI 3.0: channels are topics, operations are what each service sends and each consumer group receives."""

from __future__ import annotations

from typing import Any, TypeAlias

import yaml

from shared.events import CONTRACTS
from shared.events.envelope import CONTENT_TYPE, EventData
from shared.events.reference.examples import examples_of
from shared.events.reference.schemas import SCHEMA_SUFFIX, topics_carrying, versioned_name
from shared.events.topics import Topic, topics

Node: TypeAlias = dict[str, Any]

HEADERS = {
    "content-type": f"`{CONTENT_TYPE}`",
    "ce_source": "the event's `source`, also where the message is null",
    "ce_id": "the event's `id`, also where the message is null",
    "outbox": "the service whose outbox sent it",
    "sequence": "its number in that outbox, gapless, decimal",
}
"""The Kafka headers of every message; `outbox.marked` itself has no number."""

_TOMBSTONE = "gone"
_SCHEMA_FORMAT = "application/schema+json;version=draft-2020-12"
_BINDING_VERSION = "0.5.0"


class _Plain(yaml.SafeDumper):
    """YAML without anchors: every part can be read where it stands."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 -- PyYAML's signature
        return True


def asyncapi_document() -> str:
    """The whole document as YAML."""
    document = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Liên thông: events between the libraries of a province",
            "version": "1.0.0",
            "description": "CloudEvents 1.0 in JSON, structured mode, one event in one Kafka message.",
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": {
            "province": {
                "host": "{bootstrap}",
                "protocol": "kafka",
                "description": "The Kafka cluster of the province.",
                "variables": {"bootstrap": {"default": "localhost:9092", "description": "host:port of a broker"}},
            }
        },
        "channels": {topic.name: _channel(topic) for topic in topics().values()},
        "operations": _operations(),
        "components": {
            "messages": {
                **{versioned_name(model): _message(model) for model in CONTRACTS},
                _TOMBSTONE: {
                    "name": _TOMBSTONE,
                    "title": "Gone",
                    "summary": "An empty message: what the key names is no more, or is no longer public.",
                    "headers": _headers(),
                    "payload": {"type": "null"},
                },
            }
        },
    }
    return yaml.dump(document, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=120)


def _channel(topic: Topic) -> Node:
    names = [versioned_name(model) for model in CONTRACTS if topic in topics_carrying(model)]
    names += [_TOMBSTONE] if topic.compacted else []
    return {
        "address": topic.name,
        "title": topic.name,
        "description": f"{topic.kind.capitalize()}, for {_audience(topic)}. Ordered by key: {topic.key}.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": _configuration(topic),
                "bindingVersion": _BINDING_VERSION,
            }
        },
    }


def _audience(topic: Topic) -> str:
    return "everybody" if topic.audience == "everybody" else "the services of the province"


def _configuration(topic: Topic) -> Node:
    settings = topic.settings()
    retention = {"retention.ms": int(settings["retention.ms"])} if "retention.ms" in settings else {}
    return {"cleanup.policy": [settings["cleanup.policy"]], **retention}


def _operations() -> Node:
    return {
        name: operation for topic in topics().values() for name, operation in [*_sending(topic), *_receiving(topic)]
    }


def _sending(topic: Topic) -> list[tuple[str, Node]]:
    said: dict[str, list[str]] = {}
    for model in CONTRACTS:
        for service in topic.types.get(model.name, ()):
            said.setdefault(service, []).append(versioned_name(model))
    gone = [_TOMBSTONE] if topic.compacted else []
    return [
        (f"{service}.send.{topic.name}", _operation("send", topic, names + gone)) for service, names in said.items()
    ]


def _receiving(topic: Topic) -> list[tuple[str, Node]]:
    def bound(consumer: str) -> Node:
        group = {"groupId": {"type": "string", "const": consumer}, "bindingVersion": _BINDING_VERSION}
        return {**_operation("receive", topic, []), "bindings": {"kafka": group}}

    return [(f"{consumer}.receive.{topic.name}", bound(consumer)) for consumer in topic.readers]


def _operation(action: str, topic: Topic, messages: list[str]) -> Node:
    """An operation over the named messages of a channel; over all of them where none is named."""
    channel = f"#/channels/{topic.name}"
    named = {"messages": [{"$ref": f"{channel}/messages/{name}"} for name in messages]} if messages else {}
    return {"action": action, "channel": {"$ref": channel}, **named}


def _message(model: type[EventData]) -> Node:
    keys = "; ".join(sorted({topic.key for topic in topics_carrying(model)}))
    return {
        "name": model.type(),
        "title": versioned_name(model),
        "summary": " ".join((model.__doc__ or "").split()),
        "contentType": CONTENT_TYPE,
        "headers": _headers(),
        "correlationId": {"location": "$message.payload#/traceparent"},
        "payload": {
            "schemaFormat": _SCHEMA_FORMAT,
            "schema": {"$ref": f"./schemas/{versioned_name(model)}{SCHEMA_SUFFIX}"},
        },
        "bindings": {"kafka": {"key": {"type": "string", "description": keys}, "bindingVersion": _BINDING_VERSION}},
        "examples": [{"name": case, "payload": event} for case, event in examples_of(model).items()],
    }


def _headers() -> Node:
    described = {name: {"type": "string", "description": meaning} for name, meaning in HEADERS.items()}
    return {"type": "object", "properties": described}

"""Whether the topic table, the models and the examples speak of the same events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from shared.events.envelope import Contracts, EventData, Malformed, NewerVersion, UnknownType
from shared.events.reference.examples import example_folders, examples_of
from shared.events.topics import Topic

SERVICES = ("ingest", "ocr", "catalog", "stats", "notify", "bus")


def contradictions(topics: Mapping[str, Topic], models: Iterable[type[EventData]]) -> list[str]:
    """Each contradiction in one sentence; empty where all agree."""
    known = list(models)
    return [
        *_types_without_model(topics, {model.name for model in known}),
        *_planned_types_with_model(topics, {model.name for model in known}),
        *_models_without_topic(topics, known),
        *_unknown_services(topics),
        *_examples_amiss(known),
    ]


def _types_without_model(topics: Mapping[str, Topic], names: set[str]) -> Iterator[str]:
    for topic in topics.values():
        for name in sorted(topic.types.keys() - names):
            yield f"topic {topic.name} lists {name}, which no model describes"


def _planned_types_with_model(topics: Mapping[str, Topic], names: set[str]) -> Iterator[str]:
    for topic in topics.values():
        for name in sorted(topic.planned.keys() & names):
            yield f"topic {topic.name} lists {name} as planned, but it has a model: move it to types"


def _models_without_topic(topics: Mapping[str, Topic], models: list[type[EventData]]) -> Iterator[str]:
    for model in models:
        homes = [topic for name, topic in topics.items() if _is_topic_of(model, name)]
        if not homes:
            yield f"{model.name}: its topic {model.topic} is not in the table"
        for topic in homes:
            if model.name not in topic.types:
                yield f"{model.name}: its topic {topic.name} does not list it"


def _is_topic_of(model: type[EventData], topic: str) -> bool:
    return topic == model.topic or (model.topic.startswith("{") and topic.endswith(model.topic.partition("}")[2]))


def _unknown_services(topics: Mapping[str, Topic]) -> Iterator[str]:
    for topic in topics.values():
        for reader in topic.readers:
            if not reader.startswith(tuple(f"{service}-" for service in SERVICES)):
                yield f"topic {topic.name}: reader {reader} does not begin with a service ({', '.join(SERVICES)})"
        for name, producers in {**topic.types, **topic.planned}.items():
            for producer in sorted(set(producers) - set(SERVICES)):
                yield f"topic {topic.name}: producer {producer} of {name} is no service"


def _examples_amiss(models: list[type[EventData]]) -> Iterator[str]:
    for model in models:
        if not examples_of(model):
            yield f"{model.name} v{model.version} has no example"
        yield from _unreadable_examples(model)
    for name, version in sorted(example_folders() - {(model.name, model.version) for model in models}):
        yield f"examples of {name} v{version}, which no model describes"


def _unreadable_examples(model: type[EventData]) -> Iterator[str]:
    contracts = Contracts([model])
    for case, example in examples_of(model).items():
        try:
            contracts.parse(example)
        except (Malformed, UnknownType, NewerVersion) as error:
            yield f"example {case} of {model.name} v{model.version} is not readable: {error}"

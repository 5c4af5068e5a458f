"""Every example is an event that producers may send, readers can read, and the published schema allows."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from cloudevents.v1.http import from_json
from jsonschema import Draft202012Validator, FormatChecker

from shared.events import CONTRACTS, EventData, Malformed, encode
from shared.events.envelope import attributes_of
from shared.events.reference.examples import example_folders, examples_of
from shared.events.reference.schemas import event_schema

CASES = [
    pytest.param(model, example, id=f"{model.name}-{case}")
    for model in CONTRACTS
    for case, example in examples_of(model).items()
]
every_example = pytest.mark.parametrize(("model", "example"), CASES)


def test_each_type_has_examples_and_each_example_a_type() -> None:
    assert example_folders() == {(model.name, model.version) for model in CONTRACTS}
    assert all(examples_of(model) for model in CONTRACTS)


@every_example
def test_an_example_is_read_as_its_own_type_and_subject(model: type[EventData], example: dict[str, Any]) -> None:
    event = CONTRACTS.decode(orjson.dumps(example))
    assert type(event.data) is model
    assert event.subject == example["subject"]
    assert event.data.key()


@every_example
def test_an_example_survives_a_round_trip(model: type[EventData], example: dict[str, Any]) -> None:
    event = CONTRACTS.decode(orjson.dumps(example))
    assert CONTRACTS.decode(encode(event)) == event
    assert _contained(example, attributes_of(event)) == example


@every_example
def test_the_schema_allows_an_example_and_what_we_encode(model: type[EventData], example: dict[str, Any]) -> None:
    validator = Draft202012Validator(event_schema(model), format_checker=FormatChecker())
    validator.validate(example)
    validator.validate(orjson.loads(encode(CONTRACTS.parse(example))))


@pytest.mark.parametrize("model", list(CONTRACTS), ids=lambda model: model.name)
def test_schema_and_reader_refuse_an_event_without_a_required_field(model: type[EventData]) -> None:
    schema = event_schema(model)
    Draft202012Validator.check_schema(schema)
    example = next(iter(examples_of(model).values()))
    for name in schema["properties"]["data"]["required"]:
        without = {**example, "data": {key: value for key, value in example["data"].items() if key != name}}
        assert not Draft202012Validator(schema).is_valid(without)
        with pytest.raises(Malformed, match=name):
            CONTRACTS.parse(without)


@every_example
def test_readers_ignore_fields_they_do_not_know(model: type[EventData], example: dict[str, Any]) -> None:
    newer = {**example, "fromalaterversion": "x", "data": {**example["data"], "from_a_later_version": 1}}
    assert CONTRACTS.parse(newer).data == CONTRACTS.parse(example).data
    assert Draft202012Validator(event_schema(model)).is_valid(newer)


@every_example
def test_the_cloudevents_library_reads_what_we_encode(model: type[EventData], example: dict[str, Any]) -> None:
    body = encode(CONTRACTS.parse(example))
    event = JSONFormat().read(CloudEvent, body)
    assert (event.get_id(), event.get_source(), event.get_type()) == (example["id"], example["source"], model.type())
    assert event.get_data() == orjson.loads(body)["data"]
    assert CONTRACTS.decode(JSONFormat().write(event)) == CONTRACTS.decode(body)
    assert from_json(body)["subject"] == example["subject"]


def _contained(wanted: Any, found: Any) -> Any:
    """`found` cut down to the fields that `wanted` names: a reader may fill in defaults, but change nothing."""
    if isinstance(wanted, dict):
        return {key: _contained(value, found[key]) for key, value in wanted.items()}
    if isinstance(wanted, list):
        return [_contained(mine, theirs) for mine, theirs in zip(wanted, found, strict=True)]
    return wanted if _same_moment(wanted, found) else found


def _same_moment(wanted: Any, found: Any) -> bool:
    """RFC 3339 writes the zero offset in two ways."""
    return isinstance(wanted, str) and isinstance(found, str) and wanted.replace("Z", "+00:00") == found

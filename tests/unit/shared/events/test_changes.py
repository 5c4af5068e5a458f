from __future__ import annotations

import subprocess
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from shared.events.reference import SCHEMAS, write_documents
from shared.events.reference.changes import (
    Difference,
    changes,
    differences,
    in_place,
    schemas_of_revision,
    schemas_on_disk,
)
from shared.events.reference.schemas import KAFKA, event_schemas
from shared.events.topics import topics

TEXT = {"type": "string"}


def fields(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


COMPATIBLE = {
    "optional field added": (fields(), fields(a=TEXT), "a", "optional field added"),
    "became optional": (fields(("a",), a=TEXT), fields(a=TEXT), "a", "became optional"),
    "enum value added": ({"enum": ["x"]}, {"enum": ["x", "y"]}, "", "value 'y' added"),
    "const widened to enum": ({"const": "x"}, {"enum": ["x", "y"]}, "", "value 'y' added"),
    "enum given up": ({**TEXT, "enum": ["x"]}, TEXT, "", "any value is allowed now"),
    "null allowed": (TEXT, {"anyOf": [TEXT, {"type": "null"}]}, "", "may now also be null"),
    "integer to number": ({"type": "integer"}, {"type": "number"}, "", "integer widened to number"),
    "longer text": ({**TEXT, "maxLength": 5}, {**TEXT, "maxLength": 9}, "", "maxLength 5 -> 9"),
    "lower bound given up": ({**TEXT, "minLength": 1}, TEXT, "", "minLength 1 -> none"),
    "pattern given up": ({**TEXT, "pattern": "^a"}, TEXT, "", "pattern '^a' -> none"),
}
BREAKING = {
    "field removed": (fields(a=TEXT), fields(), "a", "field removed"),
    "required field added": (fields(), fields(("a",), a=TEXT), "a", "required field added"),
    "became required": (fields(a=TEXT), fields(("a",), a=TEXT), "a", "became required"),
    "enum value removed": ({"enum": ["x", "y"]}, {"enum": ["x"]}, "", "value 'y' removed"),
    "enum imposed": (TEXT, {**TEXT, "enum": ["x"]}, "", "only ['x'] are allowed now"),
    "null forbidden": ({"anyOf": [TEXT, {"type": "null"}]}, TEXT, "", "may no longer be null"),
    "shorter text": ({**TEXT, "maxLength": 9}, {**TEXT, "maxLength": 5}, "", "maxLength 9 -> 5"),
    "upper bound imposed": (TEXT, {**TEXT, "maxLength": 5}, "", "maxLength none -> 5"),
    "higher minimum": ({"minimum": 0}, {"minimum": 1}, "", "minimum 0 -> 1"),
    "pattern changed": ({**TEXT, "pattern": "^a"}, {**TEXT, "pattern": "^b"}, "", "pattern '^a' -> '^b'"),
    "format imposed": (TEXT, {**TEXT, "format": "date"}, "", "format none -> 'date'"),
    "default changed": ({**TEXT, "default": "a"}, {**TEXT, "default": "b"}, "", "default 'a' -> 'b'"),
    "inside an array": (
        fields(a={"type": "array", "items": fields(b=TEXT)}),
        fields(a={"type": "array", "items": fields()}),
        "a[].b",
        "field removed",
    ),
}


@pytest.mark.parametrize(("old", "new", "path", "what"), COMPATIBLE.values(), ids=COMPATIBLE)
def test_widening_is_compatible(old: Any, new: Any, path: str, what: str) -> None:
    assert list(differences(old, new)) == [Difference(path, what, breaking=False)]


@pytest.mark.parametrize(("old", "new", "path", "what"), BREAKING.values(), ids=BREAKING)
def test_narrowing_is_breaking(old: Any, new: Any, path: str, what: str) -> None:
    assert list(differences(old, new)) == [Difference(path, what, breaking=True)]


def test_a_changed_type_breaks_though_the_new_one_is_named_too() -> None:
    found = list(differences(TEXT, {"type": "integer"}))
    assert [difference.breaking for difference in found] == [True, False]


def test_words_about_a_field_are_no_change() -> None:
    assert list(differences({**TEXT, "description": "old"}, {**TEXT, "description": "new", "title": "T"})) == []


def test_a_reference_stands_for_what_it_names() -> None:
    schema = {"properties": {"a": {"$ref": "#/$defs/A", "default": "x"}}, "$defs": {"A": {"enum": ["x"]}}}
    assert in_place(schema) == {"properties": {"a": {"enum": ["x"], "default": "x"}}}


@pytest.fixture
def yesterday() -> dict[str, Any]:
    return deepcopy(event_schemas())


def test_nothing_changed_against_itself(yesterday: dict[str, Any]) -> None:
    assert changes(yesterday, event_schemas()) == []


def test_a_new_type_rolls_out_readers_first(yesterday: dict[str, Any]) -> None:
    del yesterday["document.recognised.v1"]
    [change] = changes(yesterday, event_schemas())
    assert (change.difference.what, change.difference.breaking) == ("new type", False)
    assert change.order == f"readers first: {', '.join(topics()['documents'].readers)}; then producer ocr"


def test_a_breaking_change_asks_for_a_new_version_beside_the_old(yesterday: dict[str, Any]) -> None:
    yesterday["document.scanned.v1"]["properties"]["data"]["properties"]["shelf"] = TEXT
    [change] = changes(yesterday, event_schemas())
    assert str(change) == "breaking    document.scanned.v1 data.shelf: field removed"
    assert "publish document.scanned.v2 beside v1" in change.order
    assert "then producer ingest; drop v1 once 30 days" in change.order


def test_a_removed_type_is_breaking_and_its_producer_stops_first(yesterday: dict[str, Any]) -> None:
    yesterday["loan.forgotten.v1"] = yesterday["loan.lost.v1"]
    [change] = changes(yesterday, event_schemas())
    assert change.difference.breaking
    assert change.order.startswith("breaking: producer ingest, catalog stops first")


def test_another_topic_or_another_key_is_breaking(yesterday: dict[str, Any]) -> None:
    yesterday["page.read.v1"][KAFKA]["topics"] = ["page-requests"]
    yesterday["page.read.v1"][KAFKA]["exampleKeys"] = ["d-1:0018"]
    found = {change.difference.what: change.difference.breaking for change in changes(yesterday, event_schemas())}
    assert found == {
        "no longer said on page-requests": True,
        "now also said on page-readings": False,
        "examples[0] went to key 'd-1:0018', goes to 'd-4c1f09a7e2b84d53'": True,
    }


def test_an_old_example_that_no_longer_reads_is_breaking(yesterday: dict[str, Any]) -> None:
    del yesterday["loan.lost.v1"]["examples"][0]["data"]["patron"]
    [change] = changes(yesterday, event_schemas())
    assert (change.difference.path, change.difference.breaking) == ("examples[0]", True)
    assert "patron" in change.difference.what


def test_schemas_are_read_from_a_git_revision(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
        subprocess.run(("git", "-C", str(tmp_path), *identity, *words), check=True, capture_output=True)

    write_documents(tmp_path)
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "contracts")
    (tmp_path / SCHEMAS / "loan.lost.v1.schema.json").unlink()
    assert schemas_of_revision(tmp_path, "HEAD", SCHEMAS) == event_schemas()
    assert schemas_on_disk(tmp_path / SCHEMAS).keys() == event_schemas().keys() - {"loan.lost.v1"}
    with pytest.raises(LookupError, match="no-such-branch"):
        schemas_of_revision(tmp_path, "no-such-branch", SCHEMAS)

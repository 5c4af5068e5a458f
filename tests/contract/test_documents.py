"""The committed documents are what the contracts say today, and other tools can read them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from shared.bus import messages
from shared.events import CONTRACTS
from shared.events.reference import DOCS, ROOT, SCHEMAS, documents, outdated, write_documents
from shared.events.reference.asyncapi import HEADERS
from shared.events.topics import topics


@pytest.fixture(scope="module")
def asyncapi() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / DOCS / "asyncapi.yaml").read_text(encoding="utf-8"))
    return document


def test_committed_documents_are_up_to_date() -> None:
    assert outdated() == []


def test_writing_is_deterministic_and_removes_what_describes_nothing(tmp_path: Path) -> None:
    write_documents(tmp_path)
    assert outdated(tmp_path) == []
    gone = SCHEMAS / "loan.forgotten.v1.schema.json"
    (tmp_path / gone).write_text("{}")
    (tmp_path / DOCS / "README.md").write_text("by hand")
    assert outdated(tmp_path) == [DOCS / "README.md", gone]
    write_documents(tmp_path)
    assert {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()} == documents().keys()
    assert outdated(tmp_path) == []


def test_each_topic_is_a_channel_and_each_party_an_operation(asyncapi: dict[str, Any]) -> None:
    assert asyncapi["channels"].keys() == topics().keys()
    received = {name for name, operation in asyncapi["operations"].items() if operation["action"] == "receive"}
    assert received == {f"{reader}.receive.{topic.name}" for topic in topics().values() for reader in topic.readers}
    sent = set(asyncapi["operations"]) - received
    assert sent == {
        f"{service}.send.{topic.name}"
        for topic in topics().values()
        for services in topic.types.values()
        for service in services
    }


def test_each_reference_of_the_asyncapi_document_leads_somewhere(asyncapi: dict[str, Any]) -> None:
    references = list(_references(asyncapi))
    assert len(references) > len(list(CONTRACTS))
    for reference in references:
        file, _, pointer = reference.partition("#")
        assert not file or (ROOT / DOCS / file).is_file()
        node: Any = asyncapi
        for part in pointer.strip("/").split("/") if pointer else ():
            node = node[part]


def test_a_compacted_channel_says_that_a_key_may_be_gone(asyncapi: dict[str, Any]) -> None:
    with_tombstone = {name for name, channel in asyncapi["channels"].items() if "gone" in channel["messages"]}
    assert with_tombstone == {topic.name for topic in topics().values() if topic.compacted}


def test_the_picture_names_every_topic_and_every_party() -> None:
    drawn = ElementTree.parse(ROOT / DOCS / "producers-and-readers.svg")
    words = set(re.findall(r"[a-z-]+", " ".join(drawn.getroot().itertext())))
    table = [topic for topic in topics().values() if not topic.name.endswith(".dead")]
    assert words >= {topic.name for topic in table}
    assert words >= {reader for topic in table for reader in topic.readers}
    assert words >= {service for topic in table for services in topic.types.values() for service in services}


def test_the_page_links_only_to_what_exists() -> None:
    text = (ROOT / DOCS / "README.md").read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)]+)\)", text) if not link.startswith("https://")]
    assert len(links) > len(list(CONTRACTS))
    assert [link for link in links if not (ROOT / DOCS / link).exists()] == []


def test_the_headers_described_are_the_headers_sent() -> None:
    assert HEADERS.keys() == {value for name, value in vars(messages).items() if name.startswith("HEADER_")}


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from ([node["$ref"]] if isinstance(node.get("$ref"), str) else [])
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)

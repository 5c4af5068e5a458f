from __future__ import annotations

from typing import ClassVar

from shared.events import CONTRACTS, EventData, circulation
from shared.events.documents import DocumentScanned
from shared.events.reference.consistency import contradictions
from shared.events.topics import Topic, dead_topic, topics


def documents(**changed: object) -> dict[str, Topic]:
    table = topics()["documents"].model_dump()
    return {**topics(), "documents": Topic(**{**table, **changed})}


def test_the_table_the_models_and_the_examples_agree() -> None:
    assert contradictions(topics(), CONTRACTS) == []


def test_a_listed_type_needs_a_model() -> None:
    without = [model for model in CONTRACTS if model is not DocumentScanned]
    assert contradictions(topics(), without) == [
        "topic documents lists document.scanned, which no model describes",
        "examples of document.scanned v1, which no model describes",
    ]


def test_a_model_needs_a_topic_that_lists_it_and_an_example() -> None:
    class DocumentMoved(EventData):
        name: ClassVar[str] = "document.moved"
        topic: ClassVar[str] = "documents"

    class ShelfBuilt(EventData):
        name: ClassVar[str] = "shelf.built"
        topic: ClassVar[str] = "shelves"

    assert contradictions(topics(), [*CONTRACTS, DocumentMoved, ShelfBuilt]) == [
        "document.moved: its topic documents does not list it",
        "shelf.built: its topic shelves is not in the table",
        "document.moved v1 has no example",
        "shelf.built v1 has no example",
    ]


def test_every_dead_letter_topic_must_list_the_dead_letter() -> None:
    name = dead_topic(topics()["documents"].readers[0])
    table = {**topics(), name: Topic(**{**topics()[name].model_dump(), "types": {}})}
    assert contradictions(table, CONTRACTS) == [f"message.dead-lettered: its topic {name} does not list it"]


def test_a_planned_type_has_no_model_yet() -> None:
    assert contradictions(documents(planned={"page.read": "ocr"}), CONTRACTS) == [
        "topic documents lists page.read as planned, but it has a model: move it to types"
    ]


def test_readers_and_producers_are_services() -> None:
    table = documents(planned={"document.moved": "warehouse"}, readers=("museum-shelves", "ocrdocuments"))
    known = "does not begin with a service (ingest, ocr, catalog, stats, notify, bus)"
    assert contradictions(table, CONTRACTS) == [
        f"topic documents: reader museum-shelves {known}",
        f"topic documents: reader ocrdocuments {known}",
        "topic documents: producer warehouse of document.moved is no service",
    ]


def test_an_example_must_be_readable() -> None:
    class LoanLost(circulation.LoanLost):
        branch: str

    models = [LoanLost if model is circulation.LoanLost else model for model in CONTRACTS]
    assert contradictions(topics(), models) == [
        "example given-up of loan.lost v1 is not readable: branch: Field required"
    ]

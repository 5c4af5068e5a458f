"""Whatever a comparison says can be read by a person."""

from functools import cache
from importlib.resources import files
from typing import Any

import pytest
import yaml

from services.catalog import matching
from services.catalog.identity import describe
from services.catalog.matching.comparison import agreements_of
from services.catalog.matching.fields import FIELDS
from services.catalog.matching.weights import shipped
from shared.web.problems import Messages
from tests.editions.sets import pairs

RULES: dict[str, Any] = yaml.safe_load(files(matching).joinpath("rules.yaml").read_text("utf-8"))
MESSAGES = Messages("services.catalog")
SILENT = "none"


@cache
def said_of_the_labelled_pairs() -> frozenset[tuple[str, str]]:
    compared = (agreements_of(describe(each.left.record), describe(each.right.record)) for each in pairs("tuned"))
    return frozenset((field, code) for agreements in compared for field, code in agreements.items())


def said_by_the_data() -> set[tuple[str, str]]:
    tables = [RULES[name] for name in ("vetoes", "doubts", "contradictions", "houses")]
    tables += [*RULES["needed"], RULES["support"]["of"], shipped().shares]
    return {(field, code) for table in tables for field, codes in table.items() for code in codes}


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_agreement_has_a_text(language: str) -> None:
    said = {(field, code) for field, code in said_of_the_labelled_pairs() | said_by_the_data() if code != SILENT}
    assert len(said) > len(FIELDS)
    assert all(MESSAGES.text(f"evidence-{field}-{code}", language) for field, code in said)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_field_has_a_name(language: str) -> None:
    assert all(MESSAGES.text(f"field-{field}", language) for field in FIELDS)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_veto_has_a_text(language: str) -> None:
    assert all(MESSAGES.text(f"veto-{field}", language) for field in {*RULES["vetoes"], "isbn"})

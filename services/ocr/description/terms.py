"""The rules' words and numbers, read once from terms.yaml and rules.yaml."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

HERE = Path(__file__).parent


class Bodies(BaseModel):
    named: tuple[str, ...]
    purpose: tuple[str, ...]
    french: tuple[str, ...]


class Qualifiers(BaseModel):
    joint: tuple[str, ...]
    other: tuple[str, ...]


class Terms(BaseModel):
    """See terms.yaml."""

    model_config = ConfigDict(frozen=True)

    types: dict[str, tuple[str, str]]
    qualifiers: Qualifiers
    abbreviations: tuple[str, ...]
    mottoes: dict[str, str]
    bodies: Bodies
    phrases: tuple[str, ...]
    units: tuple[str, ...]
    openers: tuple[str, ...]
    offices: tuple[str, ...]
    surnames: tuple[str, ...]
    credits: tuple[str, ...]
    degrees: tuple[str, ...]
    notices: tuple[str, ...]
    mastheads: tuple[str, ...]
    periodicals: tuple[str, ...]
    maps: tuple[str, ...]
    places: tuple[str, ...]


class Rules(BaseModel):
    """See rules.yaml."""

    model_config = ConfigDict(frozen=True)

    similarity: float
    heading_tokens: int
    confidence: dict[str, float]
    unmeasured: float = 0.5

    def sure(self, rule: str) -> float:
        return self.confidence.get(rule, self.unmeasured)


@cache
def terms() -> Terms:
    return Terms.model_validate(yaml.safe_load((HERE / "terms.yaml").read_text("utf-8")))


@cache
def rules() -> Rules:
    return Rules.model_validate(yaml.safe_load((HERE / "rules.yaml").read_text("utf-8")))

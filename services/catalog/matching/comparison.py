"""Two descriptions compared field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from services.catalog.identity import Description, Row


class Verdict(StrEnum):
    """What is to be done with a pair."""

    MERGE = "merge"
    REVIEW = "review"
    APART = "apart"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one field says: `agreement` is a code whose text stands in messages, `weight` its share of the log odds."""

    field: str
    agreement: str
    weight: float
    left: str = ""
    right: str = ""

    def as_row(self) -> Row:
        return {
            "field": self.field,
            "agreement": self.agreement,
            "weight": self.weight,
            "left": self.left,
            "right": self.right,
        }

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Self:
        return cls(row["field"], row["agreement"], row["weight"], row["left"], row["right"])


@dataclass(frozen=True, slots=True)
class Comparison:
    """`score` 0..1: how likely both are of one edition; `vetoes`: fields that rule it out whatever the score."""

    evidence: tuple[Evidence, ...]
    score: float
    vetoes: tuple[str, ...]
    verdict: Verdict


def compare(left: Description, right: Description) -> Comparison:
    """Symmetric but for the sides of the evidence."""
    same = bool(left.title_exact) and left.title_exact == right.title_exact
    score = 1.0 if same else 0.0
    evidence = (Evidence("title", "equal" if same else "differs", score, left.title, right.title),)
    return Comparison(evidence, score, (), Verdict.MERGE if same else Verdict.APART)

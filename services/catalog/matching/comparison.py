"""Two descriptions compared field by field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import exp
from typing import Any, Self

from services.catalog.identity import Description, Row
from services.catalog.matching.fields import FIELDS
from services.catalog.matching.rules import Agreements, is_doubtful, is_presumed, vetoes_of
from services.catalog.matching.weights import Weights, shipped

_MOST = 700.0
"""Log odds beyond which exp would overflow."""


class Verdict(StrEnum):
    """What is to be done with a pair."""

    MERGE = "merge"
    PRESUME = "presume"
    """One edition, unless another in sight could be meant as well; then a person decides."""
    REVIEW = "review"
    APART = "apart"

    @property
    def ties(self) -> bool:
        """Whether the pair may come to stand in one cluster without a person."""
        return self in {Verdict.MERGE, Verdict.PRESUME}


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


def agreements_of(left: Description, right: Description) -> dict[str, str]:
    """The code of every field."""
    return {name: agreement(left, right) for name, agreement in FIELDS.items()}


def compare(left: Description, right: Description, weights: Weights | None = None) -> Comparison:
    """Symmetric but for the sides of the evidence. Silent fields (nothing on either side) are left out of it."""
    used = weights or shipped()
    agreements = agreements_of(left, right)
    shares = {field: used.shares.get(field, {}).get(code, 0.0) for field, code in agreements.items()}
    score = _probability(used.base + sum(shares.values()))
    vetoes = vetoes_of(agreements)
    evidence = tuple(
        Evidence(field, code, shares[field], shown(left, field), shown(right, field))
        for field, code in agreements.items()
        if code != "none"
    )
    return Comparison(evidence, score, vetoes, _verdict(score, vetoes, agreements, used))


def _verdict(score: float, vetoes: tuple[str, ...], agreements: Agreements, weights: Weights) -> Verdict:
    if vetoes or score < weights.review:
        return Verdict.APART
    if score >= weights.merge and not is_doubtful(agreements):
        return Verdict.MERGE
    return Verdict.PRESUME if is_presumed(agreements) else Verdict.REVIEW


def _probability(log_odds: float) -> float:
    return round(1 / (1 + exp(-max(-_MOST, min(_MOST, log_odds)))), 4)


def shown(description: Description, field: str) -> str:
    """A field of a description as a person reads it."""
    return _SHOWN[field](description)


_SHOWN: Mapping[str, Callable[[Description], str]] = {
    "title": lambda d: d.title,
    "volume": lambda d: ", ".join(" ".join(filter(None, (part.number, part.name))) for part in d.parts),
    "people": lambda d: "; ".join(name.display for name in d.people),
    "translators": lambda d: "; ".join(name.display for name in d.people if name.role == "trl"),
    "edition": lambda d: d.edition,
    "year": lambda d: str(d.year or ""),
    "publisher": lambda d: "; ".join(d.publishers),
    "place": lambda d: "; ".join(d.places),
    "pages": lambda d: str(d.pages or ""),
    "height": lambda d: str(d.height_cm or ""),
    "isbn": lambda d: "; ".join(d.isbns),
    "issn": lambda d: "; ".join(d.issns),
    "other_ids": lambda d: "; ".join(d.other_ids),
    "series": lambda d: "; ".join(d.series),
    "class": lambda d: "; ".join(d.classes),
    "form": lambda d: " ".join(filter(None, (d.form.value, d.carrier))),
    "level": lambda d: d.host or d.level.value,
    "language": lambda d: d.language,
}

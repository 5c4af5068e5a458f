"""What each agreement weighs, and from which score a pair is merged or shown to a person: data, fitted from labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

import yaml

FITTED = Path(__file__).with_name("weights.yaml")


@dataclass(frozen=True, slots=True)
class Weights:
    """Log odds: `base` and one share for each field's agreement; an agreement that is not listed weighs nothing.

    `merge` and `review`: scores from which a pair is merged, or else asked about.
    """

    base: float
    shares: Mapping[str, Mapping[str, float]]
    merge: float
    review: float

    @classmethod
    def of_yaml(cls, text: str) -> Self:
        loaded: Mapping[str, Any] = yaml.safe_load(text)
        return cls(loaded["base"], loaded["shares"], loaded["merge"], loaded["review"])

    def as_yaml(self) -> str:
        shares = {field: dict(codes) for field, codes in self.shares.items()}
        said = {"merge": self.merge, "review": self.review, "base": self.base, "shares": shares}
        return yaml.safe_dump(said, sort_keys=False, allow_unicode=True)


@cache
def shipped() -> Weights:
    """The weights of this release."""
    return Weights.of_yaml(FITTED.read_text("utf-8"))

"""The fitted model: signals in, expected character error rate out. tests.benchmarks.ocr_trust writes model.json."""

import json
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from services.ocr.trust.signals import Signals

Basis = Literal["page", "text"]


class Split(BaseModel):
    """A signal and where it divides: up to `at` go on with `low`, the others with `high`; a number is the answer."""

    model_config = ConfigDict(frozen=True)

    signal: str
    at: float
    low: "Split | float"
    high: "Split | float"


class Fit(BaseModel):
    """Boosted trees: the score is `base` and the answers of all. scores and errors: what a score means, in steps;
    between two steps it is interpolated.
    """

    model_config = ConfigDict(frozen=True)

    base: float
    trees: tuple[Split, ...]
    scores: tuple[float, ...]
    errors: tuple[float, ...]

    def expected_error(self, signals: Signals) -> float:
        score = self.base + sum(answer(tree, signals) for tree in self.trees)
        return float(np.interp(score, self.scores, self.errors))


class Model(BaseModel):
    """A fit for readings of pages and one for bare texts. measured: on what, when, by which command."""

    model_config = ConfigDict(frozen=True)

    measured: str
    fits: dict[Basis, Fit]


@cache
def model() -> Model:
    return Model.model_validate(json.loads(Path(__file__).with_name("model.json").read_text("utf-8")))


def expected_error(basis: Basis, signals: Signals) -> float:
    """0 to 1."""
    return round(model().fits[basis].expected_error(signals), 4)


def answer(node: Split | float, signals: Signals) -> float:
    while isinstance(node, Split):
        node = node.low if signals[node.signal] <= node.at else node.high
    return node

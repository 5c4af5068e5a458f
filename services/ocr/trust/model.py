"""The fitted model: signals in, expected character error rate out. tests.benchmarks.ocr_trust writes model.json."""

import json
from functools import cache
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict

from services.ocr.trust.signals import Signals


class Fit(BaseModel):
    """A score, linear in the signals, and the error rate at each of its knots; between knots it is interpolated."""

    model_config = ConfigDict(frozen=True)

    weights: dict[str, float]
    bias: float
    scores: tuple[float, ...]
    errors: tuple[float, ...]


class Fits(BaseModel):
    """One fit for each group of signals, the richest first. measured: on what, when, by which command."""

    model_config = ConfigDict(frozen=True)

    measured: str
    fits: tuple[Fit, ...]


@cache
def fits() -> Fits:
    return Fits.model_validate(json.loads(Path(__file__).with_name("model.json").read_text("utf-8")))


def expected_error(signals: Signals) -> float:
    """0 to 1, by the richest fit whose signals are all there."""
    fit = next(fit for fit in fits().fits if fit.weights.keys() <= signals.keys())
    score = fit.bias + sum(weight * signals[name] for name, weight in fit.weights.items())
    return round(float(np.interp(score, fit.scores, fit.errors)), 4)

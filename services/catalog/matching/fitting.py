"""Weights from labels: logistic regression over the agreements, drawn towards weights that are known already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from services.catalog.identity import Description
from services.catalog.matching.comparison import Verdict, agreements_of, compare
from services.catalog.matching.intervals import Share
from services.catalog.matching.rules import Agreements, is_weighed, vetoes_of
from services.catalog.matching.weights import Weights, shipped

PULL = 1.0
"""Strength of the pull towards the prior weights: what the square of a change of 1 costs, in log likelihood, twice."""
FOLDS = 5
STEPS = 50
SMALL_STEP = 1e-6

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Column = tuple[str, str]
"""Field and code."""


@dataclass(frozen=True, slots=True)
class Label:
    """What a person said of a pair. `group`: pairs that share it stay in one fold, for they know of each other."""

    left: Description
    right: Description
    same: bool
    group: str


@dataclass(frozen=True, slots=True)
class Report:
    """How weights do. Of `fit` by cross-validation: each fold is judged by weights that were fitted without it."""

    labels: int
    precision: Share
    """Of the pairs that would be merged."""
    recall: Share
    """Of the pairs of one edition: merged without a person."""
    asked: Share
    """Of all pairs: shown to a person."""


def fit(labels: Sequence[Label], prior: Weights | None = None, pull: float = PULL) -> tuple[Weights, Report]:
    """Weights for `labels` and how well they do on pairs they have not seen.

    `prior`: where few labels say nothing, its weights stay; its thresholds are kept. None: the shipped ones.
    """
    known = prior or shipped()
    judged = [pair for fold in range(FOLDS) for pair in _fold(labels, fold, known, pull)]
    return _fitted(labels, known, pull), _report(judged)


def judge(labels: Sequence[Label], weights: Weights | None = None) -> Report:
    """How well weights do on labels; no fair judgement of weights that were fitted from these."""
    known = weights or shipped()
    return _report([(label.same, compare(label.left, label.right, known).verdict) for label in labels])


@dataclass(frozen=True, slots=True)
class Least:
    """Labels without which fitting is not worth it."""

    labels: int
    of_each: int
    """Of pairs of one edition, and of pairs of two."""
    beside: float
    """Share of the labels by which the weights that a fold is judged by are fitted; below it that says little."""


@cache
def least_labels() -> Least:
    """`fitting.yaml`."""
    return Least(**yaml.safe_load(Path(__file__).with_name("fitting.yaml").read_text("utf-8")))


def least_beside(labels: Sequence[Label]) -> float:
    """The share of the labels that are outside of the greatest fold: small where ties chain most of them together."""
    sizes = Counter(_fold_of(label.group) for label in labels)
    return 1 - max(sizes.values(), default=0) / max(len(labels), 1)


def _fold(labels: Sequence[Label], fold: int, prior: Weights, pull: float) -> list[tuple[bool, Verdict]]:
    kept_out = [label for label in labels if _fold_of(label.group) == fold]
    weights = _fitted([label for label in labels if _fold_of(label.group) != fold], prior, pull)
    return [(label.same, compare(label.left, label.right, weights).verdict) for label in kept_out]


def _fold_of(group: str) -> int:
    return int.from_bytes(blake2b(group.encode(), digest_size=4).digest()) % FOLDS


def _report(judged: Sequence[tuple[bool, Verdict]]) -> Report:
    merged = [same for same, verdict in judged if verdict is Verdict.MERGE]
    asked = sum(verdict is Verdict.REVIEW for _, verdict in judged)
    return Report(
        labels=len(judged),
        precision=Share(sum(merged), len(merged)),
        recall=Share(sum(merged), sum(same for same, _ in judged)),
        asked=Share(asked, len(judged)),
    )


def _fitted(labels: Iterable[Label], prior: Weights, pull: float) -> Weights:
    """Vetoed pairs teach nothing: no weight decides them."""
    rows = [(agreements_of(label.left, label.right), label.same) for label in labels]
    rows = [(agreements, same) for agreements, same in rows if not vetoes_of(agreements)]
    columns = sorted({pair for agreements, _ in rows for pair in agreements.items() if is_weighed(*pair)})
    same = np.array([same for _, same in rows], dtype=float)
    while rows:
        solved = _solve(_matrix(rows, columns), same, _known(prior, columns), pull)
        wrong = {column for column, share in zip(columns, solved[1:], strict=True) if _is_against_sense(*column, share)}
        if not wrong:
            return _weights(prior, dict(zip(columns, solved[1:], strict=True)), float(solved[0]))
        columns = [column for column in columns if column not in wrong]
    return prior


def _is_against_sense(_: str, code: str, share: float) -> bool:
    """What agrees cannot speak against, what differs cannot speak for: such a share is an accident of the labels."""
    return (code.startswith("same") and share < 0) or (code in {"differs", "unsure"} and share > 0)


def _matrix(rows: Sequence[tuple[Agreements, bool]], columns: Sequence[Column]) -> Matrix:
    place = {column: number for number, column in enumerate(columns, start=1)}
    found = np.zeros((len(rows), len(columns) + 1))
    found[:, 0] = 1
    for number, (agreements, _) in enumerate(rows):
        found[number, [place[pair] for pair in agreements.items() if pair in place]] = 1
    return found


def _known(prior: Weights, columns: Sequence[Column]) -> Vector:
    return np.array([prior.base, *(prior.shares.get(field, {}).get(code, 0.0) for field, code in columns)])


def _solve(found: Matrix, same: Vector, known: Vector, pull: float) -> Vector:
    """Newton's method on the penalised likelihood; the penalty makes it strictly convex."""
    weights = known.copy()
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(found @ weights, -500, 500)))
        gradient = found.T @ (chance - same) + pull * (weights - known)
        curvature = (found * (chance * (1 - chance))[:, None]).T @ found + pull * np.eye(len(weights))
        step = np.linalg.solve(curvature, gradient)
        weights -= step
        if np.abs(step).max() < SMALL_STEP:
            break
    return weights


def _weights(prior: Weights, changed: Mapping[Column, float], base: float) -> Weights:
    shares: dict[str, dict[str, Any]] = {field: dict(codes) for field, codes in prior.shares.items()}
    for (field, code), share in changed.items():
        shares.setdefault(field, {})[code] = round(float(share), 3)
    return Weights(round(base, 3), shares, prior.merge, prior.review)

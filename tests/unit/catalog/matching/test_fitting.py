"""Weights from labels: what is fitted, what stays, and how well it is said to do."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from services.catalog.identity import describe
from services.catalog.matching import Weights, shipped
from services.catalog.matching.comparison import agreements_of
from services.catalog.matching.fitting import Label, _matrix, _solve, fit
from services.catalog.matching.intervals import Share
from services.catalog.matching.rules import is_weighed
from services.catalog.matching.weights import FITTED
from tests.editions.sets import descriptions, pairs

DESCRIBED = {each.id: describe(each.record) for each in descriptions("tuned")}
LABELS = [
    Label(DESCRIBED[pair.left.id], DESCRIBED[pair.right.id], pair.same, pair.left.family)
    for pair in pairs("tuned")[::5]
]
BLANK = Weights(0.0, {}, merge=0.95, review=0.3)


def test_the_solution_is_that_of_scikit_learn() -> None:
    rows = [(agreements_of(label.left, label.right), label.same) for label in LABELS]
    columns = sorted({pair for agreements, _ in rows for pair in agreements.items() if is_weighed(*pair)})
    found, same = _matrix(rows, columns), np.array([same for _, same in rows], dtype=float)
    ours = _solve(found, same, np.zeros(len(columns) + 1), 1.0)
    theirs = LogisticRegression(C=1.0, fit_intercept=False, max_iter=10_000, tol=1e-9).fit(found, same)
    assert ours == pytest.approx(theirs.coef_[0], abs=1e-3)


def test_no_labels_leave_the_weights_as_they_are() -> None:
    weights, report = fit([])
    assert weights == shipped()
    assert (report.labels, report.precision.whole) == (0, 0)


def test_few_labels_move_the_weights_a_little() -> None:
    few, _ = fit(LABELS[:3], pull=10.0)
    assert abs(few.base - shipped().base) < 1
    assert (few.merge, few.review) == (shipped().merge, shipped().review)


def test_what_agrees_never_speaks_against_one_edition() -> None:
    weights, _ = fit(LABELS, BLANK, 0.1)
    assert all(codes.get("same", 0) >= 0 >= codes.get("differs", 0) for codes in weights.shares.values())


def test_cross_validation_reports_on_all_labels() -> None:
    _, report = fit(LABELS, BLANK, 0.1)
    assert report.labels == len(LABELS)
    assert report.recall.whole == sum(label.same for label in LABELS)
    assert report.precision.value > 0.98
    assert report.recall.value > 0.55  # what is presumed is not in it


def test_the_order_of_labels_does_not_matter() -> None:
    few = LABELS[::4]
    assert fit(few[::-1], BLANK, 0.1)[0] == fit(few, BLANK, 0.1)[0]


def test_weights_are_kept_as_text() -> None:
    assert Weights.of_yaml(shipped().as_yaml()) == shipped()
    assert FITTED.read_text("utf-8").endswith(shipped().as_yaml())


def test_wilson_intervals() -> None:
    """Values of the worked example in R. Newcombe, Statistics in Medicine 17 (1998): 81 of 263, and 0 of 20."""
    assert Share(81, 263).interval == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert Share(0, 20).interval == pytest.approx((0.0, 0.1611), abs=1e-4)
    assert Share(0, 0).interval == (0.0, 1.0)

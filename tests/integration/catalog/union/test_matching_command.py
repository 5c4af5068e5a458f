"""Weights from what people answered, by command."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.catalog.identity import describe
from services.catalog.matching import Verdict, compare
from services.catalog.matching.fitting import least_labels
from services.catalog.matching.weights import Weights, shipped
from services.catalog.union.command import DONE, Teller
from services.catalog.union.command import _fit as fit
from services.catalog.union.labels import labels_of
from services.catalog.union.store import LABELS
from tests.editions.sets import LabelledPair, pairs
from tests.integration.catalog.exchange.conftest import run
from tests.integration.catalog.union.conftest import Union

ENOUGH = 60


def answered(number: int, pair: LabelledPair) -> dict[str, Any]:
    left, right = f"b-{pair.left.id}", f"b-{pair.right.id}"
    sides = {"left": describe(pair.left.record).as_row(), "right": describe(pair.right.record).as_row()}
    row = {"_id": f"{left}|{right}|{number}", "contributions": [left, right], "same": pair.same, **sides}
    return {**row, "at": datetime.now(UTC)}


def asked() -> list[LabelledPair]:
    """Labelled pairs of which the shipped weights would ask."""
    found = []
    for pair in pairs("tuned"):
        if compare(describe(pair.left.record), describe(pair.right.record)).verdict is Verdict.REVIEW:
            found.append(pair)
        if len(found) == ENOUGH:
            break
    return found


async def match(union: Union, *words: str) -> Any:
    settings = union.runtime.settings
    told = {"MONGO_URL": settings.mongo_url, "MONGO_PREFIX": settings.mongo_prefix}
    told["OBJECT_STORE"] = settings.object_store
    return await run(sys.executable, "-m", "services.catalog", "match", *words, environment=told)


async def test_too_few_answers_are_refused_in_words(union: Union, tmp_path: Path) -> None:
    await union.database[LABELS].insert_many([answered(0, pair) for pair in asked()[:3]])
    out = tmp_path / "weights.yaml"
    done = await match(union, "fit", "--out", str(out), "--language", "en")
    assert (done.status, out.exists()) == (2, False)
    assert f"at least {least_labels().labels}" in done.out


async def test_enough_answers_make_weights_and_a_judgement(union: Union, tmp_path: Path) -> None:
    await union.database[LABELS].insert_many([answered(0, pair) for pair in asked()])
    out = tmp_path / "new" / "weights.yaml"
    done = await match(union, "fit", "--out", str(out), "--language", "en")
    assert done.status == 0, done.out + done.err
    assert all(word in done.out for word in ("Present weights", "by cross-validation", "precision", str(out)))
    fitted = Weights.of_yaml(out.read_text("utf-8"))
    assert (fitted.merge, fitted.review) == (shipped().merge, shipped().review)
    assert fitted.shares != shipped().shares
    judged = await match(union, "judge", "--weights", str(out), "--language", "en")
    assert judged.status == 0
    assert "Present weights" in judged.out
    broken = tmp_path / "broken.yaml"
    broken.write_text("merge: [", "utf-8")
    assert (await match(union, "judge", "--weights", str(broken))).status == 2


@pytest.mark.parametrize("hang_together", [True, False])
def test_a_judgement_of_answers_that_hang_together_says_so(
    hang_together: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [answered(0, pair) for pair in asked()]
    if hang_together:
        rows = [{**row, "contributions": ["b-one", row["contributions"][1]]} for row in rows]
    assert fit(labels_of(rows), shipped(), tmp_path / "weights.yaml", Teller("en")) == DONE
    assert ("hang together (a share of 1.00" in capsys.readouterr().out) == hang_together


@pytest.fixture(scope="module")
def tied() -> list[LabelledPair]:
    return asked()[:2]


def test_the_newest_answer_counts_and_ties_keep_pairs_together(tied: list[LabelledPair]) -> None:
    first, second = (answered(number, pair) for number, pair in enumerate(tied))
    changed = {**first, "same": not first["same"]}
    labels = labels_of([first, second, changed])
    assert [label.same for label in labels] == [changed["same"], second["same"]]
    joined = {**second, "contributions": [first["contributions"][0], second["contributions"][1]]}
    assert len({label.group for label in labels_of([first, joined])}) == 1

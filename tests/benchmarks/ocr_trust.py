"""Calibrates the trust score on tuned-on strips of pages and judges it on held-out ones.

`python -m tests.benchmarks.ocr_trust collect SET [--strips N] [--part I/K]` reads strips (half a small page: cheap
enough to read by the thousand), ordinary and ruined, and keeps readings and true error rates in var/ocr-trust, where
tests.benchmarks.ocr_quality keeps those of whole pages;
`… fit` writes services/ocr/trust/model.json from `tuned`; `… judge` shows what it is worth on `held_out`.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from deploy.local.settings import ROOT
from services.ocr.reading.engine import PageReading
from services.ocr.reading.pool import read_page
from services.ocr.trust import PageTrust, TextTrust, trust_of, trust_of_text
from services.ocr.trust.model import Basis, Fit, Model, Split, model
from services.ocr.trust.signals import Signals, page_signals, text_signals
from services.ocr.trust.trust import limits as trust_limits
from shared.imaging.enclosure import ONE_THREAD
from shared.imaging.shapes import Limits
from shared.vietnamese import fold
from tests.benchmarks.ocr_cases import KEPT, Case, case_of, keep_cases, kept_cases
from tests.pages.grammar import grammar
from tests.pages.sets import Page, SetName, described, strip, wordless

MODEL_FILE = ROOT / "services" / "ocr" / "trust" / "model.json"
LIMITS = Limits()
BAD = 0.05
"""A page with more wrong characters than this must not be published."""
GOOD = 0.02
"""One with fewer should be; between the two either is right."""
FLOOR = 0.002
"""Error rates below this are all the same to the fit."""
NEVER_BETTER = {"odd", "bare", "symbols", "scraps", "unsure", "least_sure", "doubted", "disagreement", "unread"}
"""Signals of which more never means fewer errors."""


def strips(set_name: SetName, count: int) -> Iterator[Page]:
    """count: of each kind of damage; twice as many of each ruinous kind."""
    for number in range(count):
        for kind in described(set_name)["kinds"]:
            yield strip(set_name, kind, number, harsh=False)
        for kind in described(set_name)["harsh"]:
            for more in (2 * number, 2 * number + 1):
                yield strip(set_name, kind, more, harsh=True)
        yield wordless(set_name, number)


def collect(set_name: SetName, count: int, part: int, parts: int) -> None:
    """Part `part` of `parts` of the strips, read and kept."""
    with tempfile.TemporaryDirectory(prefix="strips-") as folder:
        chosen = (page for place, page in enumerate(strips(set_name, count)) if place % parts == part)
        keep_cases(f"{set_name}-strips-{part}", (case for page in chosen for case in cases_of(page, Path(folder))))


def cases_of(page: Page, folder: Path) -> Iterator[Case]:
    """The strip as it was read; and, of some read well, a text ruined in ways that no image is to blame for."""
    reading = read_page(page.save(folder / "strip.png"), "image/png", 1, LIMITS).reading
    case = case_of(page, reading)
    yield case
    chance = random.Random(page.name)
    if case.cer < GOOD and reading.words and chance.random() < SPOILED_SHARE:
        how = chance.choice(list(SPOILERS))
        yield case_of(page, with_text(reading, SPOILERS[how](chance)), spoiled=how)


def lose_marks(_: random.Random) -> Callable[[str], str]:
    """What an engine without Vietnamese leaves."""
    return lambda text: "".join(fold(letter).upper() if letter.isupper() else fold(letter) or letter for letter in text)


def misread_encoding(chance: random.Random) -> Callable[[str], str]:
    """A PDF whose font had a table of its own: every accented letter is always the same wrong one."""
    wrong: dict[str, str] = {}
    return lambda text: "".join(
        wrong.setdefault(letter, chance.choice("µ¸¶·¹¨»¾¼½Æ©ÇÊÈÉË®ÌÐÎÏÑªÒÕÓÔÖ")) if ord(letter) > 127 else letter
        for letter in text
    )


def strike_letters(chance: random.Random) -> Callable[[str], str]:
    """Errors all over the text, as many as a poor reading has, in words the engine was sure of."""
    rate = math.exp(chance.uniform(math.log(0.004), math.log(0.4)))
    letters = "aeioutnhclrđêơưmvsxk1l|.,'"
    return lambda text: "".join(
        chance.choice(letters) if letter.isalpha() and chance.random() < rate else letter for letter in text
    )


def leave(_: random.Random) -> Callable[[str], str]:
    return lambda text: text


def texts(set_name: SetName) -> Iterator[tuple[str, float]]:
    """Texts that never were an image, of a page to a small book, good and spoiled, with their error rates."""
    for number in range(TEXTS):
        chance = random.Random(f"text/{set_name}/{number}")
        lines = chance.choice([15, 40, 120])
        kinds = ("sentence", "sentence", "article", "basis", "french")
        text = "\n".join(grammar(set_name).say(chance.choice(kinds), chance) for _ in range(lines))
        spoil = chance.choice([leave, leave, lose_marks, misread_encoding, strike_letters, strike_letters])(chance)
        spoiled = "\n".join(map(spoil, text.splitlines()))
        yield spoiled, sum(one != other for one, other in zip(text, spoiled, strict=True)) / len(text)


SPOILERS: dict[str, Callable[[random.Random], Callable[[str], str]]] = {
    "marks lost": lose_marks,
    "wrong encoding": misread_encoding,
    "letters struck": strike_letters,
}
SPOILED_SHARE = 0.4
TEXTS = 600
WHOLE = 0.05
WORDLESS = "/wordless/"


def with_text(reading: PageReading, spoil: Callable[[str], str]) -> PageReading:
    words = tuple(word.model_copy(update={"text": spoil(word.text)}) for word in reading.words)
    return reading.model_copy(update={"words": words, "text": spoil(reading.text)})


def fit() -> None:
    """Boosted trees on the logit of the error rate, then isotonic steps from their score to the error rate."""
    known = [case for case in kept_cases("tuned") if case.reading.words]
    errors = np.array([case.cer for case in known])
    written = [*texts("tuned"), *((case.reading.text, case.cer) for case in known if case.missing < WHOLE)]
    fits: dict[Basis, Fit] = {
        "page": fit_trees([page_signals(case.reading) for case in known], errors),
        "text": fit_trees([text_signals(text) for text, _ in written], np.array([error for _, error in written])),
    }
    fitted = Model(
        measured=(
            f"{len(known)} readings of the tuned-on set, {sum(errors > BAD)} of them bad, "
            f"and for bare texts on {len(written)}; "
            f"{datetime.now(UTC).date()}; python -m tests.benchmarks.ocr_trust fit"
        ),
        fits=fits,
    )
    MODEL_FILE.write_text(fitted.model_dump_json() + "\n", "utf-8")


def fit_trees(rows: list[Signals], errors: NDArray[np.float64]) -> Fit:
    """The steps are fitted to what trees say of readings that they have not seen (five folds).

    They too are fitted to logits: among a hundred good readings one lost page would lift the mean of all above the
    limit, but not what is usual among them.
    """
    from sklearn.base import clone
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.isotonic import IsotonicRegression
    from sklearn.model_selection import KFold, cross_val_predict

    names = sorted(rows[0])
    table = np.array([[row[name] for name in names] for row in rows])
    logits = logit_of_error(errors)
    growing = HistGradientBoostingRegressor(
        max_iter=300,
        max_depth=2,
        learning_rate=0.04,
        min_samples_leaf=8,
        l2_regularization=1.0,
        monotonic_cst=[1 if name in NEVER_BETTER else 0 for name in names],
        random_state=0,
    )
    unseen = cross_val_predict(clone(growing), table, logits, cv=KFold(5, shuffle=True, random_state=0))
    steps = IsotonicRegression(out_of_bounds="clip").fit(unseen, logits)
    grown = growing.fit(table, logits)
    return Fit(
        base=float(grown._baseline_prediction.item()),
        trees=tuple(split(names, trees[0].nodes, 0) for trees in grown._predictors),
        scores=tuple(round(float(score), 4) for score in steps.X_thresholds_),
        errors=tuple(round(float(error), 5) for error in error_of_logit(steps.y_thresholds_)),
    )


def logit_of_error(errors: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.log((errors + FLOOR) / (1 + FLOOR - errors)), np.float64)


def error_of_logit(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Inverse of `logit_of_error`."""
    return np.asarray((1 + 2 * FLOOR) / (1 + np.exp(-logits)) - FLOOR, np.float64).clip(0, 1)


def split(names: list[str], nodes: Any, place: int) -> Any:
    node = nodes[place]
    if node["is_leaf"]:
        return round(float(node["value"]), 6)
    low, high = (split(names, nodes, int(node[side])) for side in ("left", "right"))
    return Split(signal=names[node["feature_idx"]], at=float(node["num_threshold"]), low=low, high=high)


def judge() -> dict[str, Any]:
    """What the fitted model says of the held-out strips, kept in var/ocr-trust/judged.json."""
    known = kept_cases("held_out")
    by_page = [trust_of(case.reading) for case in known]
    whole = [case for case in known if case.missing < WHOLE]
    by_text = [trust_of_text(case.reading.text) for case in whole]
    judged = {
        "strips": len(known),
        "bad": sum(case.cer > BAD for case in known),
        "good": sum(case.cer <= GOOD for case in known),
        "wordless": wordless_held_back(known, by_page),
        "page": verdicts(known, by_page, trust_limits().publish),
        "text": verdicts(whole, by_text, trust_limits().publish),
        "confidence": rank_correlation([case.cer for case in known], [-case.reading.confidence for case in known]),
        "decisions": decisions(known, by_page),
        "points": [[case.cer, trust.expected_cer] for case, trust in zip(known, by_page, strict=True)],
        "missed": [case.name for case, trust in zip(known, by_page, strict=True) if missed(case, trust)],
        "model": model().measured,
    }
    (KEPT / "judged.json").write_text(json.dumps(judged, ensure_ascii=False), "utf-8")
    return judged


def wordless_held_back(known: list[Case], trusts: Sequence[PageTrust]) -> dict[str, int]:
    """Of the good, those of sheets that say nothing: ink in which nothing was read may always be a lost text."""
    good = [(case, trust) for case, trust in zip(known, trusts, strict=True) if case.cer <= GOOD]
    silent = [trust for case, trust in good if WORDLESS in case.name]
    held_back = sum(trust.decision != "publish" for _, trust in good)
    silent_held_back = sum(trust.decision != "publish" for trust in silent)
    return {"good": len(silent), "held_back": silent_held_back, "others_held_back": held_back - silent_held_back}


def missed(case: Case, trust: TextTrust) -> bool:
    return case.cer > BAD and trust.decision == "publish"


def verdicts(known: list[Case], trusts: Sequence[TextTrust], chosen: float) -> dict[str, Any]:
    """Correlation with the truth, and what each threshold for publishing would catch and hold back."""
    true = np.array([case.cer for case in known])
    expected = np.array([trust.expected_cer for trust in trusts])
    return {
        "correlation": round(float(np.corrcoef(true, expected)[0, 1]), 3),
        "rank_correlation": rank_correlation(true, expected),
        "mean_distance": round(float(np.abs(true - expected).mean()), 4),
        "thresholds": [
            {
                "publish": threshold,
                "caught": round(float((expected[true > BAD] > threshold).mean()), 4),
                "held_back": round(float((expected[true <= GOOD] > threshold).mean()), 4),
            }
            for threshold in sorted({0.005, 0.01, 0.015, 0.02, 0.025, 0.03, 0.035, 0.04, 0.05, 0.07, 0.1, chosen})
        ],
    }


def rank_correlation(one: Sequence[float] | NDArray[np.float64], other: Sequence[float] | NDArray[np.float64]) -> float:
    """Spearman's, ties sharing their rank."""
    from scipy.stats import spearmanr

    return round(float(spearmanr(one, other).statistic), 3)


def decisions(known: list[Case], trusts: Sequence[PageTrust]) -> dict[str, dict[str, int]]:
    """How many good, middling and bad strips got which decision."""
    table: dict[str, dict[str, int]] = {}
    for case, trust in zip(known, trusts, strict=True):
        row = table.setdefault("good" if case.cer <= GOOD else "bad" if case.cer > BAD else "between", {})
        row[trust.decision] = row.get(trust.decision, 0) + 1
    return table


def show(judged: dict[str, Any]) -> None:
    console = Console()
    console.print({name: judged[name] for name in ("strips", "bad", "good", "confidence", "decisions", "missed")})
    for signals in ("page", "text"):
        rows = judged[signals].pop("thresholds")
        console.print(signals, judged[signals])
        table = Table(*rows[0])
        for row in rows:
            table.add_row(*map(str, row.values()))
        console.print(table)


def main() -> None:
    os.environ.update(ONE_THREAD)
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.ocr_trust", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    collecting = commands.add_parser("collect")
    collecting.add_argument("set", choices=["tuned", "held_out"])
    collecting.add_argument("--strips", type=int, default=22)
    collecting.add_argument("--part", default="0/1")
    commands.add_parser("fit")
    commands.add_parser("judge")
    options = parser.parse_args()
    if options.command == "collect":
        part, parts = map(int, options.part.split("/"))
        collect(options.set, options.strips, part, parts)
    elif options.command == "fit":
        fit()
    else:
        show(judge())


if __name__ == "__main__":
    main()

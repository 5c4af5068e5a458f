"""`ocr.description.title`, `.issuer`, `.number`, `.date`: how often a draft's field is right, in percent.

Over the newest split, beside the aim. It has been looked at since its first run, so `unseen`, what that first run gave,
is the figure to believe. Generated documents in five ways each; no engine reads anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import yaml

from tests.benchmarks.description import generator
from tests.benchmarks.description.scores import Score, accuracy, scores
from tests.benchmarks.figures import Figure

COMMAND = "python -m tests.benchmarks --only ocr.description"
SPLITS = ("tuning", "rehearsal", "second_rehearsal", "held_out", "fresh", "fresh_2", "fresh_3")
NEWEST = SPLITS[-1]
AIM = 95.0
AIMED = ("title", "number", "date", "issuer")


def scored(cases: Iterable[generator.Case]) -> list[Score]:
    return [score for case in cases for score in scores(case)]


def require_frozen() -> None:
    """ValueError where a frozen split is not what it was."""
    changed = [split for split, digest in generator.FROZEN.items() if generator.digest(split) != digest]
    if changed:
        raise ValueError(f"not as they were frozen: {', '.join(changed)}")


def figures() -> Iterator[Figure]:
    """One for each field the aim names."""
    require_frozen()
    first = yaml.safe_load((generator.RESOURCES / "first_measures.yaml").read_text("utf-8"))
    found = {split: scored(generator.cases(split)) for split in SPLITS}
    newest = accuracy(found[NEWEST])
    for field in AIMED:
        yield Figure(
            f"ocr.description.{field}",
            unit="%",
            command=COMMAND,
            runs=[percent(*newest[field])],
            baseline=AIM,
            details={
                "cases": newest[field][1],
                "unseen": round(percent(*first[NEWEST][field]), 1),
                "first_measures": {split: measure[field] for split, measure in first.items()},
                "by_way": {way: list(counts[field]) for way, counts in _by_way(found[NEWEST]).items()},
                "splits": {split: list(accuracy(scores)[field]) for split, scores in found.items()},
            },
        )


def percent(right: int, all_: int) -> float:
    return 100 * right / all_


def _by_way(found: Iterable[Score]) -> dict[str, dict[str, tuple[int, int]]]:
    return {way: accuracy(score for score in found if score.way == way) for way in generator.WAYS}

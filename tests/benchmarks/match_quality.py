"""How well records of one edition find each other, on every labelled set, beside the keys that others use.

`python -m tests.benchmarks.match_quality` prints the table and puts the figures into var/bench.json. All pairs of a set
count: precision and recall are of pairs, with Wilson's intervals of 95 %. Merging is judged as it ends, in clusters;
blocking recall is the share of true pairs that share a key; the review share is of the pairs that were candidates.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import pymarc
from rich.console import Console
from rich.table import Table

from services.catalog.identity import Description, describe
from services.catalog.matching import Pair, Verdict, compare, keys_of, partition
from services.catalog.matching.intervals import Share
from tests.benchmarks.figures import Figure, write_figures
from tests.benchmarks.match_baselines import BASELINES
from tests.benchmarks.match_sets import SETS, Sample, is_here

COMMAND = "python -m tests.benchmarks.match_quality"
console = Console()
BASELINE = "title+author+year"
"""Beside which the figures stand: the best of those keys on our sets."""


@dataclass(frozen=True)
class Quality:
    """Of one way to find pairs on one set."""

    precision: Share
    recall: Share

    @property
    def f1(self) -> float:
        both = self.precision.value + self.recall.value
        return 2 * self.precision.value * self.recall.value / both if both else 0.0


@dataclass(frozen=True)
class Run:
    """Ours on one set."""

    merged: Quality
    with_review: Quality
    """Were every question of the queue answered: what precision and recall the queue can still add."""
    blocking: Share
    review: Share
    questions: int
    """Pairs of clusters to ask about: one answer settles both."""
    candidates: float
    """A description."""


def judge(samples: Iterable[Sample]) -> Run:
    """Blocking, comparison and partition, scope by scope."""
    scopes: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        scopes[sample.scope].append(sample)
    runs = [_judge_scope(each) for each in scopes.values()]
    descriptions = sum(run.descriptions for run in runs)
    same = sum(len(run.same) for run in runs)
    return Run(
        merged=_quality((run.merged, run.same) for run in runs),
        with_review=_quality((run.merged | (run.asked & run.same), run.same) for run in runs),
        blocking=Share(sum(len(run.candidates & run.same) for run in runs), same),
        review=Share(sum(len(run.asked) for run in runs), sum(len(run.candidates) for run in runs)),
        questions=sum(run.questions for run in runs),
        candidates=2 * sum(len(run.candidates) for run in runs) / descriptions,
    )


@dataclass(frozen=True)
class _Scope:
    descriptions: int
    same: set[Pair]
    candidates: set[Pair]
    merged: set[Pair]
    asked: set[Pair]
    questions: int


def _judge_scope(samples: list[Sample]) -> _Scope:
    described = {sample.id: describe(sample.record) for sample in samples}
    candidates = blocked(described)
    comparisons = {pair: compare(described[pair[0]], described[pair[1]]) for pair in candidates}
    groups = partition(described, comparisons)
    merged = {pair for group in groups for pair in combinations(sorted(group), 2)}
    asked = {pair for pair, one in comparisons.items() if one.verdict is not Verdict.APART} - merged
    return _Scope(len(samples), true_pairs(samples), candidates, merged, asked, _questions(groups, asked))


def _questions(groups: Iterable[frozenset[str]], asked: set[Pair]) -> int:
    home = {member: min(group) for group in groups for member in group}
    return len({(home[left], home[right]) for left, right in asked})


def blocked(described: Mapping[str, Description]) -> set[Pair]:
    """Pairs that share a key."""
    holders: dict[str, list[str]] = defaultdict(list)
    for name, description in described.items():
        for key in keys_of(description):
            holders[key].append(name)
    return _pairs_within(holders.values())


def true_pairs(samples: Iterable[Sample]) -> set[Pair]:
    editions: dict[tuple[str, str], list[str]] = defaultdict(list)
    for sample in samples:
        editions[sample.scope, sample.edition].append(sample.id)
    return _pairs_within(editions.values())


def _pairs_within(groups: Iterable[Iterable[str]]) -> set[Pair]:
    return {pair for group in groups for pair in combinations(sorted(group), 2)}


def judge_key(samples: Iterable[Sample], key: Callable[[pymarc.Record], str]) -> Quality:
    """Equality of a key as the whole decision."""
    listed = list(samples)
    holders: dict[tuple[str, str], list[str]] = defaultdict(list)
    for sample in listed:
        if found := key(sample.record):
            holders[sample.scope, found].append(sample.id)
    return _quality([(_pairs_within(holders.values()), true_pairs(listed))])


def _quality(runs: Iterable[tuple[set[Pair], set[Pair]]]) -> Quality:
    """Of (found, true) pairs, scope by scope."""
    counts = [(len(found & same), len(found), len(same)) for found, same in runs]
    right, found, same = (sum(column) for column in zip(*counts, strict=True))
    return Quality(Share(right, found), Share(right, same))


def figures() -> Iterator[Figure]:
    """Precision, recall and F1 of each set that is here, each beside the baseline's."""
    for name, samples_of in SETS.items():
        if not is_here(name):
            console.print(f"[yellow]{name} is not on this machine: left out[/]")
            continue
        samples = samples_of()
        run = judge(samples)
        keys = {key: judge_key(samples, key_of) for key, key_of in BASELINES.items()}
        console.print(_table(name, len(samples), run, keys))
        yield from _figures(name, run, keys)


def _figures(name: str, run: Run, keys: Mapping[str, Quality]) -> Iterator[Figure]:
    details = {
        "with_review": _said(run.with_review),
        "baselines": {key: _said(quality) for key, quality in keys.items()},
        "blocking_recall": run.blocking.value,
        "review_share": run.review.value,
        "questions": run.questions,
        "candidates_per_record": round(run.candidates, 1),
    }
    ours, theirs = _said(run.merged), _said(keys[BASELINE])
    for measure in ("precision", "recall", "f1"):
        yield Figure(
            f"match.{name}.{measure}",
            unit="of 1",
            command=COMMAND,
            runs=[ours[measure]],
            baseline=theirs[measure],
            details={**details, **ours},
        )


def _said(quality: Quality) -> dict[str, Any]:
    return {
        "precision": round(quality.precision.value, 4),
        "precision_interval": [round(end, 4) for end in quality.precision.interval],
        "recall": round(quality.recall.value, 4),
        "recall_interval": [round(end, 4) for end in quality.recall.interval],
        "f1": round(quality.f1, 4),
        "pairs": quality.recall.whole,
    }


def _table(name: str, descriptions: int, run: Run, keys: Mapping[str, Quality]) -> Table:
    table = Table(
        title=f"{name}: {descriptions} descriptions, {run.blocking.whole} pairs of one edition",
        caption=f"blocking recall {run.blocking.value:.4f}, {run.candidates:.1f} candidates a record, "
        f"to review {run.review.value:.1%} of candidates, {run.questions} questions",
    )
    for column in ("", "precision", "recall", "F1", "wrong"):
        table.add_column(column)
    for row, quality in {"merged": run.merged, "with review": run.with_review, **keys}.items():
        wrong = quality.precision.whole - quality.precision.part
        table.add_row(row, _shown(quality.precision), _shown(quality.recall), f"{quality.f1:.4f}", str(wrong))
    return table


def _shown(share: Share) -> str:
    low, high = share.interval
    return f"{share.value:.4f} [{low:.4f}-{high:.4f}]"


def main() -> None:
    for figure in figures():
        write_figures({figure.name: figure.entry()})


if __name__ == "__main__":
    main()

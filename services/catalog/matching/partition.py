"""Groups that follow from comparisons: a pure function of the set, whatever order it came in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.catalog.identity import Description
from services.catalog.matching.comparison import Comparison, Verdict

Pair = tuple[str, str]
"""Two ids, the smaller first."""


@dataclass(frozen=True, slots=True)
class Pins:
    """What people decided; it wins over every score and veto, and apart wins over together."""

    together: frozenset[Pair] = frozenset()
    apart: frozenset[Pair] = frozenset()


def partition(
    members: Mapping[str, Description], comparisons: Mapping[Pair, Comparison], pins: Pins = Pins()
) -> list[frozenset[str]]:
    """Every member in exactly one group, groups ordered by their smallest id."""
    groups = {member: frozenset([member]) for member in members}
    edges = [pair for pair, comparison in comparisons.items() if comparison.verdict is Verdict.MERGE]
    for left, right in sorted({*edges, *pins.together} - pins.apart):
        joined = groups[left] | groups[right]
        groups.update(dict.fromkeys(joined, joined))
    return _ordered(groups.values())


def _ordered(groups: Iterable[frozenset[str]]) -> list[frozenset[str]]:
    return sorted(set(groups), key=min)

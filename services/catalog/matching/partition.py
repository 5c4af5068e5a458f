"""Groups that follow from comparisons: a pure function of the set, whatever order it came in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from services.catalog.identity import Description
from services.catalog.matching.comparison import Comparison, Verdict, compare
from services.catalog.matching.rules import is_contradiction

SPOKESMEN = 12
"""Of an edition that hundreds of libraries describe so many differing descriptions are enough to know it by."""
Pair = tuple[str, str]
"""Two ids, the smaller first."""


@dataclass(frozen=True, slots=True)
class Pins:
    """What people decided; it wins over every score and veto, and apart wins over together."""

    together: frozenset[Pair] = frozenset()
    apart: frozenset[Pair] = frozenset()


def partition(
    members: Mapping[str, Description], comparisons: Mapping[Pair, Comparison], pins: Pins | None = None
) -> list[frozenset[str]]:
    """Every member in exactly one group, groups ordered by their smallest id.

    Edges are taken best first, ties by id. Two groups stay apart where any two of their members are apart or contradict
    each other, so that a poor description, which could be of either edition, does not draw two editions together. Of a
    group with more members than SPOKESMEN those with the smallest ids are asked, so that the work grows with the edges
    alone; what people kept apart stays apart in a group of any size. Members that `comparisons` does not hold are
    compared where it matters.
    """
    groups = _Groups(members, comparisons, pins or Pins())
    for pair in groups.edges():
        groups.join(*pair)
    return sorted({id(group): frozenset(group.members) for group in groups.of.values()}.values(), key=min)


@dataclass(slots=True)
class _Group:
    """spokesmen: the members with the smallest ids, in their order."""

    members: list[str]
    spokesmen: list[str]


class _Groups:
    """The groups so far."""

    def __init__(self, members: Mapping[str, Description], comparisons: Mapping[Pair, Comparison], pins: Pins) -> None:
        self.members = members
        self.comparisons = comparisons
        self.pins = pins
        self.of = {member: _Group([member], [member]) for member in members}
        self._kept_from: dict[str, set[str]] = defaultdict(set)
        for left, right in pins.apart:
            self._kept_from[left].add(right)
            self._kept_from[right].add(left)
        self._apart: dict[Pair, bool] = {}

    def edges(self) -> Iterator[Pair]:
        """What people joined, then what is merged, the best first."""
        known = self.members.keys()
        yield from sorted(pair for pair in self.pins.together - self.pins.apart if known >= set(pair))
        merged = ((pair, one.score) for pair, one in self.comparisons.items() if one.verdict is Verdict.MERGE)
        for pair, _ in sorted(merged, key=lambda edge: (-edge[1], edge[0])):
            if pair not in self.pins.apart and pair not in self.pins.together:
                yield pair

    def join(self, left: str, right: str) -> None:
        fewer, more = sorted((self.of[left], self.of[right]), key=lambda group: len(group.members))
        if fewer is more or self._are_kept_apart(fewer, more):
            return
        more.members += fewer.members
        more.spokesmen = sorted(more.spokesmen + fewer.spokesmen)[:SPOKESMEN]
        self.of.update(dict.fromkeys(fewer.members, more))

    def _are_kept_apart(self, fewer: _Group, more: _Group) -> bool:
        if self._kept_from and any(self.of.get(one) is more for each in fewer.members for one in self._kept_from[each]):
            return True
        return any(self._contradict(*pair) for pair in product(fewer.spokesmen, more.spokesmen))

    def _contradict(self, left: str, right: str) -> bool:
        pair = (left, right) if left <= right else (right, left)
        if pair in self.pins.apart or pair in self.pins.together:
            return pair in self.pins.apart
        if pair not in self._apart:
            known = self.comparisons.get(pair) or compare(self.members[pair[0]], self.members[pair[1]])
            contradicted = any(is_contradiction(each.field, each.agreement) for each in known.evidence)
            self._apart[pair] = contradicted or known.verdict is Verdict.APART
        return self._apart[pair]

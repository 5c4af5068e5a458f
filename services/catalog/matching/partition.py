"""Groups that follow from comparisons: a pure function of the set, whatever order it came in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import product
from operator import or_

from services.catalog.identity import Description
from services.catalog.matching.comparison import Comparison, Verdict, compare
from services.catalog.matching.rules import is_contradiction, is_opposed

SPOKESMEN = 12
"""Of an edition that hundreds of libraries describe so many differing descriptions are enough to know it by."""
NEIGHBOURS = 200
"""Groups that one could belong to: to ask each two of so many whether they agree takes a second."""
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
    each other, so that a poor description, which could be of either edition, does not draw two editions together. What
    is only presumed comes last, and not at all where a group could belong to either of two that do not agree, or to
    more than NEIGHBOURS that are not all presumed of each other: then a person is asked. Of a group with more members
    than SPOKESMEN those with the smallest ids are asked, so that the work grows with the edges alone; what people kept
    apart stays apart in a group of any size. Members that `comparisons` does not hold are compared where it matters.
    """
    groups = _Groups(members, comparisons, pins or Pins())
    for pair in groups.edges():
        groups.join(*pair)
    for pair in groups.presumed():
        groups.presume(*pair)
    return sorted({id(group): frozenset(group.members) for group in groups.of.values()}.values(), key=min)


@dataclass(slots=True, eq=False)
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
        self._known: dict[Pair, Comparison] = {}

    def edges(self) -> Iterator[Pair]:
        """What people joined, then what is merged, the best first."""
        known = self.members.keys()
        yield from sorted(pair for pair in self.pins.together - self.pins.apart if known >= set(pair))
        yield from self._found(Verdict.MERGE)

    def presumed(self) -> list[Pair]:
        """What is presumed of groups as they are, the best first, without those that could belong to rivals."""
        agreed: dict[frozenset[_Group], bool] = {}
        ties: list[tuple[Pair, frozenset[_Group]]] = []
        for pair in self._found(Verdict.PRESUME):
            both = frozenset(self.of[one] for one in pair)
            if both not in agreed:
                agreed[both] = len(both) > 1 and self._is_unopposed(*both)
            if agreed[both]:
                ties.append((pair, both))
        torn = self._torn(both for _, both in ties)
        return [pair for pair, both in ties if both.isdisjoint(torn)]

    def _torn(self, ties: Iterable[frozenset[_Group]]) -> set[_Group]:
        """The groups that could belong to rivals."""
        tied = [tuple(both) for both in dict.fromkeys(ties)]
        groups = list(dict.fromkeys(group for both in tied for group in both))
        place = {group: number for number, group in enumerate(groups)}
        near = [0] * len(groups)
        for one, other in tied:
            near[place[one]] |= 1 << place[other]
            near[place[other]] |= 1 << place[one]
        torn = torn_by(near, lambda one, other: self._is_unopposed(groups[one], groups[other]))
        return {groups[number] for number in bits_of(torn)}

    def _found(self, verdict: Verdict) -> Iterator[Pair]:
        found = ((pair, one.score) for pair, one in self.comparisons.items() if one.verdict is verdict)
        for pair, _ in sorted(found, key=lambda edge: (-edge[1], edge[0])):
            if pair not in self.pins.apart and pair not in self.pins.together:
                yield pair

    def presume(self, left: str, right: str) -> None:
        """Join their groups where nothing that these say speaks against one edition."""
        ours, theirs = self.of[left], self.of[right]
        if ours is not theirs and self._is_unopposed(ours, theirs):
            self.join(left, right)

    def _is_unopposed(self, ours: _Group, theirs: _Group) -> bool:
        if self._are_kept_apart(ours, theirs):
            return False
        return not any(self._oppose(*pair) for pair in product(ours.spokesmen, theirs.spokesmen))

    def _oppose(self, left: str, right: str) -> bool:
        pair = (left, right) if left <= right else (right, left)
        if pair in self.pins.together:
            return False
        known = self._comparison(pair)
        return not known.verdict.ties and any(is_opposed(each.field, each.agreement) for each in known.evidence)

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
            known = self._comparison(pair)
            contradicted = any(is_contradiction(each.field, each.agreement) for each in known.evidence)
            self._apart[pair] = contradicted or known.verdict is Verdict.APART
        return self._apart[pair]

    def _comparison(self, pair: Pair) -> Comparison:
        if pair not in self._known:
            self._known[pair] = self.comparisons.get(pair) or compare(self.members[pair[0]], self.members[pair[1]])
        return self._known[pair]


def torn_by(near: Sequence[int], agree: Callable[[int, int], bool]) -> int:
    """Those with two neighbours that are not near each other and do not agree, or with too many to ask them all.

    Sets are the bits of integers: a thousand that are all near each other take no time. near: of each its neighbours.
    """
    torn = sum(1 << one for one, ours in enumerate(near) if ours.bit_count() > NEIGHBOURS and not _is_close(near, ours))
    for one, ours in enumerate(near):
        reached = reduce(or_, (near[each] for each in bits_of(ours & ~torn)), 0)
        for other in bits_of(reached & ~ours & (-2 << one)):
            between = ours & near[other] & ~torn
            if between and not agree(one, other):
                torn |= between
    return torn


def _is_close(near: Sequence[int], some: int) -> bool:
    """Whether each is near all others."""
    return not any(some & ~near[each] & ~(1 << each) for each in bits_of(some))


def bits_of(some: int) -> Iterator[int]:
    """The places of its bits, the lowest first."""
    while some:
        yield (some & -some).bit_length() - 1
        some &= some - 1

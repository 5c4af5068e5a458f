"""Groups are a function of the set: no order of loading changes them."""

from collections import defaultdict
from collections.abc import Mapping
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.catalog.identity import Description, describe
from services.catalog.matching import Comparison, Evidence, Pair, Pins, Verdict, compare, keys_of, partition
from services.catalog.matching.partition import NEIGHBOURS, SPOKESMEN, bits_of, torn_by
from tests.editions.sets import descriptions

DESCRIBED = {each.id: describe(each.record) for each in descriptions("tuned")}
FAMILIES: dict[str, list[str]] = defaultdict(list)
for each in descriptions("tuned"):
    FAMILIES[each.family].append(each.id)


def compared(members: Mapping[str, Description]) -> dict[Pair, Comparison]:
    holders: dict[str, list[str]] = defaultdict(list)
    for name, described in members.items():
        for key in keys_of(described):
            holders[key].append(name)
    found = {pair for names in holders.values() for pair in combinations(sorted(names), 2)}
    return {pair: compare(members[pair[0]], members[pair[1]]) for pair in found}


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_order_gives_the_same_groups(data: st.DataObject) -> None:
    family = data.draw(st.sampled_from(sorted(FAMILIES)))
    order = data.draw(st.permutations(FAMILIES[family]))
    straight = {name: DESCRIBED[name] for name in sorted(FAMILIES[family])}
    mixed = {name: DESCRIBED[name] for name in order}
    comparisons = compared(straight)
    shuffled = dict(data.draw(st.permutations(sorted(comparisons.items(), key=lambda item: item[0]))))
    assert partition(mixed, shuffled) == partition(straight, comparisons)


def test_every_member_is_in_one_group_and_none_holds_a_veto() -> None:
    groups = partition(DESCRIBED, compared(DESCRIBED))
    assert sorted(name for group in groups for name in group) == sorted(DESCRIBED)
    assert groups == sorted(groups, key=min)
    for group in groups:
        assert not any(compare(DESCRIBED[a], DESCRIBED[b]).vetoes for a, b in combinations(sorted(group), 2))


MERGE = Comparison((), 0.99, (), Verdict.MERGE)
BETTER = Comparison((), 0.999, (), Verdict.MERGE)
APART = Comparison((), 0.0, ("edition",), Verdict.APART)
MEMBERS = dict.fromkeys("abcd", Description())


def test_a_poor_description_does_not_draw_two_editions_together() -> None:
    """b could be either: it goes where it fits best."""
    known = {("a", "b"): MERGE, ("b", "c"): BETTER, ("a", "c"): APART}
    abc = {name: MEMBERS[name] for name in "abc"}
    assert partition(abc, known) == [frozenset("a"), frozenset("bc")]


def test_ties_are_broken_by_id() -> None:
    known = {("a", "b"): MERGE, ("b", "c"): MERGE, ("a", "c"): APART}
    abc = {name: MEMBERS[name] for name in "abc"}
    assert partition(abc, known) == [frozenset("ab"), frozenset("c")]


PRESUMED = Comparison((), 0.9, (), Verdict.PRESUME)
OTHER_HOUSE = Comparison((Evidence("publisher", "differs", -5.0),), 0.4, (), Verdict.REVIEW)
DOUBTFUL = Comparison((Evidence("title", "word", -3.0),), 0.4, (), Verdict.REVIEW)


@pytest.mark.parametrize(
    ("between", "expected"),
    [
        (PRESUMED, [frozenset("abc")]),
        (DOUBTFUL, [frozenset("abc")]),
        (OTHER_HOUSE, [frozenset("a"), frozenset("b"), frozenset("c")]),
        (APART, [frozenset("a"), frozenset("b"), frozenset("c")]),
    ],
)
def test_what_is_presumed_holds_unless_it_could_be_either(between: Comparison, expected: list[frozenset[str]]) -> None:
    known = {("a", "b"): PRESUMED, ("b", "c"): PRESUMED, ("a", "c"): between}
    assert partition({name: MEMBERS[name] for name in "abc"}, known) == expected


def test_what_is_merged_comes_before_what_is_presumed() -> None:
    """d says of which house b is: then it is not c's."""
    known = {("a", "b"): PRESUMED, ("b", "c"): PRESUMED, ("b", "d"): MERGE, ("a", "c"): OTHER_HOUSE}
    known |= {("a", "d"): OTHER_HOUSE, ("c", "d"): PRESUMED}
    assert partition(MEMBERS, known) == [frozenset("a"), frozenset("bcd")]


@pytest.mark.parametrize(
    ("pins", "expected"),
    [
        (Pins(together=frozenset({("a", "c")})), [frozenset("ac"), frozenset("b")]),
        (Pins(apart=frozenset({("a", "b")})), [frozenset("a"), frozenset("b"), frozenset("c")]),
        (Pins(frozenset({("a", "b")}), frozenset({("a", "b")})), [frozenset("a"), frozenset("b"), frozenset("c")]),
        (Pins(together=frozenset({("a", "unknown")})), [frozenset("ab"), frozenset("c")]),
    ],
)
def test_what_people_decided_wins(pins: Pins, expected: list[frozenset[str]]) -> None:
    known = {("a", "b"): MERGE, ("b", "c"): APART, ("a", "c"): APART}
    abc = {name: MEMBERS[name] for name in "abc"}
    assert partition(abc, known, pins) == expected


class Asked(dict[Pair, Comparison]):
    """Comparisons that count how many were asked for."""

    count = 0

    def get(self, pair: Pair, default: Comparison | None = None) -> Comparison | None:  # type: ignore[override]
        self.count += 1
        return super().get(pair, default)


@pytest.mark.parametrize("apart", [frozenset(), frozenset({("m0007", "m0190")})])
def test_the_work_grows_with_the_edges_alone(apart: frozenset[Pair]) -> None:
    """An edition that hundreds describe; what people keep apart in it stays apart."""
    described = DESCRIBED[min(DESCRIBED)]
    names = [f"m{number:04}" for number in range(400)]
    star = Asked({("m0000", name): MERGE for name in names[1:]})
    groups = partition(dict.fromkeys(names, described), star, Pins(apart=apart))
    assert sorted(name for group in groups for name in group) == names
    assert sorted(map(len, groups)) == ([1, 399] if apart else [400])
    assert star.count <= len(star) * SPOKESMEN


def test_hundreds_that_are_presumed_of_each_other_are_one() -> None:
    names = [f"m{number:04}" for number in range(300)]
    known = dict.fromkeys(combinations(names, 2), PRESUMED)
    assert partition(dict.fromkeys(names, Description()), known) == [frozenset(names)]


@pytest.mark.parametrize(("leaves", "groups"), [(20, 1), (NEIGHBOURS + 1, NEIGHBOURS + 2)])
def test_what_could_belong_to_very_many_is_left_to_a_person(leaves: int, groups: int) -> None:
    names = [f"m{number:04}" for number in range(leaves + 1)]
    star = {("m0000", name): PRESUMED for name in names[1:]}
    described = DESCRIBED[min(DESCRIBED)]
    assert len(partition(dict.fromkeys(names, described), star)) == groups


@given(st.lists(st.sets(st.integers(0, 7)), min_size=8, max_size=8), st.sets(st.integers(0, 63)))
def test_whoever_has_two_neighbours_that_do_not_agree_is_torn(drawn: list[set[int]], apart: set[int]) -> None:
    """As the rule says it: each two neighbours of each are asked."""
    near = [{b for b in range(8) if b != a and (b in drawn[a] or a in drawn[b])} for a in range(8)]

    def agree(one: int, other: int) -> bool:
        return other in near[one] or min(one, other) * 8 + max(one, other) not in apart

    torn = {one for one in range(8) if not all(agree(*pair) for pair in combinations(sorted(near[one]), 2))}
    assert set(bits_of(torn_by([sum(1 << each for each in some) for some in near], agree))) == torn

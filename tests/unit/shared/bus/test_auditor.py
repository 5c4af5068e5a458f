from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.bus.auditor import MISSING_AT_MOST, OutboxSeen, next_versions

numbers = st.integers(min_value=1, max_value=60)
batches = st.lists(st.sets(numbers, max_size=15), max_size=10)


@given(baseline=st.integers(0, 60), announced=st.integers(0, 60), seen=batches)
def test_missing_is_what_was_announced_above_the_baseline_and_never_seen(
    baseline: int, announced: int, seen: list[set[int]]
) -> None:
    outbox = OutboxSeen()
    outbox.mark(baseline, now=1.0)
    outbox.mark(announced, now=2.0)
    for batch in seen:
        outbox.see(batch)
    expected = set(range(baseline + 1, announced + 1)).difference(*seen)
    assert outbox.missing(before=2.0) == len(expected)


@given(seen=batches)
def test_intervals_hold_exactly_what_was_seen_apart_and_in_order(seen: list[set[int]]) -> None:
    outbox = OutboxSeen()
    for batch in seen:
        outbox.see(batch)
    held = [number for first, last in outbox.intervals for number in range(first, last + 1)]
    assert held == sorted(set().union(*seen))
    ends = [(earlier[1], later[0]) for earlier, later in zip(outbox.intervals, outbox.intervals[1:], strict=False)]
    assert all(first + 1 < second for first, second in ends)


@given(
    marks=st.lists(st.tuples(st.floats(0, 100), st.integers(0, 50)), min_size=1), moments=st.lists(st.floats(0, 100))
)
def test_asking_along_the_way_changes_no_later_answer(marks: list[tuple[float, int]], moments: list[float]) -> None:
    asked, never_asked = OutboxSeen(baseline=0), OutboxSeen(baseline=0)
    for at, sequence in sorted(marks):
        asked.mark(sequence, at)
        never_asked.mark(sequence, at)
    for moment in sorted(moments):
        asked.missing(moment)
    assert asked.missing(101) == never_asked.missing(101)
    assert asked.heard_at == never_asked.heard_at


def test_marks_of_an_idle_outbox_do_not_pile_up() -> None:
    outbox = OutboxSeen()
    for minute in range(1000):
        outbox.mark(7, now=minute)
        outbox.missing(before=minute - 5)
    assert len(outbox.marks) <= 7


def test_a_mark_is_judged_when_its_time_has_come() -> None:
    outbox = OutboxSeen(baseline=0)
    outbox.mark(3, now=100.0)
    assert outbox.missing(before=99.0) == 0
    assert outbox.missing(before=100.0) == 3


@given(st.lists(st.sets(st.integers(1, 30), min_size=1, max_size=8), min_size=1, max_size=10))
def test_versions_missing_are_those_between_the_first_batch_and_the_last(arrived: list[set[int]]) -> None:
    state = None
    for batch in arrived:
        state = next_versions(state, batch, now=1.0)
    assert state is not None
    everything = set().union(*arrived)
    expected = set(range(min(arrived[0]), max(everything) + 1)) - everything
    assert set(map(int, state["missing"])) == expected


def test_a_strangers_version_does_not_fill_the_memory() -> None:
    state = next_versions(next_versions(None, [1], now=1.0), [10**15], now=2.0)
    assert len(state["missing"]) == MISSING_AT_MOST

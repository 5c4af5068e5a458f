"""Whose page is read next."""

from collections import Counter

from services.ocr.documents.turns import Metering, Queue, entrance, next_in_turn
from shared.events.vocabulary import Lane


def queue(library: str, *, weight: float = 1, place: float = 0, lane: Lane = Lane.NORMAL) -> Queue:
    return Queue(library=library, lane=lane, weight=weight, place=place)


def turns(queues: list[Queue], count: int, most: int = 1000) -> list[str]:
    taken = []
    for _ in range(count):
        chosen = next_in_turn(queues, most)
        assert chosen
        chosen.take_turn()
        taken.append(chosen.library)
    return taken


def test_equal_libraries_take_turns() -> None:
    assert turns([queue("a"), queue("b"), queue("c")], 6) == ["a", "b", "c"] * 2


def test_weights_are_shares() -> None:
    assert Counter(turns([queue("a", weight=3), queue("b"), queue("c", weight=0.5)], 90)) == {"a": 60, "b": 20, "c": 10}


def test_who_comes_new_is_next_but_has_no_credit() -> None:
    old = queue("old", place=500)
    new = queue("new", place=entrance([old]))
    assert turns([old, new], 4) == ["new", "old", "new", "old"]


def test_nobody_has_more_with_the_workers_than_allowed() -> None:
    queues = [queue("a"), queue("b", place=100)]
    assert turns(queues, 4, most=2) == ["a", "a", "b", "b"]
    assert next_in_turn(queues, most=2) is None


def test_a_queue_without_pages_has_no_turn() -> None:
    empty = queue("a")
    empty.waiting = False
    assert next_in_turn([empty], most=5) is None


def test_a_weight_is_of_lane_and_library() -> None:
    metering = Metering(3, 100, {Lane.INTERACTIVE: 8, Lane.NORMAL: 1}, {"large": 2})
    assert [metering.weight("large", "interactive"), metering.weight("small", "normal")] == [16, 1]

"""What the counters say beside what the archive says: pure comparison."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from services.stats.counting.increments import Counter, ImpossibleTime, Increment, increments
from shared.events import CONTRACTS, Malformed, NewerVersion, UnknownType


class Difference(NamedTuple):
    """One counter that is not what the archive says."""

    counter: Counter
    counted: int
    archived: int

    def __str__(self) -> str:
        indicator, library, day, collection_class = self.counter
        where = f"{indicator}  {library}  {day}  {collection_class or '-'}"
        return f"{where}  counted {self.counted}, archived {self.archived}"


class Recounted(NamedTuple):
    """What one archived message would add, and the id under which it is counted once."""

    identity: str
    increments: list[Increment]


def recount_message(body: bytes) -> Recounted | None:
    """What a message would be counted as; None for one that counting skips or buries."""
    try:
        event = CONTRACTS.decode(body)
        moved = increments(event)
    except (Malformed, UnknownType, NewerVersion, ImpossibleTime):
        return None
    return Recounted(f"{event.source}|{event.id}", moved) if moved else None


def tally(recounted: Iterable[Recounted], libraries: set[str]) -> Tally[Counter]:
    """The counters of registered libraries; an event comes once."""
    counts: Tally[Counter] = Tally()
    for one in recounted:
        for counter, amount in one.increments:
            if counter.library in libraries:
                counts[counter] += amount
    return counts


def differences(counted: Mapping[Counter, int], archived: Mapping[Counter, int]) -> list[Difference]:
    """Every counter on which the two disagree, in the order of its fields."""
    both = sorted({*counted, *archived})
    pairs = [Difference(counter, counted.get(counter, 0), archived.get(counter, 0)) for counter in both]
    return [pair for pair in pairs if pair.counted != pair.archived]

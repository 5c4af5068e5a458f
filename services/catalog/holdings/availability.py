"""Whether an item can be had now. No I/O.

What events say of an item is kept apart from the record that names it, under the item's number: so an event may come
before its item, and an item keeps its state whichever cluster it comes to stand in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.catalog.holdings.items import Item, Lending
from services.catalog.identity import Row


class Availability(StrEnum):
    AVAILABLE = "available"
    ON_SITE = "on-site"
    """There, and not lent."""
    ON_LOAN = "on-loan"
    LOST = "lost"
    AWAY = "away"
    """Ordered, or being bound."""
    UNKNOWN = "unknown"
    """The library tells the union of no loans, or the item has no number that a loan could name."""


class Circulating(StrEnum):
    """What the last event of an item said of it."""

    OUT = "out"
    BACK = "back"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class State:
    """What events said last of an item. due: the day by which it is to be back, of one that is out."""

    circulating: Circulating
    due: date | None = None

    def as_row(self) -> Row:
        return {"state": self.circulating.value, "due": self.due.isoformat() if self.due else None}

    @classmethod
    def of_row(cls, row: Row) -> State:
        return cls(Circulating(row["state"]), date.fromisoformat(row["due"]) if row["due"] else None)


@dataclass(frozen=True, slots=True)
class HeldItem:
    """An item with what is known of it today."""

    item: Item
    availability: Availability
    due: date | None = None


_SAID_BY_RECORD = {
    Lending.ON_SITE: Availability.ON_SITE,
    Lending.LOST: Availability.LOST,
    Lending.AWAY: Availability.AWAY,
}


def held(item: Item, state: State | None, *, tells_of_loans: bool) -> HeldItem:
    """What is known of an item: a loan or a loss that was told counts before what the record says, a return after it.

    tells_of_loans: whether its library has ever told of one; what nobody lent there is then available.
    """
    if state and state.circulating is Circulating.OUT:
        return HeldItem(item, Availability.ON_LOAN, state.due)
    if state and state.circulating is Circulating.LOST:
        return HeldItem(item, Availability.LOST)
    if item.lending in _SAID_BY_RECORD:
        return HeldItem(item, _SAID_BY_RECORD[item.lending])
    known = state is not None or (tells_of_loans and item.number is not None)
    return HeldItem(item, Availability.AVAILABLE if known else Availability.UNKNOWN)

"""What an event adds to which figures: the rules that counting and recounting share."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.stats.indicators.definitions import Indicator, indicators
from shared.bus.messages import PermanentError
from shared.events.envelope import Event, EventData

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
"""Figures are of the calendar day in Việt Nam, wherever the event was written down."""


class ImpossibleTime(PermanentError):
    """The event's time lies outside of the calendar."""

    reason = "impossible-time"


class Counter(NamedTuple):
    """What is counted apart; the class is empty for indicators that have none."""

    indicator: str
    library: str
    day: str
    collection_class: str


class Increment(NamedTuple):
    """By how much an event raises one counter."""

    counter: Counter
    amount: int


def increments(event: Event[EventData]) -> list[Increment]:
    """Every counter that the event raises, and by how much. Raises ImpossibleTime."""
    moved = [indicator for indicator in _moved_by(event.data.name) if _holds(indicator, event.data)]
    return [_increment(indicator, event) for indicator in moved]


def day_in_vietnam(moment: datetime) -> str:
    """The calendar day of a moment in Việt Nam, ISO 8601. Raises ImpossibleTime."""
    try:
        return moment.astimezone(ZONE).date().isoformat()
    except OverflowError as error:
        raise ImpossibleTime(f"{moment.isoformat()} has no calendar day in Việt Nam") from error


@cache
def _moved_by(name: str) -> tuple[Indicator, ...]:
    return tuple(indicator for indicator in indicators().values() if name in indicator.events)


def _holds(indicator: Indicator, data: EventData) -> bool:
    return all(getattr(data, field) == value for field, value in indicator.where.items())


def _increment(indicator: Indicator, event: Event[EventData]) -> Increment:
    data = event.data
    collection_class = attrgetter(indicator.class_field)(data) if indicator.class_field else ""
    amount = getattr(data, indicator.amount) if indicator.amount else 1
    library = attrgetter("library")(data)
    return Increment(Counter(indicator.id, library, day_in_vietnam(event.time), collection_class), amount)

"""Events in: each raises the counters it moves, once."""

from __future__ import annotations

from functools import partial
from typing import Any

from services.stats.counting.increments import increments
from services.stats.counting.store import COUNTERS
from services.stats.indicators.definitions import indicators
from services.stats.registry import Registry, register_library
from shared.bus.consumer import Consumer, Handle, consumer
from shared.bus.work import Work
from shared.events import CONTRACTS
from shared.events.envelope import Event, EventData
from shared.events.libraries import LibraryChanged

EVENTS_AT_ONCE = 500
"""Many, because a transaction raises each counter once, however many events move it."""


async def count(registry: Registry, event: Event[Any], work: Work) -> None:
    """Raise every counter that the event moves; waits for a library that is not registered yet."""
    for counter, amount in increments(event):
        await registry.require(counter.library, work)
        work.increase(COUNTERS, counter._asdict(), amount)


def build_counting() -> Consumer:
    handlers: dict[type[EventData], Handle] = dict.fromkeys(counted_types(), partial(count, Registry()))
    return consumer("stats-counting", {LibraryChanged: register_library, **handlers}, batch_size=EVENTS_AT_ONCE)


def counted_types() -> list[type[EventData]]:
    """The event types that move an indicator."""
    names = {name for indicator in indicators().values() for name in indicator.events}
    return [model for model in CONTRACTS if model.name in names]

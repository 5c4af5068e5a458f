"""How fast an import goes: as fast as it can while it is alone, in short steps with rests while others are at work."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

from bson import Timestamp

from services.catalog.imports.run import Run
from shared.bus.work import Works

B = TypeVar("B")
Take = Callable[[Run, B], Awaitable[Run]]
RECORDS_A_STEP = 50
"""What one transaction takes in while others are at work."""
REST = 9
"""Times as long as a step took, nothing is done after it: one in ten of what others do meets a step, so that the 95th
percentile of their times hardly changes (`import.beside_*` of the benchmarks).
"""


class LostRace(Exception):
    """A long transaction lost a race: it would lose the next as well, or make others wait."""


class Pace:
    """Of one run."""

    def __init__(self, works: Works) -> None:
        self._works = works
        self._last_said: Timestamp | None = None

    async def take(self, take: Take[B], run: Run, batch: B, steps: Iterable[B]) -> Run:
        """Take a batch in at once; in steps where somebody else is at work at the same time; where the run then stands.

        `take` raises LostRace of a whole batch alone.
        """
        if not await self.meets_others():
            with suppress(LostRace):
                return await take(run, batch)
        for each in steps:
            async with self.step():
                run = await take(run, each)
        return run

    async def meets_others(self) -> bool:
        """Whether anybody but bulk work has changed something since this was asked last, or ever."""
        before, self._last_said = self._last_said, await self._works.last_said()
        return self._last_said != before

    @asynccontextmanager
    async def step(self) -> AsyncIterator[None]:
        """A transaction that others may stand beside, and the rest that it owes them."""
        began = time.monotonic()
        yield
        await asyncio.sleep(REST * (time.monotonic() - began))

"""How fast an import goes: as fast as it can while it is alone, in short steps with rests while others are at work."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bson import Timestamp

from shared.bus.work import Works

RECORDS_A_STEP = 50
"""What one transaction takes in while others are at work."""
REST = 9
"""Times as long as a step took, nothing is done after it: one in ten of what others do meets a step, so that the 95th
percentile of their times hardly changes (`import.beside_*` of the benchmarks).
"""


class Pace:
    """Of one run."""

    def __init__(self, works: Works) -> None:
        self._works = works
        self._last_said: Timestamp | None = None

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

"""How many requests of a costly kind one process works on at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.web.problems import Problem

AGAIN_SECONDS = 30


class Places:
    """So many, and whoever comes then is asked to come again."""

    def __init__(self, most: int) -> None:
        self._free = asyncio.Semaphore(most)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Raises Problem 503."""
        if self._free.locked():
            raise Problem(503, "too-many-at-once", headers={"retry-after": str(AGAIN_SECONDS)})
        async with self._free:
            yield

"""What the libraries are called, remembered for a while: every answer names some of them."""

import time
from collections.abc import Mapping

from pymongo.asynchronous.database import AsyncDatabase

from services.catalog.exchange.store import library_titles
from shared.store.mongo import Document

FRESH_SECONDS = 60.0


class LibraryTitles:
    """The titles of one process; one that was changed shows within a minute."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self._database = database
        self._titles: Mapping[str, str] = {}
        self._read_at = float("-inf")

    async def all(self) -> Mapping[str, str]:
        """Title by id."""
        if time.monotonic() - self._read_at > FRESH_SECONDS:
            self._titles = await library_titles(self._database)
            self._read_at = time.monotonic()
        return self._titles

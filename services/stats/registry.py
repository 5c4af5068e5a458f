"""The libraries that stats knows, from topic `libraries-current`."""

from __future__ import annotations

from pymongo import UpdateOne
from pymongo.asynchronous.database import AsyncDatabase

from shared.bus.messages import WaitsFor
from shared.bus.work import Work
from shared.events.envelope import Event
from shared.events.libraries import LibraryChanged
from shared.store.mongo import Document

LIBRARIES = "libraries"


async def register_library(event: Event[LibraryChanged], work: Work) -> None:
    """Know a library from now on; a registered library stays known, for its figures stay readable."""
    entry = {"title": event.data.title, "library_type": event.data.library_type}
    work.write(LIBRARIES, UpdateOne({"_id": event.data.library}, {"$set": entry}, upsert=True))


class Registry:
    """Asks the database once for each library: none is ever forgotten."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    async def require(self, library: str, work: Work) -> None:
        """Raise WaitsFor unless the library is registered."""
        if library in self._known:
            return
        if await work.find_one(LIBRARIES, {"_id": library}) is None:
            raise WaitsFor(f"library {library}")
        self._known.add(library)


async def is_registered(database: AsyncDatabase[Document], library: str) -> bool:
    return await database[LIBRARIES].find_one({"_id": library}) is not None


async def registered(database: AsyncDatabase[Document]) -> set[str]:
    return {row["_id"] async for row in database[LIBRARIES].find({}, ["_id"])}

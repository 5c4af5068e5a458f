"""Reading from MongoDB, the same way inside a unit of work and outside of any."""

from collections.abc import Mapping
from typing import Any, Protocol

from pymongo.asynchronous.database import AsyncDatabase

from shared.store.mongo import Document


class Finds(Protocol):
    """Whatever can look one document up: a `Work`, which sees its own writes, or `Committed`."""

    async def find_one(self, collection: str, query: Mapping[str, Any]) -> Document | None: ...


class Committed:
    """Reads what is committed, outside any transaction."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self._database = database

    async def find_one(self, collection: str, query: Mapping[str, Any]) -> Document | None:
        return await self._database[collection].find_one(query)

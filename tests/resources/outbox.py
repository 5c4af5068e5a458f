"""What an outbox holds, message by message, whether rows or parcels carry them."""

from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from shared.bus.outbox import OUTBOX, Said, messages_of


async def announced(database: AsyncDatabase[dict[str, Any]], topic: str | None = None) -> list[Said]:
    """The messages of a topic, or of all, in the order of their commits."""
    rows = await database[OUTBOX].find().sort("put_at", 1).to_list()
    return [said for row in rows for said in messages_of(row) if topic in {None, said.topic}]

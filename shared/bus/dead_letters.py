"""A person's view of dead letters, over every service's database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from pymongo.synchronous.collection import Collection
from pymongo.synchronous.database import Database

from shared.bus.held import HELD, HeldState
from shared.events.topics import topics
from shared.settings import Settings
from shared.store.mongo import Document, connect_blocking, database_blocking


class NoSuchLetter(Exception):
    """No consumer holds a letter of that id."""


class DeadLetters:
    """Lists, shows, replays and discards; a replay is done by the consumer's own worker, through its own handler."""

    def __init__(self, databases: list[Database[Document]]) -> None:
        self._databases = databases

    def lines(self, consumer: str | None = None) -> list[str]:
        query: Document = {"state": HeldState.DEAD} | ({"consumer": consumer} if consumer else {})
        return [
            f"{row['_id']}  {row['held_at']:%Y-%m-%d %H:%M}  {row['consumer']}  {row['reason']}  "
            f"{row['topic']}/{row['partition']}/{row['offset']}  {row['detail'][:80]}"
            for held in self._collections()
            for row in held.find(query).sort("held_at", 1)
        ]

    def show(self, letter: str) -> str:
        """Everything known of one letter, as JSON. Raises NoSuchLetter."""
        row = self._find(letter)
        body = row.pop("value")
        row["body"] = body.decode("utf-8", "replace") if body else None
        return json.dumps(row, indent=2, ensure_ascii=False, default=str)

    def replay(self, letter: str, consumer: str | None = None) -> int:
        """Ask for another try of one letter, or of all; how many."""
        query: Document = {"state": HeldState.DEAD}
        if letter != "all":
            query["_id"] = self._find(letter)["_id"]
        if consumer:
            query["consumer"] = consumer
        change = {"$set": {"state": HeldState.REPLAYING}}
        return sum(held.update_many(query, change).modified_count for held in self._collections())

    def discard(self, letter: str, why: str) -> int:
        """Close a letter without handling it; the reason is kept with it."""
        self._find(letter)
        change = {"$set": {"state": HeldState.DISCARDED, "why": why, "closed_at": datetime.now(UTC)}}
        query = {"_id": letter, "state": HeldState.DEAD}
        return sum(held.update_one(query, change).modified_count for held in self._collections())

    def _find(self, letter: str) -> Document:
        for held in self._collections():
            if row := held.find_one({"_id": letter}):
                return row
        raise NoSuchLetter(f"no dead letter {letter}; see `python -m shared.bus dead-letters list`")

    def _collections(self) -> Iterator[Collection[Document]]:
        return (database[HELD] for database in self._databases)


def open_dead_letters(settings: Settings) -> DeadLetters:
    client = connect_blocking(settings)
    services = sorted({reader.split("-")[0] for topic in topics().values() for reader in topic.readers})
    return DeadLetters([database_blocking(client, settings, service) for service in services])

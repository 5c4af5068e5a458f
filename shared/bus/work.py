"""One unit of work: state and the events that announce it, in one MongoDB transaction."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from bson import Timestamp
from bson.errors import BSONError
from pymongo import InsertOne, ReturnDocument, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import OperationFailure, PyMongoError
from pymongo.operations import DeleteMany, DeleteOne, ReplaceOne, UpdateMany

from shared.bus.messages import PermanentError
from shared.bus.outbox import OUTBOX, Said, parcels_of, row_of
from shared.events.envelope import Event, EventData, encode
from shared.store.mongo import Document

Operation = InsertOne[Document] | UpdateOne | UpdateMany | ReplaceOne[Document] | DeleteOne | DeleteMany
T = TypeVar("T")

MOST_RACES = 6
"""Lost by bulk work before others wait for it: of short transactions hardly any loses two."""
MOST_OUTLIVED = 3
"""Transactions in a row that MongoDB may end for their age: a fourth would be no shorter."""
TRANSACTION_TOO_OLD = 290
"""MongoDB's TransactionExceededLifetimeLimitSeconds, which drivers do not try again."""
LARGEST_BODY_BYTES = 1_000_000
"""What a broker with default settings takes (message.max.bytes 1,048,588), less its headers."""


class TooLargeToSay(PermanentError):
    """No broker would take the event, and it would stand before all others: put the bulk into the object store."""

    reason = "too-large-to-say"


class Unstorable(PyMongoError):
    """The driver cannot write it, as an integer too great: the database's refusal in other words."""


class Work:
    """The effects of a request or of a batch of events. Writes are gathered and leave together; reads see them."""

    def __init__(
        self,
        database: AsyncDatabase[Document],
        session: AsyncClientSession,
        source: str,
        *,
        bulk: bool = False,
        lost: int = 0,
    ) -> None:
        self._database = database
        self._session = session
        self._source = source
        self._bulk = bulk
        self.lost = lost
        """How many races this work has lost: so often it was begun before."""
        self._pending: dict[str, list[Operation]] = defaultdict(list)
        self._parcel: list[Said] = []
        """What bulk work says: it leaves last, in as few rows as hold it."""
        self._increases: dict[tuple[str, tuple[tuple[str, str], ...]], int] = defaultdict(int)
        self.begin()

    @property
    def yields(self) -> bool:
        """Whether it should rather lose a race than make others wait: bulk work, until it has lost too many."""
        return self._bulk and self.lost < MOST_RACES

    def begin(self) -> None:
        """From here on effects can be taken back, as long as none of them has reached the server."""
        self._lengths = {collection: len(operations) for collection, operations in self._pending.items()}
        self._increases_before = self._increases.copy()
        self._parcel_length = len(self._parcel)
        self._some_sent = False

    def take_back(self) -> bool:
        """Forget the effects since `begin`; False where a read or a change has sent some of them to the server."""
        if self._some_sent:
            return False
        for collection, operations in self._pending.items():
            del operations[self._lengths.get(collection, 0) :]
        self._increases = self._increases_before
        del self._parcel[self._parcel_length :]
        return True

    def write(self, collection: str, *operations: Operation) -> None:
        """Change state; takes effect with the commit."""
        if operations:
            self._pending[collection].extend(operations)

    def increase(self, collection: str, row: Mapping[str, str], amount: int) -> None:
        """Raise the `count` of the row with these fields, made when new; one work writes to each row once."""
        self._increases[collection, tuple(row.items())] += amount

    def keep_newest(self, collection: str, identifier: str, version: int, state: Mapping[str, Any]) -> None:
        """Replace a document's state unless it already holds this version or a newer one."""
        newest = {"$literal": {**state, "_id": identifier, "version": version}}
        is_older = {"$lt": [{"$ifNull": ["$version", 0]}, version]}
        choose = [{"$replaceWith": {"$cond": [is_older, newest, "$$ROOT"]}}]
        self.write(collection, UpdateOne({"_id": identifier}, choose, upsert=True))

    async def find_one(self, collection: str, query: Mapping[str, Any]) -> Document | None:
        await self.flush()
        return await self._database[collection].find_one(query, session=self._session)

    async def find(
        self,
        collection: str,
        query: Mapping[str, Any],
        *,
        sort: Sequence[tuple[str, int]] | None = None,
        limit: int = 0,
        projection: Sequence[str] | None = None,
    ) -> list[Document]:
        await self.flush()
        cursor = self._database[collection].find(query, projection, session=self._session, limit=limit)
        return await (cursor.sort(sort) if sort else cursor).to_list()

    async def advance(
        self, collection: str, query: Mapping[str, Any], change: Mapping[str, Any], *, create: bool = False
    ) -> Document | None:
        """Apply a change and raise the aggregate's version in the same update; the new state, or None if absent."""
        raised = {**change, "$inc": {**change.get("$inc", {}), "version": 1}}
        return await self.change(collection, query, raised, create=create)

    async def change(
        self,
        collection: str,
        query: Mapping[str, Any],
        change: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        *,
        create: bool = False,
    ) -> Document | None:
        """Apply a change, or a pipeline of them, that nobody is told of; the new state, or None if absent."""
        await self.flush()
        self._some_sent = True
        return await self._database[collection].find_one_and_update(
            query, change, upsert=create, return_document=ReturnDocument.AFTER, session=self._session
        )

    def announce(
        self, data: EventData, *, version: int, topic: str | None = None, time: datetime | None = None
    ) -> Event[EventData]:
        """Say, once committed, what this work has done. `version` is the aggregate's."""
        event = Event(data=data, source=self._source, aggregate_version=version)
        return self.forward(replace(event, time=time) if time else event, topic=topic)

    def forward(self, event: Event[EventData], *, topic: str | None = None) -> Event[EventData]:
        """Say an event that somebody else composed, under its own id and source."""
        self._put(topic or event.data.topic, event.data.key(), event.id, event.source, encode(event))
        return event

    def retract(self, topic: str, key: str, *, identifier: str) -> None:
        """Say on a compacted topic that the state under a key is gone."""
        self._put(topic, key, identifier, self._source, None)

    def _put(self, topic: str, key: str, event_id: str, source: str, body: bytes | None) -> None:
        if body and len(body) > LARGEST_BODY_BYTES:
            raise TooLargeToSay(f"{len(body)} bytes for {topic}, limit {LARGEST_BODY_BYTES}")
        said = Said(topic, key, event_id, source, body)
        if self._bulk:
            self._parcel.append(said)
        else:
            self.write(OUTBOX, InsertOne(row_of(said)))

    async def finish(self) -> None:
        """Send all that is left to the server: nothing is said after this."""
        self.write(OUTBOX, *map(InsertOne, parcels_of(self._parcel)))
        self._parcel = []
        await self.flush()

    async def flush(self) -> None:
        """Send what was gathered to the server, inside the transaction."""
        self._some_sent = self._some_sent or self._has_changed()
        increases, self._increases = self._increases, defaultdict(int)
        for (collection, row), amount in increases.items():
            self.write(collection, UpdateOne(dict(row), {"$inc": {"count": amount}}, upsert=True))
        pending, self._pending = self._pending, defaultdict(list)
        for collection, operations in pending.items():
            try:
                await self._database[collection].bulk_write(operations, session=self._session)
            except (BSONError, OverflowError, ValueError, TypeError) as error:
                raise Unstorable(f"{collection}: {error}") from error
        self._lengths, self._increases_before = {}, defaultdict(int)

    def _has_changed(self) -> bool:
        grown = any(len(found) > self._lengths.get(name, 0) for name, found in self._pending.items())
        return grown or self._increases != self._increases_before


class Works:
    """Where units of work come from: one service's database and the name it signs its events with."""

    def __init__(self, database: AsyncDatabase[Document], service: str) -> None:
        self.database = database
        self.source = source_of(service)

    async def last_said(self) -> Timestamp | None:
        """When anything that was not bulk was said last; None where nothing is kept of it."""
        said = {"sent": {"$in": [False, True]}, "bulk": None}  # as the index begins
        row = await self.database[OUTBOX].find_one(said, ["put_at"], sort=[("put_at", -1)])
        return row["put_at"] if row else None

    async def transact(self, do: Callable[[Work], Awaitable[T]], *, bulk: bool = False) -> T:
        """Run `do` in one transaction; it may run again when the transaction lost a race, or was not done in time.

        bulk: what is announced lets the announcements of other work pass.
        """
        attempts = itertools.count()

        async def attempt(session: AsyncClientSession) -> T:
            work = Work(self.database, session, self.source, bulk=bulk, lost=next(attempts))
            result = await do(work)
            await work.finish()
            return result

        async with self.database.client.start_session() as session:
            for _ in range(MOST_OUTLIVED):
                with _again_if_too_old():
                    return await session.with_transaction(attempt)
            return await session.with_transaction(attempt)


@contextmanager
def _again_if_too_old() -> Iterator[None]:
    """Let pass what MongoDB says to the command during which it ends a transaction for its age."""
    try:
        yield
    except OperationFailure as error:
        if error.code != TRANSACTION_TOO_OLD:
            raise


def source_of(service: str) -> str:
    """The CloudEvents source of a service."""
    return f"urn:lienthong:{service}"

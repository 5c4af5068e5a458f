"""New attempts at held messages: parked ones that are due, and dead letters that a person wants replayed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from pymongo.asynchronous.database import AsyncDatabase

from shared.bus import held
from shared.bus.arrivals import Arrival, Reception
from shared.bus.handling import HandlerFailed, Handling
from shared.bus.work import Work
from shared.store.mongo import Document
from shared.store.objects import ObjectMissing, Objects


class HeldRetries:
    """Each attempt is a transaction of its own; what is parked under one key keeps its order."""

    def __init__(
        self,
        consumer: str,
        database: AsyncDatabase[Document],
        objects: Objects,
        reception: Reception,
        handling: Handling,
    ) -> None:
        self._consumer = consumer
        self._database = database
        self._objects = objects
        self._reception = reception
        self._handling = handling

    async def turn(self, limit: int) -> int:
        """Try what is due; how many were settled. Raises RolledOutOfOrder."""
        queues: set[tuple[str, str]] = set()
        settled = 0
        for row in await held.due(self._database, self._consumer, limit):
            queue = (row["topic"], row["key"])
            if row["state"] != held.HeldState.PARKED:
                settled += await self._retry(row)
            elif queue not in queues:
                queues.add(queue)
                settled += await self._retry_queue(row, limit)
        return settled

    async def _retry_queue(self, row: Document, limit: int) -> int:
        """Try what is parked under one key, in order, until one has to wait on."""
        head = await held.head(self._database, row)
        if head and head["next_attempt"] > datetime.now(UTC):
            head = None
        settled, tried = 0, None
        while head and head["_id"] != tried and settled < limit:
            settled += await self._retry(head)
            tried = head["_id"]
            head = await held.head(self._database, row)
        await held.let_followers_wait(self._database, row)
        return settled

    async def _retry(self, row: Document) -> bool:
        arrival = await self._reopen(row)
        await self._handling.prepare(arrival)

        async def attempt(work: Work) -> bool:
            if not await held.is_next(work, row):
                return False
            return await self._attempt(arrival, row, work)

        try:
            return await self._handling.transact(attempt)
        except HandlerFailed as failed:
            self._handling.decide(failed.arrival, failed.error)
        except Exception as error:  # the driver refuses some effects with errors that are not its own
            arrival.condemned = ("effect-refused", str(error))
        return await self._handling.transact(attempt)

    async def _reopen(self, row: Document) -> Arrival:
        """A held message as it would arrive now; an oversized body is fetched from where it lies."""
        message = held.message_of(row)
        if row["stored"]:
            try:
                message = replace(message, value=await self._objects.get(row["stored"]["key"]))
            except ObjectMissing as error:
                return Arrival(message, "", condemned=("body-missing", str(error)))
        not_handled = ("not-handled", f"{self._consumer} has no handler for it any more")
        return self._reception.open(message) or Arrival(message, "", condemned=not_handled)

    async def _attempt(self, arrival: Arrival, row: Document, work: Work) -> bool:
        if arrival.condemned:
            held.bury_held(work, row, reason=arrival.condemned[0], detail=arrival.condemned[1])
            return False
        if arrival.parked_for:
            overdue = row["state"] != held.HeldState.PARKED or row["deadline"] <= datetime.now(UTC)
            if overdue:
                held.bury_held(work, row, reason="waited-in-vain", detail=arrival.parked_for)
            else:
                held.postpone(work, row, reason=arrival.parked_for)
            return False
        await self._handling.apply(arrival, work)
        held.release(work, row)
        return True

"""The heart: what was consumed becomes effects exactly once, and nothing blocks or is lost.

    decode; skip, stop or condemn -> prepare -> one transaction: drop what the inbox knows, handle, inbox rows,
    effects, outbox rows -> return, which lets the subscription acknowledge

One event's failure never undoes its neighbours: it is parked or buried and the batch goes again without it. A
dependency that is away makes the batch wait. "Once" holds for everything in MongoDB and nowhere else.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog
from pymongo import InsertOne

from shared.bus import held
from shared.bus.arrivals import OVERSIZED, Arrival, Reception, RolledOutOfOrder
from shared.bus.consumer import Consumer
from shared.bus.handling import HandlerFailed, Handling
from shared.bus.held_retries import HeldRetries
from shared.bus.messages import ConsumerStopped, DependencyAway, Message
from shared.bus.work import Work, Works
from shared.events.vocabulary import ObjectRef
from shared.settings import Settings
from shared.store.objects import Objects
from shared.telemetry.metrics import BATCH_SECONDS, EVENT_AGE, EVENTS, STOPPED

log = structlog.get_logger(__name__)

INBOX = "inbox"


class Delivery:
    """Settles the batches of one consumer."""

    def __init__(self, consumer: Consumer, works: Works, objects: Objects, settings: Settings) -> None:
        self.consumer = consumer
        self._works = works
        self._objects = objects
        self._settings = settings
        self._reception = Reception(consumer, settings.max_message_bytes)
        self._handling = Handling(consumer.name, works, settings)
        self._retries = HeldRetries(consumer.name, works.database, objects, self._reception, self._handling)
        self._dead_in_a_row = 0
        self.stopped: str | None = None

    async def ensure_indexes(self) -> None:
        inbox = self._works.database[INBOX]
        await inbox.create_index("at", expireAfterSeconds=int(self._settings.inbox_retention_days * 86_400))
        await held.ensure_indexes(self._works.database)

    async def deliver(self, messages: Sequence[Message]) -> None:
        """Settle a batch of one partition. Raises ConsumerStopped; anything else is dealt with here."""
        with BATCH_SECONDS.labels(self.consumer.name).time():
            arrivals, newer = self._reception.open_all(messages)
            await self._store_oversized(arrivals)
            await self._handling.prepare_all(arrivals)
            await self._settle(arrivals)
        if newer:
            raise self.stop(str(newer))

    async def retry_held(self, limit: int = 100) -> int:
        """Try parked messages that are due and dead letters that a person wants replayed; how many were settled."""
        try:
            return await self._retries.turn(limit)
        except RolledOutOfOrder as newer:
            raise self.stop(str(newer)) from newer

    def stop(self, reason: str) -> ConsumerStopped:
        """Refuse to go on until the process is restarted."""
        self.stopped = reason
        STOPPED.labels(self.consumer.name).set(1)
        log.error("consumer_stopped", consumer=self.consumer.name, reason=reason)
        return ConsumerStopped(reason)

    async def _store_oversized(self, arrivals: Sequence[Arrival]) -> None:
        for arrival in arrivals:
            if arrival.condemned and arrival.condemned[0] == OVERSIZED:
                body = arrival.message.value or b""
                key = f"oversized/{hashlib.sha256(body).hexdigest()}"
                arrival.prepared = await self._handling.persist(partial(self._store, key, body))

    async def _store(self, key: str, body: bytes) -> ObjectRef:
        try:
            return await self._objects.put(key, body, "application/octet-stream")
        except Exception as error:
            raise DependencyAway(f"the object store: {error}") from error

    async def _settle(self, arrivals: Sequence[Arrival]) -> None:
        """Commit these arrivals, leaving none of them undecided."""
        while arrivals:
            try:
                outcomes = await self._handling.transact(lambda work: self._apply(arrivals, work))
            except HandlerFailed as failed:
                self._handling.decide(failed.arrival, failed.error)
            except Exception as error:  # the driver refuses some effects with errors that are not its own
                await self._bisect(arrivals, error)
                return
            else:
                self._count(arrivals, outcomes)
                return

    async def _bisect(self, arrivals: Sequence[Arrival], error: Exception) -> None:
        """The database refused the batch for some event's sake: find it."""
        if len(arrivals) == 1:
            self._meet_refusal(arrivals[0], error)
            await self._settle(arrivals)
            return
        middle = len(arrivals) // 2
        await self._settle(arrivals[:middle])
        await self._settle(arrivals[middle:])

    def _meet_refusal(self, arrival: Arrival, error: Exception) -> None:
        if arrival.condemned:
            raise self.stop(f"the dead letter of {arrival.message.origin} cannot be stored: {error}")
        if arrival.refused:
            arrival.condemned = ("effect-refused", str(error))
        # The first refusal may be a race: another member settled the event, and the inbox will now say so.
        arrival.refused = True

    async def _apply(self, arrivals: Sequence[Arrival], work: Work) -> list[str]:
        """Everything that one transaction does, in the order of the log; what became of each arrival."""
        known = await self._known(arrivals, work)
        topic = arrivals[0].message.topic
        parked = await held.keys_parked(work, self.consumer.name, topic, {arrival.message.key for arrival in arrivals})
        outcomes = []
        for arrival in arrivals:
            if arrival.identity in known:
                outcomes.append("duplicate")
                continue
            known.add(arrival.identity)
            outcomes.append(await self._apply_one(arrival, work, parked))
            if self._settings.inbox:
                row = {"_id": f"{self.consumer.name}|{arrival.identity}", "at": datetime.now(UTC)}
                work.write(INBOX, InsertOne(row))
        return outcomes

    async def _apply_one(self, arrival: Arrival, work: Work, parked: set[str]) -> str:
        if arrival.condemned or arrival.parked_for or arrival.message.key in parked:
            return self._set_aside(arrival, work, parked)
        work.begin()
        try:
            await self._handling.apply(arrival, work)
        except HandlerFailed as failed:
            if not work.take_back():
                raise
            self._handling.decide(arrival, failed.error)
            return self._set_aside(arrival, work, parked)
        return "handled"

    def _set_aside(self, arrival: Arrival, work: Work, parked: set[str]) -> str:
        message = arrival.message
        if arrival.condemned:
            reason, detail = arrival.condemned
            stored = arrival.prepared if reason == OVERSIZED else None
            held.bury(work, self.consumer.name, message, reason=reason, detail=detail, stored=stored)
            return "dead"
        if arrival.parked_for:
            self._hold(message, work, arrival.parked_for, arrival.patience_seconds)
            parked.add(message.key)
            return "parked"
        self._hold(message, work, "an earlier event of its key", self._settings.park_seconds)
        return "parked"

    def _hold(self, message: Message, work: Work, reason: str, patience_seconds: float) -> None:
        deadline = datetime.now(UTC) + timedelta(seconds=patience_seconds)
        held.park(work, self.consumer.name, message, reason=reason, deadline=deadline)

    async def _known(self, arrivals: Sequence[Arrival], work: Work) -> set[str]:
        if not self._settings.inbox:
            return set()
        prefix = f"{self.consumer.name}|"
        wanted = [prefix + arrival.identity for arrival in arrivals]
        rows = await work.find(INBOX, {"_id": {"$in": wanted}}, projection=["_id"])
        return {row["_id"].removeprefix(prefix) for row in rows}

    def _count(self, arrivals: Sequence[Arrival], outcomes: Sequence[str]) -> None:
        now = datetime.now(UTC)
        age = EVENT_AGE.labels(self.consumer.name)
        settled = list(zip(arrivals, outcomes, strict=True))
        for (event_type, outcome), number in Counter((arrival.type, outcome) for arrival, outcome in settled).items():
            EVENTS.labels(self.consumer.name, event_type or "malformed", outcome).inc(number)
        for arrival, outcome in settled:
            if arrival.event and outcome == "handled":
                age.observe(max(0.0, (now - arrival.event.time).total_seconds()))
            self._dead_in_a_row = self._dead_in_a_row + 1 if outcome == "dead" else 0
        if self._dead_in_a_row >= self._settings.dead_letter_limit:
            raise self.stop(f"{self._dead_in_a_row} dead letters in a row; look at them before going on")

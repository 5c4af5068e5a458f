"""The heart: what was consumed becomes effects exactly once, and nothing blocks or is lost.

    decode; skip, stop or condemn -> prepare -> one transaction: drop what the inbox knows, handle, inbox rows,
    effects, outbox rows -> return, which lets the subscription acknowledge

One event's failure never undoes its neighbours: it is parked or buried and the batch goes again without it. A
dependency that is away makes the batch wait. "Once" holds for everything in MongoDB and nowhere else.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import orjson
import structlog
from pymongo import InsertOne
from pymongo.errors import PyMongoError
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_random_exponential

from shared.bus import held
from shared.bus.consumer import Consumer, HandleMessage, Handler
from shared.bus.messages import (
    HEADER_ID,
    HEADER_SOURCE,
    ConsumerStopped,
    DependencyAway,
    Message,
    PermanentError,
    WaitsFor,
)
from shared.bus.work import Work, Works
from shared.events import CONTRACTS, Event, EventData, Malformed, NewerVersion, UnknownType
from shared.events.vocabulary import ObjectRef
from shared.settings import Settings
from shared.store.mongo import Document, is_outage
from shared.store.objects import ObjectMissing, Objects
from shared.telemetry.metrics import BATCH_SECONDS, EVENT_AGE, EVENTS, RETRIES, STOPPED
from shared.telemetry.tracing import tracing

log = structlog.get_logger(__name__)

INBOX = "inbox"
T = TypeVar("T")


@dataclass
class Arrival:
    """One message on its way through, and what is to become of it."""

    message: Message
    identity: str
    """What the inbox knows it by."""
    type: str = ""
    event: Event[EventData] | None = None
    handler: Handler | None = None
    prepared: Any = None
    parked_for: str | None = None
    patience_seconds: float = 0
    """How long it may stay parked."""
    refused: bool = False
    condemned: tuple[str, str] | None = None
    """Reason and detail of a dead letter to be."""


class _Failed(Exception):
    """The handler of one event failed."""

    def __init__(self, arrival: Arrival, error: Exception) -> None:
        super().__init__(str(error))
        self.arrival = arrival
        self.error = error


class Delivery:
    """Settles the batches of one consumer."""

    def __init__(self, consumer: Consumer, works: Works, objects: Objects, settings: Settings) -> None:
        self.consumer = consumer
        self._works = works
        self._objects = objects
        self._settings = settings
        self._by_name = {model.name: handler for model, handler in consumer.handlers.items()}
        self._dead_in_a_row = 0
        self._committing = asyncio.Lock()
        self.stopped: str | None = None

    async def ensure_indexes(self) -> None:
        inbox = self._works.database[INBOX]
        await inbox.create_index("at", expireAfterSeconds=int(self._settings.inbox_retention_days * 86_400))
        await held.ensure_indexes(self._works.database)

    async def deliver(self, messages: Sequence[Message]) -> None:
        """Settle a batch of one partition. Raises ConsumerStopped; anything else is dealt with here."""
        with BATCH_SECONDS.labels(self.consumer.name).time():
            arrivals, stop = self._open_all(messages)
            await self._store_oversized(arrivals)
            await self._prepare(arrivals)
            await self._settle(arrivals)
        if stop:
            raise stop

    async def retry_held(self, limit: int = 100) -> int:
        """Try parked messages that are due and dead letters that a person wants replayed; how many were settled."""
        queues: set[tuple[str, str]] = set()
        settled = 0
        for row in await held.due(self._works.database, self.consumer.name, limit):
            queue = (row["topic"], row["key"])
            if row["state"] != held.HeldState.PARKED:
                settled += await self._retry(row)
            elif queue not in queues:
                queues.add(queue)
                settled += await self._retry_queue(row, limit)
        return settled

    async def _retry_queue(self, row: Document, limit: int) -> int:
        """Try what is parked under one key, in order, until one has to wait on."""
        database = self._works.database
        head = await held.head(database, row)
        if head and head["next_attempt"] > datetime.now(UTC):
            head = None
        settled, tried = 0, None
        while head and head["_id"] != tried and settled < limit:
            settled += await self._retry(head)
            tried = head["_id"]
            head = await held.head(database, row)
        await held.let_followers_wait(database, row)
        return settled

    def stop(self, reason: str) -> ConsumerStopped:
        """Refuse to go on until the process is restarted."""
        self.stopped = reason
        STOPPED.labels(self.consumer.name).set(1)
        log.error("consumer_stopped", consumer=self.consumer.name, reason=reason)
        return ConsumerStopped(reason)

    def _open_all(self, messages: Sequence[Message]) -> tuple[list[Arrival], ConsumerStopped | None]:
        """What lies before the first message that stops this consumer, if one does."""
        arrivals: list[Arrival] = []
        for message in messages:
            try:
                arrival = self._open(message)
            except ConsumerStopped as stop:
                return arrivals, stop
            if arrival:
                arrivals.append(arrival)
        return arrivals, None

    def _open(self, message: Message) -> Arrival | None:
        if message.value is None:
            return self._open_gone(message)
        if self.consumer.every:
            return self._open_any(message, self.consumer.every)
        return self._open_body(message, message.value)

    def _open_body(self, message: Message, body: bytes) -> Arrival | None:
        arrival = Arrival(message, identity=_origin_identity(message))
        if len(body) > self._settings.max_message_bytes:
            arrival.condemned = ("oversized", f"{len(body)} bytes, limit {self._settings.max_message_bytes}")
            return arrival
        try:
            event = CONTRACTS.decode(body)
        except UnknownType as error:
            log.debug("event_skipped", origin=message.origin, why=str(error))
            EVENTS.labels(self.consumer.name, "unknown", "skipped").inc()
            return None
        except NewerVersion as error:
            self._meet_newer_version(message, error)
            return None
        except Malformed as error:
            arrival.condemned = ("malformed", str(error))
            return arrival
        return self._open_event(message, event)

    def _open_event(self, message: Message, event: Event[EventData]) -> Arrival | None:
        handler = self.consumer.handlers.get(type(event.data))
        if handler is None:
            EVENTS.labels(self.consumer.name, event.type, "skipped").inc()
            return None
        return Arrival(message, f"{event.source}|{event.id}", type=event.type, event=event, handler=handler)

    @staticmethod
    def _open_any(message: Message, handle: HandleMessage) -> Arrival:
        async def apply(_: object, __: object, work: Work) -> None:
            await handle(message, work)

        return Arrival(message, _stated_identity(message), type="any", handler=Handler(apply))

    def _open_gone(self, message: Message) -> Arrival | None:
        gone = self.consumer.gone.get(message.topic)
        if gone is None:
            return None

        async def apply(_: object, __: object, work: Work) -> None:
            await gone(message.key, work)

        identity = f"{message.headers.get(HEADER_SOURCE)}|{message.headers.get(HEADER_ID, message.origin)}"
        return Arrival(message, identity, type="gone", handler=Handler(apply))

    def _meet_newer_version(self, message: Message, error: NewerVersion) -> None:
        if error.name in self._by_name:
            raise self.stop(f"{error}; at {message.origin}. Roll out a newer {self.consumer.service} and restart.")
        EVENTS.labels(self.consumer.name, "unknown", "skipped").inc()

    async def _store_oversized(self, arrivals: Sequence[Arrival]) -> None:
        for arrival in arrivals:
            if arrival.condemned and arrival.condemned[0] == "oversized":
                body = arrival.message.value or b""
                key = f"oversized/{hashlib.sha256(body).hexdigest()}"
                arrival.prepared = await self._persist(partial(self._store, key, body))

    async def _store(self, key: str, body: bytes) -> ObjectRef:
        try:
            return await self._objects.put(key, body, "application/octet-stream")
        except Exception as error:
            raise DependencyAway(f"the object store: {error}") from error

    async def _prepare(self, arrivals: Sequence[Arrival]) -> None:
        await asyncio.gather(*(self._prepare_one(arrival) for arrival in arrivals))

    async def _prepare_one(self, arrival: Arrival) -> None:
        if not (arrival.event and arrival.handler and arrival.handler.prepare):
            return
        event, prepare = arrival.event, arrival.handler.prepare
        with tracing(event.traceparent, event_id=event.id, subject=event.subject):
            try:
                arrival.prepared = await self._persist(lambda: prepare(event))
            except Exception as error:
                self._decide(arrival, error)

    async def _settle(self, arrivals: Sequence[Arrival]) -> None:
        """Commit these arrivals, leaving none of them undecided."""
        while arrivals:
            try:
                outcomes = await self._persist(lambda: self._transact(lambda work: self._apply(arrivals, work)))
            except _Failed as failed:
                self._decide(failed.arrival, failed.error)
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
        message = arrival.message
        if arrival.condemned:
            reason, detail = arrival.condemned
            stored = arrival.prepared if reason == "oversized" else None
            held.bury(work, self.consumer.name, message, reason=reason, detail=detail, stored=stored)
            return "dead"
        if arrival.parked_for:
            self._hold(message, work, arrival.parked_for, arrival.patience_seconds)
            parked.add(message.key)
            return "parked"
        if message.key in parked:
            self._hold(message, work, "an earlier event of its key", self._settings.park_seconds)
            return "parked"
        await self._handle(arrival, work)
        return "handled"

    def _hold(self, message: Message, work: Work, reason: str, patience_seconds: float) -> None:
        deadline = datetime.now(UTC) + timedelta(seconds=patience_seconds)
        held.park(work, self.consumer.name, message, reason=reason, deadline=deadline)

    async def _handle(self, arrival: Arrival, work: Work) -> None:
        handler = arrival.handler
        if handler is None:
            return
        event = arrival.event
        ids = {"event_id": event.id, "subject": event.subject} if event else {"key": arrival.message.key}
        with tracing(event.traceparent if event else None, **ids):
            try:
                await handler.apply(event, arrival.prepared, work)  # type: ignore[arg-type]
            except (PyMongoError, DependencyAway):
                raise
            except Exception as error:
                raise _Failed(arrival, error) from error

    async def _known(self, arrivals: Sequence[Arrival], work: Work) -> set[str]:
        if not self._settings.inbox:
            return set()
        prefix = f"{self.consumer.name}|"
        wanted = [prefix + arrival.identity for arrival in arrivals]
        rows = await work.find(INBOX, {"_id": {"$in": wanted}}, projection=["_id"])
        return {row["_id"].removeprefix(prefix) for row in rows}

    def _decide(self, arrival: Arrival, error: Exception) -> None:
        """The exception's class is the decision."""
        ids = {"consumer": self.consumer.name, "origin": arrival.message.origin, "type": arrival.type}
        if isinstance(error, PermanentError):
            arrival.condemned = (error.reason, str(error))
            log.warning("event_condemned", **ids, reason=error.reason, detail=str(error))
        elif isinstance(error, WaitsFor):
            self._park(arrival, str(error), self._settings.park_seconds)
            log.info("event_parked", **ids, waits_for=str(error))
        else:
            self._park(arrival, f"{type(error).__name__}: {error}", self._settings.failure_seconds)
            log.error("handler_failed", **ids, exc_info=error)

    @staticmethod
    def _park(arrival: Arrival, reason: str, patience_seconds: float) -> None:
        arrival.parked_for, arrival.patience_seconds = reason[:1000], patience_seconds

    async def _retry(self, row: Document) -> bool:
        """One more attempt at a held message, in a transaction of its own."""
        arrival = await self._reopen(row)
        if arrival.condemned is None:
            await self._prepare_one(arrival)

        async def attempt(work: Work) -> bool:
            if not await held.is_next(work, row):
                return False
            return await self._attempt(arrival, row, work)

        try:
            return await self._persist(lambda: self._transact(attempt))
        except _Failed as failed:
            self._decide(failed.arrival, failed.error)
        except Exception as error:  # the driver refuses some effects with errors that are not its own
            arrival.condemned = ("effect-refused", str(error))
        return await self._persist(lambda: self._transact(attempt))

    async def _reopen(self, row: Document) -> Arrival:
        """A held message as it would arrive now; an oversized body is fetched from where it lies."""
        message = held.message_of(row)
        if row["stored"]:
            try:
                message = replace(message, value=await self._objects.get(row["stored"]["key"]))
            except ObjectMissing as error:
                return Arrival(message, "", condemned=("body-missing", str(error)))
        not_handled = ("not-handled", f"{self.consumer.name} has no handler for it any more")
        return self._open(message) or Arrival(message, "", condemned=not_handled)

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
        await self._handle(arrival, work)
        held.release(work, row)
        return True

    async def _transact(self, do: Callable[[Work], Awaitable[T]]) -> T:
        """One transaction at a time: two partitions that raise one counter would only abort each other."""
        async with self._committing:
            return await self._works.transact(do)

    async def _persist(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Try until no dependency is away; nobody behind this batch would fare better."""
        retrying = AsyncRetrying(
            retry=retry_if_exception(_waiting_helps),
            wait=wait_random_exponential(multiplier=0.05, max=5),
            before_sleep=self._count_retry,
            reraise=True,
        )

        async def call() -> T:
            return await attempt()

        return await retrying(call)

    def _count_retry(self, state: RetryCallState) -> None:
        RETRIES.labels(self.consumer.name).inc()
        error = state.outcome.exception() if state.outcome else None
        if state.attempt_number in {5, 20} or state.attempt_number % 100 == 0:
            log.warning("dependency_away", consumer=self.consumer.name, attempt=state.attempt_number, error=str(error))

    def _count(self, arrivals: Sequence[Arrival], outcomes: Sequence[str]) -> None:
        now = datetime.now(UTC)
        for arrival, outcome in zip(arrivals, outcomes, strict=True):
            EVENTS.labels(self.consumer.name, arrival.type or "malformed", outcome).inc()
            if arrival.event and outcome == "handled":
                EVENT_AGE.labels(self.consumer.name).observe(max(0.0, (now - arrival.event.time).total_seconds()))
            self._dead_in_a_row = self._dead_in_a_row + 1 if outcome == "dead" else 0
        if self._dead_in_a_row >= self._settings.dead_letter_limit:
            raise self.stop(f"{self._dead_in_a_row} dead letters in a row; look at them before going on")


def _origin_identity(message: Message) -> str:
    """A stable name for a message whose body tells none: what the relay wrote on it, or else where it was found."""
    if HEADER_ID in message.headers and HEADER_SOURCE in message.headers:
        return f"{message.headers[HEADER_SOURCE]}|{message.headers[HEADER_ID]}"
    digest = hashlib.sha256(message.value or b"").hexdigest()
    return f"{message.origin}|{digest}"


def _stated_identity(message: Message) -> str:
    """The id that a body claims, by whatever contract; for one that claims none, where it was found."""
    try:
        attributes = orjson.loads(message.value or b"")
        source, identifier = attributes["source"], attributes["id"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return _origin_identity(message)
    stated = isinstance(source, str) and isinstance(identifier, str)
    return f"{source}|{identifier}" if stated else _origin_identity(message)


def _waiting_helps(error: BaseException) -> bool:
    return isinstance(error, DependencyAway) or is_outage(error)

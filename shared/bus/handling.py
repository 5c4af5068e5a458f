"""One arrival through its handler: prepared, applied, and judged by what it raised."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import structlog
from pymongo.errors import PyMongoError
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_random_exponential

from shared.bus.arrivals import Arrival
from shared.bus.messages import DependencyAway, PermanentError, WaitsFor
from shared.bus.work import Work, Works
from shared.settings import Settings
from shared.store.mongo import is_outage
from shared.telemetry.metrics import RETRIES
from shared.telemetry.tracing import tracing

log = structlog.get_logger(__name__)

T = TypeVar("T")


class HandlerFailed(Exception):
    """The handler of one arrival failed; the others of its batch are not to blame."""

    def __init__(self, arrival: Arrival, error: Exception) -> None:
        super().__init__(str(error))
        self.arrival = arrival
        self.error = error


class Handling:
    """How one consumer's arrivals meet their handlers, and its transactions MongoDB."""

    def __init__(self, consumer: str, works: Works, settings: Settings) -> None:
        self._consumer = consumer
        self._works = works
        self._settings = settings
        self._committing = asyncio.Lock()

    async def prepare_all(self, arrivals: Sequence[Arrival]) -> None:
        """Side by side, what each handler wants done before the transaction."""
        slow = [arrival for arrival in arrivals if arrival.handler and arrival.handler.prepare]
        await asyncio.gather(*(self.prepare(arrival) for arrival in slow))

    async def prepare(self, arrival: Arrival) -> None:
        """Do what the handler wants done before the transaction; a failure decides the arrival's fate."""
        if arrival.condemned or not (arrival.event and arrival.handler and arrival.handler.prepare):
            return
        event, prepare = arrival.event, arrival.handler.prepare
        with tracing(event.traceparent, event_id=event.id, subject=event.subject):
            try:
                arrival.prepared = await self.persist(lambda: prepare(event))
            except Exception as error:
                self.decide(arrival, error)

    async def apply(self, arrival: Arrival, work: Work) -> None:
        """Turn the arrival into effects. Raises HandlerFailed, or what says that a dependency is away."""
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
                raise HandlerFailed(arrival, error) from error

    def decide(self, arrival: Arrival, error: Exception) -> None:
        """The exception's class is the decision."""
        ids = {"consumer": self._consumer, "origin": arrival.message.origin, "type": arrival.type}
        if isinstance(error, PermanentError):
            arrival.condemned = (error.reason, str(error))
            log.warning("event_condemned", **ids, reason=error.reason, detail=str(error))
        elif isinstance(error, WaitsFor):
            arrival.park(str(error), self._settings.park_seconds)
            log.info("event_parked", **ids, waits_for=str(error))
        else:
            arrival.park(f"{type(error).__name__}: {error}", self._settings.failure_seconds)
            log.error("handler_failed", **ids, exc_info=error)

    async def transact(self, do: Callable[[Work], Awaitable[T]]) -> T:
        """One transaction at a time, since two partitions that raise one counter would only abort each other; waits
        until MongoDB is there. Raises HandlerFailed, and what MongoDB or its driver refuses.
        """

        async def attempt() -> T:
            async with self._committing:
                return await self._works.transact(do)

        return await self.persist(attempt)

    async def persist(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Try until no dependency is away; nobody behind this batch would fare better."""
        retrying = AsyncRetrying(
            retry=retry_if_exception(_waiting_helps),
            wait=wait_random_exponential(multiplier=0.05, max=5),
            before_sleep=self._count_retry,
            reraise=True,
        )

        async def call() -> T:  # tenacity awaits coroutine functions only
            return await attempt()

        return await retrying(call)

    def _count_retry(self, state: RetryCallState) -> None:
        RETRIES.labels(self._consumer).inc()
        error = state.outcome.exception() if state.outcome else None
        if state.attempt_number in {5, 20} or state.attempt_number % 100 == 0:
            log.warning("dependency_away", consumer=self._consumer, attempt=state.attempt_number, error=str(error))


def _waiting_helps(error: BaseException) -> bool:
    return isinstance(error, DependencyAway) or is_outage(error)

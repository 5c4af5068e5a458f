"""The sender: takes due notices one at a time and hands them to their channel.

Where "once" ends. A notice is one row with one Message-ID, and its row and the event about it change in one
transaction. The channel is outside of it: when this process dies, or the connection breaks, after the server took the
mail and before the row says so, nobody can tell that from a death before the server took it. The notice is then sent
again, with the same Message-ID, and counted (`notify_possible_repeats_total`, `possible_repeats` in its row): the
recipient may get it twice, and never not at all. As a process has one notice in hand at a time, each death repeats at
most one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import structlog
from tenacity import AsyncRetrying, retry_if_exception, wait_random_exponential

from services.notify.addresses.recipient import BadAddress, Contact, Erased, LibraryEntry, NoAddress
from services.notify.addresses.store import AddressBook
from services.notify.metrics import ATTEMPT_SECONDS, NOTICES, POSSIBLE_REPEATS, POSTPONED
from services.notify.notices.notice import ADDRESS_UNKNOWN, AT_REST, Notice, State, look_again_after
from services.notify.sender.channel import Channel, NotTaken, OutcomeUnknown, RefusedForNow
from services.notify.sender.store import Claim, Queue
from services.notify.sender.verdict import Patience, Verdict, given_up
from shared.store.mongo import is_outage
from shared.telemetry.tracing import tracing

T = TypeVar("T")

log = structlog.get_logger(__name__)


class Sender:
    """One sender; several may run, each notice is claimed by one of them."""

    def __init__(
        self,
        queue: Queue,
        addresses: AddressBook,
        channels: Mapping[str, Channel],
        patience: Patience,
        *,
        attempt_seconds: float,
    ) -> None:
        self._queue = queue
        self._addresses = addresses
        self._channels = channels
        self._patience = patience
        self._attempt_seconds = attempt_seconds

    async def turn(self) -> bool:
        """Send one notice; whether it is worth taking the next at once. Told to stop, it finishes the one in hand."""
        working = asyncio.ensure_future(self._turn())
        try:
            return await asyncio.shield(working)
        except asyncio.CancelledError:
            await working
            raise

    async def _turn(self) -> bool:
        claim = await self._queue.claim()
        if claim is None:
            return False
        notice = claim.notice
        with tracing(notice.traceparent, notice=notice.id, kind=notice.kind, attempt=notice.attempts):
            if claim.repeats:
                POSSIBLE_REPEATS.inc()
                log.warning("notice_possibly_repeated")
            with ATTEMPT_SECONDS.time():
                failure = await self._attempt(notice)
            await self._settle(claim, _verdict(failure))
        return not (isinstance(failure, NotTaken) and failure.channel_away)

    async def _attempt(self, notice: Notice) -> Exception | None:
        """None when the channel took the notice, else why not."""
        try:
            contact = await _through_outages(lambda: self._addresses.contact(notice.recipient))
            library = await _through_outages(lambda: self._addresses.library(notice.library))
        except (NoAddress, BadAddress, Erased) as unreachable:
            return unreachable
        except Exception as error:
            return RefusedForNow(f"lookup-{type(error).__name__}")
        return await self._send(notice, contact, library)

    async def _send(self, notice: Notice, contact: Contact, library: LibraryEntry | None) -> Exception | None:
        try:
            async with asyncio.timeout(self._attempt_seconds):
                await self._channels[notice.channel].send(notice, contact, library)
        except NotTaken as failure:
            return failure
        except TimeoutError:
            return OutcomeUnknown("timed-out")
        except Exception as error:
            return OutcomeUnknown(f"unexpected-{type(error).__name__}")
        return None

    async def _settle(self, claim: Claim, verdict: Verdict) -> None:
        now = datetime.now(UTC)
        if verdict.again and self._patience.spent(claim.notice, now):
            verdict = given_up(verdict)
        due = now + self._wait(claim.notice, verdict) if verdict.again else None
        # What the channel took must not be forgotten because MongoDB is away.
        if await _through_outages(lambda: self._queue.settle(claim, verdict, due)):
            _count(claim, verdict)
        else:
            log.warning("notice_lease_lost", state=verdict.state)

    def _wait(self, notice: Notice, verdict: Verdict) -> timedelta:
        no_address = verdict.state is State.NO_ADDRESS
        return look_again_after(notice.attempts) if no_address else self._patience.wait(notice.attempts)


def _verdict(failure: Exception | None) -> Verdict:
    """What the outcome of an attempt makes of a notice."""
    match failure:
        case None:
            return Verdict(State.SENT)
        case NoAddress():
            return Verdict(State.NO_ADDRESS, ADDRESS_UNKNOWN, again=True)
        case Erased():
            return Verdict(State.ERASED)
        case NotTaken(again=again, in_doubt=in_doubt, reason=reason):
            return Verdict(State.WAITING if again else State.FAILED, reason, again=again, in_doubt=in_doubt)
        case _:
            return Verdict(State.FAILED, "address-unusable")


async def _through_outages(do: Callable[[], Awaitable[T]]) -> T:
    retrying = AsyncRetrying(
        retry=retry_if_exception(is_outage), wait=wait_random_exponential(multiplier=0.1, max=5), reraise=True
    )

    async def attempt() -> T:  # tenacity awaits coroutine functions only, and `do` may be a lambda
        return await do()

    return await retrying(attempt)


def _count(claim: Claim, verdict: Verdict) -> None:
    log.info("notice_attempted", state=verdict.state, reason=verdict.reason)
    if verdict.again:
        POSTPONED.labels(verdict.reason).inc()
    if verdict.state in AT_REST:
        NOTICES.labels(claim.notice.kind, verdict.state).inc()

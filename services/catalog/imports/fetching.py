"""Asks a provider for pages, within limits of size, time and network, as often as it wants to be asked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from shared.web.outward import Inside, MayReach, Outward, is_public

MOST_REDIRECTS = 5
HEADERS = {"user-agent": "lienthong-harvest", "accept": "text/xml, application/xml"}
_BUSY = {408, 425, 429, 500, 502, 503, 504}
DEFAULT_WAIT_SECONDS = 60.0


class Away(Exception):
    """The provider does not answer for now."""


class Busy(Away):
    """It wants to be asked again after so many seconds."""

    def __init__(self, text: str, seconds: float) -> None:
        super().__init__(text)
        self.seconds = seconds


class MustNotCall(Exception):
    """The address leads inside the network."""


@dataclass(frozen=True)
class HarvestLimits:
    """bytes: of a page; seconds: for a page; longest_wait: what Retry-After may ask for without the run being put off;
    attempts: of a page, before the run is put off.
    """

    bytes: int = 50_000_000
    seconds: float = 120
    longest_wait: float = 30
    attempts: int = 4
    may_reach: MayReach = is_public


class Provider:
    """One provider's address."""

    def __init__(self, url: str, limits: HarvestLimits) -> None:
        self._url = url
        self._limits = limits
        self._client = httpx.AsyncClient(
            transport=Outward(limits.may_reach),
            follow_redirects=True,
            max_redirects=MOST_REDIRECTS,
            trust_env=False,
            timeout=limits.seconds,
            headers=HEADERS,
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def ask(self, arguments: Mapping[str, str]) -> bytes:
        """One answer, tried again while the provider is busy or away for a moment. Raises Away, Busy, MustNotCall."""
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(Away),
            stop=stop_after_attempt(self._limits.attempts),
            wait=wait_random_exponential(multiplier=0.2, max=5),
            reraise=True,
        )

        async def once() -> bytes:
            try:
                return await self._ask(arguments)
            except Busy as busy:
                if busy.seconds > self._limits.longest_wait:
                    raise _PutOff(busy) from busy
                await asyncio.sleep(busy.seconds)  # the provider asked for it
                raise

        try:
            return await retrying(once)
        except _PutOff as put_off:
            raise put_off.busy from put_off

    async def _ask(self, arguments: Mapping[str, str]) -> bytes:
        try:
            async with (
                asyncio.timeout(self._limits.seconds),
                self._client.stream("GET", self._url, params=dict(arguments)) as answer,
            ):
                if answer.status_code in _BUSY:
                    raise Busy(str(answer.status_code), _wait_of(answer.headers.get("retry-after")))
                if answer.status_code != httpx.codes.OK:
                    raise Away(str(answer.status_code))
                return await self._body(answer)
        except Inside as inside:
            raise MustNotCall(str(inside)) from inside
        except TimeoutError as error:
            raise Away(f"> {self._limits.seconds} s") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Away(str(error)[:200] or type(error).__name__) from error

    async def _body(self, answer: httpx.Response) -> bytes:
        body = bytearray()
        async for chunk in answer.aiter_bytes():
            body += chunk
            if len(body) > self._limits.bytes:
                raise Away(f"> {self._limits.bytes} bytes")
        return bytes(body)


class _PutOff(Exception):
    """It wants to be left alone for longer than anybody waits here."""

    def __init__(self, busy: Busy) -> None:
        super().__init__(str(busy))
        self.busy = busy


def _wait_of(header: str | None) -> float:
    """Seconds by Retry-After (RFC 9110, 10.2.3), which is a number or a date."""
    if header is None:
        return 0.0
    with suppress(ValueError):
        return max(0.0, float(header))
    with suppress(ValueError, TypeError):
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    return DEFAULT_WAIT_SECONDS

"""Fetches a file from an address that nobody trusts, within limits of size, time, redirects and network."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import httpx

from services.ingest.documents.document import ReceivedFile, display_name
from services.ingest.documents.refusal import Refused
from services.ingest.documents.spool import Writing
from services.ingest.harvest.addresses import is_public

MOST_REDIRECTS = 5
HEADERS = {"accept-encoding": "identity", "user-agent": "lienthong-harvest"}


@dataclass(frozen=True)
class FetchLimits:
    """seconds: from the first connection to the last byte; may_reach: of an IP address."""

    bytes: int
    seconds: float
    may_reach: Callable[[str], bool] = is_public


@dataclass(frozen=True)
class Fetched:
    """A file, and the licence that its server states for it (RFC 4946: link relation `license`)."""

    file: ReceivedFile
    licence: str | None


class _Unreachable(httpx.ConnectError):
    """The address must not be called."""


class _Guarded(httpx.AsyncHTTPTransport):
    """Calls the very address that was checked: a name cannot change its mind in between, nor a redirect lead inside."""

    def __init__(self, may_reach: Callable[[str], bool]) -> None:
        super().__init__()
        self._may_reach = may_reach

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        address = await self._address(host, request.url.port or (443 if request.url.scheme == "https" else 80))
        extensions = {**request.extensions, "sni_hostname": host}
        url = request.url.copy_with(host=address)
        pinned = httpx.Request(
            request.method, url, headers=request.headers, stream=request.stream, extensions=extensions
        )
        return await super().handle_async_request(pinned)

    async def _address(self, host: str, port: int) -> str:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError(f"no address of {host}") from error
        addresses = [str(entry[4][0]) for entry in found]
        if not all(map(self._may_reach, addresses)):
            raise _Unreachable(host)
        return addresses[0]


async def fetch(url: str, target: Path, limits: FetchLimits) -> Fetched:
    """Fetch a file into a new one. Raises Refused, OSError."""
    try:
        async with asyncio.timeout(limits.seconds), _answer(url, limits) as response:
            name = display_name(unquote(response.url.path), 1)
            with Writing(target, name, limits.bytes) as writing:
                async for chunk in response.aiter_raw():
                    writing.write(chunk)
                file = writing.finish()
            return Fetched(file, response.links.get("license", {}).get("url"))
    except _Unreachable as error:
        raise Refused("harvest-inside", url=url) from error
    except TimeoutError as error:
        raise Refused("harvest-away", url=url, what=f"> {limits.seconds} s") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Refused("harvest-away", url=url, what=str(error)[:200] or type(error).__name__) from error


@asynccontextmanager
async def _answer(url: str, limits: FetchLimits) -> AsyncIterator[httpx.Response]:
    """The answer after redirects, if it is the file itself. Raises Refused, httpx.HTTPError, httpx.InvalidURL."""
    client = httpx.AsyncClient(
        transport=_Guarded(limits.may_reach),
        follow_redirects=True,
        max_redirects=MOST_REDIRECTS,
        trust_env=False,
        timeout=limits.seconds,
        headers=HEADERS,
    )
    async with client, client.stream("GET", url) as response:
        if response.status_code != httpx.codes.OK:
            raise Refused("harvest-away", url=url, what=str(response.status_code))
        if response.headers.get("content-encoding", "identity") != "identity":
            raise Refused("harvest-away", url=url, what="content-encoding")
        yield response

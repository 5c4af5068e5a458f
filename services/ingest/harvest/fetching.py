"""Fetches a file from an address that nobody trusts, within limits of size, time, redirects and network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import httpx

from services.ingest.documents.document import ReceivedFile, display_name
from services.ingest.documents.refusal import Refused
from services.ingest.documents.spool import Writing
from shared.web.outward import Inside, MayReach, Outward, is_public

MOST_REDIRECTS = 5
HEADERS = {"accept-encoding": "identity", "user-agent": "lienthong-harvest"}


@dataclass(frozen=True)
class FetchLimits:
    """seconds: from the first connection to the last byte; may_reach: of an IP address."""

    bytes: int
    seconds: float
    may_reach: MayReach = is_public


@dataclass(frozen=True)
class Fetched:
    """A file, and the licence that its server states for it (RFC 4946: link relation `license`)."""

    file: ReceivedFile
    licence: str | None


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
    except Inside as error:
        raise Refused("harvest-inside", url=url) from error
    except TimeoutError as error:
        raise Refused("harvest-away", url=url, what=f"> {limits.seconds} s") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Refused("harvest-away", url=url, what=str(error)[:200] or type(error).__name__) from error


@asynccontextmanager
async def _answer(url: str, limits: FetchLimits) -> AsyncIterator[httpx.Response]:
    """The answer after redirects, if it is the file itself. Raises Refused, httpx.HTTPError, httpx.InvalidURL."""
    client = httpx.AsyncClient(
        transport=Outward(limits.may_reach),
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

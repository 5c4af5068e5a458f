"""Request bodies, read a chunk at a time within their limits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass

from fastapi import Request
from starlette.requests import ClientDisconnect

from shared.web.problems import Problem


@dataclass(frozen=True)
class BodyLimits:
    """max_bytes: of the whole body; stall_seconds: between two chunks; whole_seconds: from first to last."""

    max_bytes: int
    stall_seconds: float
    whole_seconds: float


def declared_length(request: Request) -> int:
    """What Content-Length says; 0 when it says nothing."""
    with suppress(ValueError):
        return int(request.headers.get("content-length", "0"))
    return 0


async def chunks(request: Request, limits: BodyLimits) -> AsyncIterator[bytes]:
    """The body as it comes in.

    Raises Problem 413 (declared too large: before anything is read), 408 (stalled), 400 (broken off).
    """
    if declared_length(request) > limits.max_bytes:
        raise _too_large(limits)
    received = 0
    stream = aiter(request.stream())
    ends_at = asyncio.get_running_loop().time() + limits.whole_seconds
    while (chunk := await _next_chunk(stream, limits, ends_at)) is not None:
        received += len(chunk)
        if received > limits.max_bytes:
            raise _too_large(limits)
        yield chunk


async def read_body(request: Request, limits: BodyLimits) -> bytes:
    """The whole of a small body. Raises as `chunks` does."""
    return b"".join([chunk async for chunk in chunks(request, limits)])


async def _next_chunk(stream: AsyncIterator[bytes], limits: BodyLimits, ends_at: float) -> bytes | None:
    left = ends_at - asyncio.get_running_loop().time()
    try:
        return await asyncio.wait_for(anext(stream, None), min(limits.stall_seconds, left))
    except TimeoutError as error:
        raise Problem(408, "stalled", headers={"connection": "close"}) from error
    except ClientDisconnect as error:
        raise Problem(400, "broken-off") from error


def _too_large(limits: BodyLimits) -> Problem:
    return Problem(413, "too-large", megabytes=limits.max_bytes // 1_000_000, headers={"connection": "close"})

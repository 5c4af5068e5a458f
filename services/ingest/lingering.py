"""Answers that come before the whole request was read, and still arrive.

Closing a connection while its client is still sending resets it, and many clients then lose the answer. So the answer
is sent at once, and what still comes in is thrown away for a moment before the connection ends (nginx:
`lingering_close`).
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send

LINGER_SECONDS = 2.0


class LingeringClose:
    """ASGI middleware; does nothing to an answer that comes after the whole request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        whole = False

        async def receive_and_see() -> Message:
            nonlocal whole
            message = await receive()
            whole = message["type"] == "http.disconnect" or not message.get("more_body", False)
            return message

        async def send_and_linger(message: Message) -> None:
            ends = message["type"] == "http.response.body" and not message.get("more_body", False)
            if whole or not ends or not _has_body(scope):
                await send(message)
                return
            await send({**message, "more_body": True})
            with suppress(TimeoutError):
                async with asyncio.timeout(LINGER_SECONDS):
                    while not whole:
                        await receive_and_see()
            await send({"type": "http.response.body", "body": b"", "more_body": False})

        await self._app(scope, receive_and_see, send_and_linger)


def _has_body(scope: Scope) -> bool:
    headers = dict(scope["headers"])
    return b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0"

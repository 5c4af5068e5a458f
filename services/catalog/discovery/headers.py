"""Headers that every answer carries, so that what libraries uploaded cannot act in a reader's browser."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "cross-origin-opener-policy": "same-origin",
}
OWN_POLICY = ("/docs",)
"""The API's interactive description brings scripts of its own."""


class SecurityHeaders:
    """Adds the headers, unless the answer has its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        guarded = scope["type"] == "http" and not scope["path"].startswith(OWN_POLICY)
        await self._app(scope, receive, answer if guarded else send)

"""The furnishing of every FastAPI app: health, metrics, problem details, correlation, request logs."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

import structlog
from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.telemetry.metrics import HTTP_REQUESTS, HTTP_SECONDS
from shared.telemetry.tracing import new_traceparent, tracing
from shared.web.problems import Messages, ProblemDetails, install

log = structlog.get_logger(__name__)

Check = Callable[[], Awaitable[str | None]]
"""None when ready, else what is missing."""
QUIET = {"/healthz", "/readyz", "/metrics"}
PROBLEM = {"model": ProblemDetails, "description": "Problem details (RFC 9457)"}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {**PROBLEM, "content": {"application/problem+json": {"schema": ProblemDetails.model_json_schema()}}}
    for status in (400, 401, 403, 404, 409, 413, 415, 422, 503)
}


def create_app(
    title: str,
    *,
    public_key: str,
    checks: Mapping[str, Check],
    message_packages: tuple[str, ...] = (),
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None = None,
) -> FastAPI:
    """An app with `/healthz` (the process answers), `/readyz` (its dependencies do) and `/metrics`."""
    app = FastAPI(title=title, version="1", lifespan=lifespan, responses=PROBLEMS, redoc_url=None)
    app.state.public_key = public_key
    messages = Messages("shared.web", *message_packages)
    app.state.messages = messages
    install(app, messages)
    app.add_middleware(Correlation)
    _add_health(app, checks)
    return app


def _add_health(app: FastAPI, checks: Mapping[str, Check]) -> None:
    @app.get("/healthz", tags=["operation"])
    async def healthz() -> dict[str, str]:
        """The process answers."""
        return {"status": "alive"}

    @app.get("/readyz", tags=["operation"], responses={503: {"description": "What is missing, by name"}})
    async def readyz() -> Response:
        """What it depends on answers too."""
        missing = {name: why for name, check in checks.items() if (why := await _checked(check))}
        return JSONResponse({"ready": not missing, "missing": missing}, status_code=503 if missing else 200)

    @app.get("/metrics", tags=["operation"], response_class=Response)
    def metrics() -> Response:
        """Prometheus exposition; in a thread, for a collector may ask a database."""
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _checked(check: Check) -> str | None:
    try:
        return await check()
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300]


class Correlation:
    """Gives each request its trace, answers with `traceresponse`, counts and logs it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        incoming = dict(scope["headers"]).get(b"traceparent", b"").decode("latin-1")
        started = time.perf_counter()
        status = 500
        with tracing(incoming or None) as correlation_id:

            async def answer(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                    response = new_traceparent(correlation_id).encode()
                    message["headers"] = [*message["headers"], (b"traceresponse", response)]
                await send(message)

            try:
                await self._app(scope, receive, answer)
            finally:
                _record(scope, status, time.perf_counter() - started)


def _record(scope: Scope, status: int, seconds: float) -> None:
    route = getattr(scope.get("route"), "path", "other")
    HTTP_REQUESTS.labels(scope["method"], route, str(status)).inc()
    HTTP_SECONDS.labels(scope["method"], route).observe(seconds)
    if scope["path"] not in QUIET:
        log.info("request_answered", method=scope["method"], route=route, status=status, seconds=round(seconds, 4))

"""W3C trace context: one trace id follows a document from its upload to the last notice about it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import structlog

TRACEPARENT = re.compile(r"^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$")
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


def new_traceparent(trace_id: str | None = None) -> str:
    """A fresh span, of the given trace or of a new one."""
    return f"00-{trace_id or secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def current_traceparent() -> str:
    """A child span of what is being handled now, or the root of a new trace."""
    current = _current.get()
    return new_traceparent(correlation_of(current) if current else None)


def correlation_of(traceparent: str) -> str:
    """The trace id inside a traceparent; a malformed one is taken as it stands."""
    match = TRACEPARENT.match(traceparent)
    return match[1] if match else traceparent


@contextmanager
def tracing(traceparent: str | None, **ids: str | int) -> Iterator[str]:
    """Handle one request or event: what it emits and logs carries its trace id and the given ids."""
    valid = traceparent if traceparent and TRACEPARENT.match(traceparent) else new_traceparent()
    token = _current.set(valid)
    try:
        with structlog.contextvars.bound_contextvars(correlation_id=correlation_of(valid), **ids):
            yield correlation_of(valid)
    finally:
        _current.reset(token)

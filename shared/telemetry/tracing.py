"""W3C trace context: one trace id follows a document from its upload to the last notice about it."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from structlog.typing import EventDict, WrappedLogger

TRACEPARENT = re.compile(r"^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$")


@dataclass(frozen=True, slots=True)
class Trace:
    """What is being handled: where it belongs, and the ids that its log lines carry."""

    traceparent: str
    ids: dict[str, str | int]


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def new_traceparent(trace_id: str | None = None) -> str:
    """A fresh span, of the given trace or of a new one."""
    return f"00-{trace_id or _hex(128)}-{_hex(64)}-01"


def _hex(bits: int) -> str:
    """Never zero, which the standard forbids. No secret, so the kernel need not be asked for each."""
    return f"{random.getrandbits(bits) or 1:0{bits // 4}x}"


def current_traceparent() -> str:
    """A child span of what is being handled now, or the root of a new trace."""
    current = _current.get()
    return new_traceparent(correlation_of(current.traceparent) if current else None)


def correlation_of(traceparent: str) -> str:
    """The trace id inside a traceparent; a malformed one is taken as it stands."""
    match = TRACEPARENT.match(traceparent)
    return match[1] if match else traceparent


@contextmanager
def tracing(traceparent: str | None, **ids: str | int) -> Iterator[str]:
    """Handle one request or event: what it emits and logs carries its trace id and the given ids."""
    valid = traceparent if traceparent and TRACEPARENT.match(traceparent) else new_traceparent()
    outer = _current.get()
    token = _current.set(Trace(valid, {**outer.ids, **ids} if outer else ids))
    try:
        yield correlation_of(valid)
    finally:
        _current.reset(token)


def add_trace(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """Log processor: a line's own fields win over those of what is being handled."""
    if current := _current.get():
        return {"correlation_id": correlation_of(current.traceparent), **current.ids, **line}
    return line

"""What a consumer is: a name, its handlers, and nothing of Kafka or MongoDB."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.bus.messages import Message
from shared.bus.work import Work
from shared.events.envelope import Event, EventData
from shared.events.topics import topics_read_by

Handle = Callable[[Event[Any], Work], Awaitable[None]]
"""Turns an event into effects: writes and announcements on the work it is given."""
Prepare = Callable[[Event[Any]], Awaitable[Any]]
"""Slow, repeatable preparation outside the transaction; its result is handed on to the handler."""
HandlePrepared = Callable[[Event[Any], Any, Work], Awaitable[None]]
HandleGone = Callable[[str, Work], Awaitable[None]]
"""The state under a key of a compacted topic is gone."""
HandleMessage = Callable[[Message, Work], Awaitable[None]]
"""Takes a message as it came, whatever it says."""


@dataclass(frozen=True)
class Handler:
    """How one event type is handled, in one step or in two."""

    apply: HandlePrepared
    prepare: Prepare | None = None


def plain(handle: Handle) -> Handler:
    """A handler that needs no preparation."""

    async def apply(event: Event[Any], _: object, work: Work) -> None:
        await handle(event, work)

    return Handler(apply)


@dataclass(frozen=True)
class Consumer:
    """A consumer group: its name, and a handler for each event type that it handles.

    A type of its topics without a handler is skipped and counted. A consumer with `every` has no other handlers: it is
    given all messages that have a body, unread, unknown and malformed ones too.

    at_once: for jobs, whose order means nothing: so many of them are handled beside each other, each by itself, so that
    a slow one holds up none behind it. Without it batches are handled, those of a partition one after another.
    """

    name: str
    handlers: Mapping[type[EventData], Handler] = field(default_factory=dict)
    gone: Mapping[str, HandleGone] = field(default_factory=dict)
    batch_size: int | None = None
    at_once: int | None = None
    every: HandleMessage | None = None

    @property
    def topics(self) -> tuple[str, ...]:
        return topics_read_by(self.name)

    @property
    def service(self) -> str:
        return self.name.split("-")[0]


def consumer(
    name: str,
    handlers: Mapping[type[EventData], Handle | Handler],
    *,
    gone: Mapping[str, HandleGone] | None = None,
    batch_size: int | None = None,
    at_once: int | None = None,
) -> Consumer:
    """Declare a consumer; a plain function stands for a handler without preparation."""
    full = {model: handle if isinstance(handle, Handler) else plain(handle) for model, handle in handlers.items()}
    return Consumer(name=name, handlers=full, gone=gone or {}, batch_size=batch_size, at_once=at_once)

"""What travels: a message as Kafka carries it, and what a consumer of messages may raise."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

HEADER_ID = "ce_id"
HEADER_SOURCE = "ce_source"
HEADER_OUTBOX = "outbox"
HEADER_SEQUENCE = "sequence"
HEADER_CONTENT_TYPE = "content-type"


@dataclass(frozen=True)
class Message:
    """One message as it was consumed. A null value means: the state under this key is gone."""

    topic: str
    partition: int
    offset: int
    key: str
    value: bytes | None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"


@dataclass(frozen=True)
class Outgoing:
    """One message to be sent."""

    topic: str
    key: str
    value: bytes | None
    headers: dict[str, str]


Deliver = Callable[[Sequence[Message]], Awaitable[None]]
"""Settles a batch of one partition; returns when it may be acknowledged."""


class BrokerAway(Exception):
    """The broker did not take everything; send it all again when it is back."""


class Publisher(Protocol):
    """Sends messages in the order given for each key."""

    def cluster_id(self) -> str:
        """Which cluster this is; another id means another, perhaps empty, log. Raises BrokerAway."""

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """Return when the broker holds them all. Raises BrokerAway."""

    def prepare(self) -> None:
        """Make sure that every topic of the table exists. Raises BrokerAway."""

    def close(self) -> None: ...


class Subscription(Protocol):
    """Consumes topics as a member of a group and acknowledges what was delivered."""

    async def run(self, deliver: Deliver) -> None:
        """Deliver batches, each of one partition and in order, until cancelled or deliver raises."""

    @property
    def assigned(self) -> bool:
        """Whether the group gave this member its partitions."""


class ConsumerStopped(Exception):
    """This consumer must not go on until a person has looked; the text says at what."""


class PermanentError(Exception):
    """Trying again cannot help: the event becomes a dead letter. The text says what to do."""

    reason = "refused"


class WaitsFor(Exception):
    """The event refers to something that another topic has not yet told: it is parked and tried again."""


class DependencyAway(Exception):
    """An outside service is away: everything waits until it is back."""

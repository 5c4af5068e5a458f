"""Publication under the bus: kafka-python sends."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from typing import Any

import structlog
from kafka import KafkaAdminClient, KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError

from shared.bus.messages import BrokerAway, Outgoing
from shared.bus.topic_admin import TopicAdmin, connect_admin

log = structlog.get_logger(__name__)

BEGIN_SECONDS = 3.0
METADATA_SECONDS = 3.0
DELIVERY_SECONDS = 8.0
PUBLISH_SECONDS = BEGIN_SECONDS + METADATA_SECONDS + DELIVERY_SECONDS
"""The longest that a publication goes on sending: what is not taken by then never will be."""


class KafkaPublisher:
    """Sends with an idempotent producer; after any failure it starts with a fresh one.

    A publication is given up before the producer itself gives up any message: it would go on with those behind.
    """

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._producer: KafkaProducer | None = None
        self._admin: KafkaAdminClient | None = None

    def cluster_id(self) -> str:
        with self._fresh_after_failure(f"no broker answers at {self._bootstrap}"):
            self._admin = self._admin or connect_admin(self._bootstrap)
            return str(self._admin.describe_cluster()["cluster_id"])

    def prepare(self) -> None:
        with self._fresh_after_failure(f"topics cannot be applied at {self._bootstrap}"):
            self._admin = self._admin or connect_admin(self._bootstrap)
            for line in TopicAdmin(self._admin).apply():
                log.info("topic_applied", change=line)

    def publish(self, messages: Sequence[Outgoing]) -> None:
        if not messages:
            return
        begin_until = time.monotonic() + BEGIN_SECONDS
        refused = f"the broker did not take {len(messages)} messages"
        with self._fresh_after_failure(refused):
            producer = self._producer = self._producer or self._connect()
        if time.monotonic() > begin_until:
            raise BrokerAway(f"{refused}: it was slow to connect, and next time is connected")
        with self._fresh_after_failure(refused):
            sent = _begin(producer, messages, begin_until)
            taken_until = time.monotonic() + DELIVERY_SECONDS
            for future in sent:
                future.get(timeout=max(0.0, taken_until - time.monotonic()))

    @contextlib.contextmanager
    def _fresh_after_failure(self, what: str) -> Iterator[None]:
        """Give up what is under way, whatever went wrong: it must not arrive behind what others send meanwhile."""
        try:
            yield
        except BaseException as error:
            self.close()
            if isinstance(error, KafkaError | OSError):
                raise BrokerAway(f"{what}: {error}") from error
            raise

    def close(self) -> None:
        """What is still under way is given up."""
        if self._producer is not None:
            _stop_sending(self._producer)
        for client in (self._producer, self._admin):
            if client is not None:
                with contextlib.suppress(KafkaError, OSError):
                    client.close()
        self._producer = self._admin = None

    def _connect(self) -> KafkaProducer:
        return KafkaProducer(
            bootstrap_servers=self._bootstrap.split(","),
            enable_idempotence=True,
            acks="all",
            linger_ms=2,
            # A batch that is sent again would arrive behind the next where the broker does not check their sequence.
            max_in_flight_requests_per_connection=1,
            delivery_timeout_ms=int(PUBLISH_SECONDS * 2 * 1000),
            request_timeout_ms=int(DELIVERY_SECONDS / 2 * 1000),
            max_block_ms=int(METADATA_SECONDS * 1000),
        )


def _stop_sending(producer: KafkaProducer) -> None:
    """`close(timeout=0)` raises where something is under way (kafka-python 3.0.12), and its thread sends on."""
    producer._sender.force_close()
    producer._sender.join()


def _begin(producer: KafkaProducer, messages: Sequence[Outgoing], begin_until: float) -> list[Any]:
    """What tells when the broker holds each of them. Raises KafkaTimeoutError where the time is over before the end."""
    begun: list[Any] = []
    for message in messages:
        if time.monotonic() > begin_until:
            raise KafkaTimeoutError(f"{len(begun)} begun within {BEGIN_SECONDS} s")
        headers = [(name, value.encode()) for name, value in message.headers.items()]
        begun.append(producer.send(message.topic, key=message.key.encode(), value=message.value, headers=headers))
    return begun

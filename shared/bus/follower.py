"""Follows a compacted topic from its beginning, all partitions, outside any group: for caches of every replica."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import structlog
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from shared.bus.kafka import KafkaPublisher
from shared.bus.messages import BrokerAway, Message
from shared.settings import Settings

log = structlog.get_logger(__name__)

Apply = Callable[[Sequence[Message]], None]
POLL_MS = 500
CLUSTER_CHECK_POLLS = 6
AFTER_FAILURE_SECONDS = 5.0


class Follower:
    """Runs in a thread; calls `apply` with batches, in order for each key, and begins anew on another cluster."""

    def __init__(self, topic: str, apply: Apply, settings: Settings) -> None:
        self._topic = topic
        self._apply = apply
        self._bootstrap = settings.kafka_bootstrap
        self._stopping = threading.Event()
        self.caught_up = threading.Event()

    def stop(self) -> None:
        self._stopping.set()

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._follow()
            except (KafkaError, BrokerAway, OSError) as error:
                log.warning("follower_waits", topic=self._topic, error=str(error)[:300])
                self._stopping.wait(1.0)
            except Exception as error:
                # What cannot be applied must not end the feed in silence: not ready, it tries again from the start.
                self.caught_up.clear()
                log.exception("follower_failed", topic=self._topic, why=str(error))
                self._stopping.wait(AFTER_FAILURE_SECONDS)

    def _follow(self) -> None:
        publisher = KafkaPublisher(self._bootstrap)
        cluster = publisher.cluster_id()
        consumer = KafkaConsumer(
            bootstrap_servers=self._bootstrap.split(","), enable_auto_commit=False, auto_offset_reset="earliest"
        )
        try:
            ends = self._begin(consumer)
            polls = 0
            while not self._stopping.is_set():
                self._take(consumer)
                if all(consumer.position(partition) >= end for partition, end in ends.items()):
                    self.caught_up.set()
                polls += 1
                if polls % CLUSTER_CHECK_POLLS == 0 and publisher.cluster_id() != cluster:
                    log.info("follower_met_cluster", topic=self._topic)
                    return
        finally:
            consumer.close()
            publisher.close()

    def _begin(self, consumer: KafkaConsumer) -> dict[TopicPartition, int]:
        numbers = consumer.partitions_for_topic(self._topic)
        if not numbers:
            raise BrokerAway(f"topic {self._topic} is not there yet")
        partitions = [TopicPartition(self._topic, number) for number in sorted(numbers)]
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        ends: dict[TopicPartition, int] = consumer.end_offsets(partitions)
        return ends

    def _take(self, consumer: KafkaConsumer) -> None:
        for records in consumer.poll(timeout_ms=POLL_MS).values():
            self._apply([_message(record) for record in records])


def _message(record: object) -> Message:
    headers = {name: (value or b"").decode("utf-8", "replace") for name, value in record.headers or ()}  # type: ignore[attr-defined]
    key = (record.key or b"").decode("utf-8", "replace")  # type: ignore[attr-defined]
    return Message(record.topic, record.partition, record.offset, key, record.value, headers)  # type: ignore[attr-defined]

"""Follows a compacted topic, all partitions, outside any group: for caches of every replica."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

import structlog
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from shared.bus.kafka import KafkaPublisher
from shared.bus.messages import BrokerAway, Message
from shared.settings import Settings

log = structlog.get_logger(__name__)

Apply = Callable[[Sequence[Message]], None]
Begin = Callable[[str], Mapping[int, int]]
POLL_MS = 500
POLL_MESSAGES = 2000
CLUSTER_CHECK_POLLS = 6
AFTER_FAILURE_SECONDS = 5.0


def from_the_beginning(_cluster: str) -> Mapping[int, int]:
    return {}


class Follower:
    """Runs in a thread; calls `apply` with batches, in order for each key, and with an empty one when nothing came.

    `begin` is given the id of the Kafka cluster each time that following begins: at first, after a failure, and when
    another cluster answers. It says for each partition the offset to go on from; others begin at their first message.
    `caught_up` is set when all that was there at the beginning was applied, and an empty batch after it.
    """

    def __init__(self, topic: str, apply: Apply, settings: Settings, begin: Begin = from_the_beginning) -> None:
        self._topic = topic
        self._apply = apply
        self._begin = begin
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
                # What cannot be applied must not end the feed in silence: not ready, it tries again.
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
            ends = self._assign(consumer, self._begin(cluster))
            polls = 0
            while not self._stopping.is_set():
                self._take(consumer, ends)
                polls += 1
                if polls % CLUSTER_CHECK_POLLS == 0 and publisher.cluster_id() != cluster:
                    log.info("follower_met_cluster", topic=self._topic)
                    return
        finally:
            consumer.close()
            publisher.close()

    def _assign(self, consumer: KafkaConsumer, offsets: Mapping[int, int]) -> dict[TopicPartition, int]:
        """Place the consumer at the offsets; the ends of the partitions as they are now."""
        numbers = consumer.partitions_for_topic(self._topic)
        if not numbers:
            raise BrokerAway(f"topic {self._topic} is not there yet")
        partitions = [TopicPartition(self._topic, number) for number in sorted(numbers)]
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        ends: dict[TopicPartition, int] = consumer.end_offsets(partitions)
        for partition in partitions:
            offset = offsets.get(partition.partition)
            # An offset past the end is of a log that is gone.
            if offset is not None and offset <= ends[partition]:
                consumer.seek(partition, offset)
        return ends

    def _take(self, consumer: KafkaConsumer, ends: Mapping[TopicPartition, int]) -> None:
        polled = consumer.poll(timeout_ms=POLL_MS, max_records=POLL_MESSAGES)
        self._apply([_message(record) for records in polled.values() for record in records])
        if not self.caught_up.is_set() and all(consumer.position(one) >= end for one, end in ends.items()):
            self._apply(())
            self.caught_up.set()


def _message(record: object) -> Message:
    headers = {name: (value or b"").decode("utf-8", "replace") for name, value in record.headers or ()}  # type: ignore[attr-defined]
    key = (record.key or b"").decode("utf-8", "replace")  # type: ignore[attr-defined]
    return Message(record.topic, record.partition, record.offset, key, record.value, headers)  # type: ignore[attr-defined]

"""Reads whole topics as any other program on Kafka would."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from kafka import KafkaConsumer, TopicPartition

POLL_MILLISECONDS = 1000


class Read(NamedTuple):
    """A message: its key, and its event; None where the state under the key is gone."""

    key: str
    event: dict[str, Any] | None


def read_topic(bootstrap: str, topic: str) -> list[Read]:
    """Everything that is on a topic now, in the order of each partition."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap.split(","), enable_auto_commit=False, group_id=None)
    try:
        places = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or ())]
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        ends = consumer.end_offsets(places)
        found: list[Read] = []
        while any(consumer.position(place) < ends[place] for place in places):
            for messages in consumer.poll(timeout_ms=POLL_MILLISECONDS).values():
                found += [Read(message.key.decode(), _event(message.value)) for message in messages]
        return found
    finally:
        consumer.close()


def traces(bootstrap: str, topic: str, subject: str) -> set[str]:
    """The trace ids of all events about a subject."""
    events = [read.event for read in read_topic(bootstrap, topic) if read.event]
    return {event["traceparent"].split("-")[1] for event in events if event["subject"] == subject}


def _event(value: bytes | None) -> dict[str, Any] | None:
    return json.loads(value) if value else None

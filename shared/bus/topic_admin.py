"""Topics on the cluster against the topic table: apply what is missing, show what differs."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType, NewPartitions, NewTopic
from kafka.errors import IncompatibleBrokerVersion, TopicAlreadyExistsError

from shared.events.topics import Topic, topics


class TopicAdmin:
    """Administration of one cluster's topics."""

    def __init__(self, admin: KafkaAdminClient) -> None:
        self._admin = admin

    def diff(self) -> list[str]:
        """What differs from the table, one line each; empty when nothing does."""
        existing = self._partitions()
        settings = self._settings([name for name in topics() if name in existing])
        lines = []
        for name, topic in topics().items():
            if name not in existing:
                lines.append(f"{name}: missing")
                continue
            if existing[name] != topic.partitions:
                lines.append(f"{name}: {existing[name]} partitions, wanted {topic.partitions}")
            lines += [
                f"{name}: {key} is {settings[name][key]}, wanted {wanted}"
                for key, wanted in topic.settings().items()
                if settings[name].get(key) not in {wanted, None}
            ]
        return lines

    def apply(self) -> list[str]:
        """Create missing topics, widen narrow ones, set what differs; partitions are never taken away."""
        existing = self._partitions()
        missing = [topic for name, topic in topics().items() if name not in existing]
        done = self._create(missing) if missing else []
        for name, topic in topics().items():
            if existing.get(name, topic.partitions) < topic.partitions:
                done += self._widen(topic)
        done += self._set_differing()
        return done

    def _create(self, missing: Sequence[Topic]) -> list[str]:
        """One request for all: a cluster of three makes forty topics in the time of one."""
        replication = min(3, len(self._admin.describe_cluster()["brokers"]))
        new = [
            NewTopic(
                name=topic.name,
                num_partitions=topic.partitions,
                replication_factor=replication,
                topic_configs=topic.settings(),
            )
            for topic in missing
        ]
        with suppress(TopicAlreadyExistsError):  # another relay was faster with some; the rest were made all the same
            self._admin.create_topics(new)
        return [f"{topic.name}: created" for topic in missing]

    def _widen(self, topic: Topic) -> list[str]:
        try:
            self._admin.create_partitions({topic.name: NewPartitions(total_count=topic.partitions)})
        except IncompatibleBrokerVersion:  # the embedded broker makes topics on first mention and cannot widen them
            return []
        return [f"{topic.name}: widened to {topic.partitions} partitions"]

    def _set_differing(self) -> list[str]:
        settings = self._settings(list(topics()))
        done = []
        for name, topic in topics().items():
            held = settings.get(name, {})
            wrong = {key: value for key, value in topic.settings().items() if held.get(key) not in {value, None}}
            if wrong:
                self._admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, configs=wrong)])
                done.append(f"{name}: set {', '.join(f'{key}={value}' for key, value in wrong.items())}")
        return done

    def _partitions(self) -> dict[str, int]:
        described = self._admin.describe_topics(self._admin.list_topics())
        return {topic["name"]: len(topic["partitions"]) for topic in described}

    def _settings(self, names: list[str]) -> dict[str, dict[str, Any]]:
        if not names:
            return {}
        resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
        described = self._admin.describe_configs(resources).get("topic", {})
        return {name: {key: entry["value"] for key, entry in row.items()} for name, row in described.items()}


def connect_admin(bootstrap: str) -> KafkaAdminClient:
    """An administration client. Raises KafkaError when no broker answers."""
    return KafkaAdminClient(bootstrap_servers=bootstrap.split(","), request_timeout_ms=10_000)

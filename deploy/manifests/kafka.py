"""Kafka's side, for Strimzi: a KafkaTopic for each topic, a KafkaUser for each service with what it may do."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.manifests.plan import cluster, services
from deploy.manifests.workloads import PART_OF, Resource
from shared.events.topics import Topic, topics


def kafka_topics() -> Iterator[Resource]:
    """One for each row of the topic table, the dead-letter topics included."""
    for topic in topics().values():
        spec = {"partitions": topic.partitions, "config": topic.settings()}
        yield _resource("KafkaTopic", topic.name, spec)


def kafka_users() -> Iterator[Resource]:
    """Write where the table says that the service produces, read where it is a reader, in its own groups only."""
    for service in services():
        spec = {
            "authentication": {"type": "scram-sha-512"},
            "authorization": {"type": "simple", "acls": list(_acls(service))},
        }
        yield _resource("KafkaUser", f"lienthong-{service}", spec)


def _acls(service: str) -> Iterator[Resource]:
    for topic in topics().values():
        operations = [*_reading(service, topic), *_writing(service, topic)]
        if operations:
            yield {"resource": {"type": "topic", "name": topic.name}, "operations": operations}
    # The relay compares every topic with the table before its first message.
    yield {"resource": {"type": "topic", "name": "*"}, "operations": ["Describe", "DescribeConfigs"]}
    group = {"type": "group", "name": f"{service}-", "patternType": "prefix"}
    yield {"resource": group, "operations": ["Read", "Describe"]}


def _reading(service: str, topic: Topic) -> list[str]:
    return ["Read"] if any(reader.split("-")[0] == service for reader in topic.readers) else []


def _writing(service: str, topic: Topic) -> list[str]:
    producers = {says for said_by in (*topic.types.values(), *topic.planned.values()) for says in said_by}
    return ["Write"] if service in producers else []


def _resource(kind: str, name: str, spec: Resource) -> Resource:
    kafka = cluster().kafka
    labels = {"strimzi.io/cluster": kafka.cluster, **PART_OF}
    named = {"name": name, "namespace": kafka.namespace, "labels": labels}
    return {"apiVersion": "kafka.strimzi.io/v1", "kind": kind, "metadata": named, "spec": spec}

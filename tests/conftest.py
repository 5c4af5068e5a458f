"""Fixtures for every test; each lives where its concept does."""

from tests.engines import embedded_broker, kafka_cluster, mail_server, mongo, mongo_url

__all__ = ["embedded_broker", "kafka_cluster", "mail_server", "mongo", "mongo_url"]

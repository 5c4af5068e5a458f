"""Fixtures for every test, each where its concept lives; and which tests may run side by side."""

import pytest

from tests.engines import embedded_broker, kafka_cluster, mail_server, mongo, mongo_url

__all__ = ["embedded_broker", "kafka_cluster", "mail_server", "mongo", "mongo_url"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One whole stack at a time, since each has some thirty processes; any other file is one group of its own."""
    for item in items:
        group = "stack" if item.get_closest_marker("stack") else item.nodeid.partition("::")[0]
        item.add_marker(pytest.mark.xdist_group(group))

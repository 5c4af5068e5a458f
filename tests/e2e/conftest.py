"""One stack for all tests of this folder, and the story that was told on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e import story
from tests.e2e.story import Story
from tests.e2e.visits import Client
from tests.proof.stacks import ProofStack, running_stack

ENVIRONMENT = {
    "PARK_SECONDS": "60",
    "BROKER_SESSION_SECONDS": "4",
    "CATALOG_OVERDUE_SECONDS": "1",
    "CATALOG_USES_SECONDS": "1",
    "INGEST_STALL_SECONDS": "3",
    "NOTIFY_OPERATORS": "van-hanh@lienthong.example",
}
"""Waits that tests sit through are short."""


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProofStack]:
    var = tmp_path_factory.mktemp("stack") / "var"
    environment = ENVIRONMENT | {"INGEST_SPOOL_FOLDER": str(var / "spool")}
    with running_stack(var, real_kafka=False, env=environment) as running:
        yield running


@pytest.fixture(scope="package")
def client(stack: ProofStack) -> Client:
    return Client(stack.doors.addresses)


@pytest.fixture(scope="package")
def told(client: Client) -> Story:
    return story.tell(client)

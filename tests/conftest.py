"""Fixtures for every test, each where its concept lives; and which tests may run side by side."""

import os
import sys

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from tests.engines import embedded_broker, kafka_cluster, mail_server, mongo, mongo_client, mongo_prefix, mongo_url

__all__ = ["embedded_broker", "kafka_cluster", "mail_server", "mongo", "mongo_client", "mongo_prefix", "mongo_url"]

# How long an example takes says how busy the machine is, and every run tries the same ones.
settings.register_profile("suite", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

TOGETHER = {
    "stack": ("tests/e2e/", "tests/proof/", "tests/integration/deploy/test_stack.py"),
    "kafka": ("tests/integration/bus/test_behaviour.py", "tests/integration/deploy/test_engines.py"),
}


class OneOfAKind(LoadScopeScheduling):
    """A file's tests go to one worker. So do all that start a whole stack, since each has some thirty processes, and
    all that need the Kafka cluster, since each worker would start one of its own."""

    def _split_scope(self, nodeid: str) -> str:
        kinds = (kind for kind, paths in TOGETHER.items() if nodeid.startswith(paths))
        return next(kinds, nodeid.partition("::")[0])


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> OneOfAKind:
    return OneOfAKind(config, log)


@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Tell of a failure at once: a run that is cut off never comes to its summary."""
    if report.failed and "PYTEST_XDIST_WORKER" not in os.environ:
        print(f"\n{report.nodeid} ({report.when}):\n{report.longreprtext}", file=sys.__stderr__, flush=True)

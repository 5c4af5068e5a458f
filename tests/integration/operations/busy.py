"""A process that shows the platform's metrics in use: `python -m tests.integration.operations.busy PORT`.

The names, labels and meanings are the platform's own; only the figures are made up.
"""

import sys
import threading
from collections.abc import Iterable

from prometheus_client import REGISTRY, Gauge, start_http_server
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from services.stats.indicators.definitions import indicators
from services.stats.indicators.exposition import exposition
from services.stats.indicators.store import Total
from shared.telemetry import metrics

LAG = Gauge("kafka_consumergroup_lag", "As the Kafka exporter tells it.", ("consumergroup", "topic", "partition"))


class Indicators(Collector):
    """The indicators of one library, growing with every look at them."""

    seen = 0

    def collect(self) -> Iterable[Metric]:
        self.seen += 1
        return exposition([Total(name, "thu-vien-tinh", "local-history", self.seen) for name in indicators()], up=True)


def work() -> None:
    """One turn of everything that can happen."""
    metrics.EVENTS.labels("stats-counting", "loan.made", "handled").inc()
    metrics.EVENT_AGE.labels("stats-counting").observe(0.3)
    for state in ("parked", "dead"):
        metrics.HELD.labels("stats-counting", state).set(1)
    metrics.STOPPED.labels("stats-counting").set(0)
    metrics.OUTBOX_PENDING.labels("ingest", "false").set(2)
    metrics.OUTBOX_SEQUENCE.labels("ingest").inc()
    metrics.RELAY_LEADER.labels("ingest").set(1)
    metrics.AUDIT_GAPS.labels("ingest").set(0)
    metrics.AUDIT_VERSION_GAPS.labels("records").set(0)
    metrics.AUDIT_SILENCE.labels("ingest").set(12)
    for status in ("200", "500"):
        metrics.HTTP_REQUESTS.labels("GET", "/v1/search", status).inc()
        metrics.HTTP_SECONDS.labels("GET", "/v1/search").observe(0.02)
    LAG.labels("stats-counting", "circulation", "0").set(7)


if __name__ == "__main__":
    REGISTRY.register(Indicators())
    start_http_server(int(sys.argv[1]), "127.0.0.1")
    turn = threading.Event()
    while not turn.wait(0.2):
        work()

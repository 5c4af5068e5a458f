"""The indicators as Prometheus metrics, read from MongoDB when they are scraped."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence

import pymongo
import structlog
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from pymongo.errors import PyMongoError
from pymongo.synchronous.database import Database

from services.stats.indicators.definitions import Indicator, indicators
from services.stats.indicators.store import Total, totals
from shared.store.mongo import Document

log = structlog.get_logger(__name__)

SCRAPE_SECONDS = 3.0


class IndicatorCollector(Collector):
    """Asks MongoDB at most once in `cache_seconds`; while it is away there are no figures, and `up` says so."""

    def __init__(self, database: Database[Document], cache_seconds: float) -> None:
        self._database = database
        self._cache_seconds = cache_seconds
        self._asking = threading.Lock()
        self._cached: Sequence[Total] | None = None
        self._fresh_until = 0.0

    def describe(self) -> Iterable[Metric]:
        """The names are known without asking MongoDB."""
        return exposition([], up=False)

    def collect(self) -> Iterable[Metric]:
        found = self._totals()
        return exposition(found or [], up=found is not None)

    def _totals(self) -> Sequence[Total] | None:
        with self._asking:
            if time.monotonic() >= self._fresh_until:
                self._cached = self._ask()
                self._fresh_until = time.monotonic() + self._cache_seconds
            return self._cached

    def _ask(self) -> Sequence[Total] | None:
        try:
            with pymongo.timeout(SCRAPE_SECONDS):
                return totals(self._database)
        except PyMongoError as error:
            log.warning("indicators_unread", error=str(error)[:300])
            return None


def exposition(found: Sequence[Total], *, up: bool) -> list[Metric]:
    """One counter for each indicator, and whether the figures could be read."""
    families = {indicator.id: _family(indicator) for indicator in indicators().values()}
    for total in found:
        if family := families.get(total.indicator):
            classes = [total.collection_class] if indicators()[total.indicator].has_class else []
            family.add_metric([total.library, *classes], total.total)
    state = GaugeMetricFamily("lienthong_indicators_up", "1 when the indicators could be read from MongoDB.", int(up))
    return [*families.values(), state]


def _family(indicator: Indicator) -> CounterMetricFamily:
    labels = ("library", "collection_class") if indicator.has_class else ("library",)
    name = f"lienthong_{indicator.id.replace('-', '_')}_total"
    return CounterMetricFamily(name, f"{indicator.title.en}, since counting began.", labels=labels)

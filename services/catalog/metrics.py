"""The catalog's own metrics."""

from prometheus_client import Counter

INDEX_FAILURES = Counter("catalog_index_failures_total", "Messages that the search index could not take in.")

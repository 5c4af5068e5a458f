"""The catalog's own metrics."""

from prometheus_client import Counter

UNWRITABLE = Counter(
    "catalog_unwritable_clusters_total", "Clusters that could not be written in an exchange format.", ["schema"]
)
SNAPSHOT_FAILURES = Counter(
    "catalog_snapshot_failures_total",
    "Snapshots of the search index that could not be made, or not be taken by a replica that started.",
    ["step"],
)
INDEX_FAILURES = Counter("catalog_index_failures_total", "Messages that the search index could not take in.")

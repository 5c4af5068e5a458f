"""Facets: what is asked of the engine, and what it answers."""

from collections.abc import Mapping
from typing import Any

from services.catalog.search.engine import Bucket, Facet

SHOWN = 12
"""Values of a facet, the most frequent ones."""
DECADE = 10

_COLUMNS = {
    Facet.LIBRARY: "library",
    Facet.FORM: "form",
    Facet.YEAR: "year",
    Facet.LANGUAGE: "language",
    Facet.CLASS: "main_class",
    Facet.COLLECTION: "collection",
    Facet.TOPIC: "topic",
    Facet.ACCESS: "access",
}


def aggregation(facet: Facet) -> dict[str, Any]:
    column = _COLUMNS[facet]
    if facet is Facet.YEAR:
        return {"histogram": {"field": column, "interval": DECADE, "min_doc_count": 1}}
    return {"terms": {"field": column, "size": SHOWN, "segment_size": 10 * SHOWN}}


def buckets(facet: Facet, answer: Mapping[str, Any]) -> tuple[Bucket, ...]:
    """The values with their counts, the most frequent first; decades from the latest back."""
    counted = answer["buckets"]
    if facet is Facet.YEAR:
        return tuple(_decade(int(bucket["key"]), bucket["doc_count"]) for bucket in reversed(counted))
    found = [Bucket(value=str(bucket["key"]), count=bucket["doc_count"]) for bucket in counted]
    return tuple(sorted(found, key=lambda bucket: (-bucket.count, bucket.value)))


def _decade(first: int, count: int) -> Bucket:
    return Bucket(value=f"{first}..{first + DECADE - 1}", count=count)

"""Facets: what is asked of the engine, and what it answers."""

from collections.abc import Callable, Mapping
from typing import Any

from services.catalog.search.engine import Bucket, Facet
from services.catalog.search.schema import TOPIC_NUMBER

SHOWN = 12
"""Values of a facet, the most frequent ones."""
CANDIDATES = 5000
"""Topics of each segment that are added up: numbers cost next to nothing, and where more are found few stand out."""
DECADE = 10

_COLUMNS = {
    Facet.LIBRARY: "library",
    Facet.FORM: "form",
    Facet.YEAR: "year",
    Facet.LANGUAGE: "language",
    Facet.CLASS: "main_class",
    Facet.COLLECTION: "collection",
    Facet.TOPIC: TOPIC_NUMBER,
    Facet.ACCESS: "access",
}


def aggregation(facet: Facet) -> dict[str, Any]:
    column = _COLUMNS[facet]
    if facet is Facet.YEAR:
        return {"histogram": {"field": column, "interval": DECADE, "min_doc_count": 1}}
    candidates = CANDIDATES if facet is Facet.TOPIC else 10 * SHOWN
    return {"terms": {"field": column, "size": SHOWN, "segment_size": candidates}}


def buckets(facet: Facet, answer: Mapping[str, Any], topic: Callable[[int], str]) -> tuple[Bucket, ...]:
    """The values with their counts, the most frequent first; decades from the latest back. `topic` knows their names
    by number.
    """
    counted = answer["buckets"]
    if facet is Facet.YEAR:
        return tuple(_decade(int(bucket["key"]), bucket["doc_count"]) for bucket in reversed(counted))
    name = (lambda key: topic(int(key))) if facet is Facet.TOPIC else str
    found = [Bucket(value=name(bucket["key"]), count=bucket["doc_count"]) for bucket in counted]
    return tuple(sorted(found, key=lambda bucket: (-bucket.count, bucket.value)))


def _decade(first: int, count: int) -> Bucket:
    return Bucket(value=f"{first}..{first + DECADE - 1}", count=count)

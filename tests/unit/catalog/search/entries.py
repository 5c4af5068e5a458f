"""Entries for the tests of search, short to write."""

from datetime import UTC, datetime
from typing import Any

from services.catalog.search import SearchEntry


def entry(cluster: str, title: str = "", **given: Any) -> SearchEntry:
    described: dict[str, Any] = {
        "version": 1,
        "libraries": ({"library": "tv-tinh"},),
        "added_at": datetime(2026, 3, 5, tzinfo=UTC),
    }
    return SearchEntry(id=cluster, title=title, **(described | given))


def digitised(record: str = "r-1", **given: Any) -> dict[str, Any]:
    """A digitised copy as entries carry it."""
    described = {
        "record": record,
        "library": "tv-tinh",
        "library_name": "Thư viện tỉnh",
        "access_level": "public",
        "collection_class": "local-history",
        "pages": 12,
        "readable": True,
    }
    return described | given

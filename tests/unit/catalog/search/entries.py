"""Entries for the tests of search, short to write."""

from datetime import UTC, datetime
from typing import Any

from services.catalog.search import SearchEntry


def entry(record_id: str, title: str = "", **given: Any) -> SearchEntry:
    described: dict[str, Any] = {
        "version": 1,
        "library": "tv-tinh",
        "library_name": "Thư viện tỉnh",
        "collection_class": "local-history",
        "published_at": datetime(2026, 3, 5, tzinfo=UTC),
    }
    return SearchEntry(id=record_id, title=title, **(described | given))

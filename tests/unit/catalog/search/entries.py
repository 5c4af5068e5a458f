"""Entries for the tests of search, short to write."""

from datetime import UTC, datetime
from typing import Any

from services.catalog.search import Copy, Holder, Query, SearchEntry, Searcher, SearchPage, SearchRequest


def entry(cluster: str, title: str = "", **given: Any) -> SearchEntry:
    described: dict[str, Any] = {
        "version": 1,
        "libraries": (Holder(library="tv-tinh"),),
        "added_at": datetime(2026, 3, 5, tzinfo=UTC),
    }
    return SearchEntry(id=cluster, title=title, **(described | given))


def digitised(record: str = "r-1", **given: Any) -> Copy:
    """A digitised copy as entries carry it."""
    described: dict[str, Any] = {
        "record": record,
        "library": "tv-tinh",
        "library_name": "Thư viện tỉnh",
        "access_level": "public",
        "collection_class": "local-history",
        "pages": 12,
        "readable": True,
    }
    return Copy(**(described | given))


def find(searcher: Searcher, query: Query | str, limit: int = 20, cursor: str | None = None, **how: Any) -> SearchPage:
    """One search, short to write."""
    return searcher.search(SearchRequest(query=query, limit=limit, cursor=cursor, **how))

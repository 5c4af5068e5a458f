"""The index that answers now; another may take its place between two searches."""

from collections.abc import Collection

from services.catalog.search.engine import Facet, ScannedTerm, Searcher, SearchPage, Sort, Suggestion
from services.catalog.search.query import Field, Query


class Serving:
    """A `Searcher` that hands every question to one index, which `swap` changes for another."""

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher

    def swap(self, searcher: Searcher) -> None:
        """From now on this one answers; a search that began before is answered by the other."""
        self._searcher = searcher

    def search(
        self,
        query: Query | str,
        limit: int = 20,
        cursor: str | None = None,
        *,
        start: int = 0,
        sort: Sort = Sort.RELEVANCE,
        facets: Collection[Facet] = (),
    ) -> SearchPage:
        return self._searcher.search(query, limit, cursor, start=start, sort=sort, facets=facets)

    def suggest(self, typed: str, limit: int = 8) -> tuple[Suggestion, ...]:
        return self._searcher.suggest(typed, limit)

    def correct(self, text: str) -> str | None:
        return self._searcher.correct(text)

    def scan(self, field: Field, start: str, count: int = 20) -> tuple[ScannedTerm, ...]:
        return self._searcher.scan(field, start, count)

"""The index that answers now; another may take its place between two searches."""

from services.catalog.search.engine import ScannedTerm, Searcher, SearchPage, SearchRequest, Suggestion
from services.catalog.search.query import Field


class Serving:
    """A `Searcher` that hands every question to one index, which `swap` changes for another."""

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher

    def swap(self, searcher: Searcher) -> None:
        """From now on this one answers; a search that began before is answered by the other."""
        self._searcher = searcher

    def search(self, request: SearchRequest) -> SearchPage:
        return self._searcher.search(request)

    def suggest(self, typed: str, limit: int = 8) -> tuple[Suggestion, ...]:
        return self._searcher.suggest(typed, limit)

    def correct(self, text: str) -> str | None:
        return self._searcher.correct(text)

    def scan(self, field: Field, start: str, count: int = 20) -> tuple[ScannedTerm, ...]:
        return self._searcher.scan(field, start, count)

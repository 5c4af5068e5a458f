"""What the catalog asks of a search engine, whichever it is."""

from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict

from services.catalog.search.entry import Description, SearchEntry
from services.catalog.search.highlight import Highlighted

MAX_LIMIT = 100


class BadCursor(ValueError):
    """The cursor is not one that this query was given: start again without a cursor."""


class Hit(Description):
    """One record found: what describes it, its title and the passage that shows why it was found."""

    title: Highlighted
    snippet: Highlighted
    snippet_source: Literal["summary", "text"]


class SearchPage(BaseModel):
    """A part of the answer. `total` counts all hits, `start` those before it; `next_cursor` is None at the end."""

    model_config = ConfigDict(frozen=True)

    total: int
    start: int = 0
    hits: tuple[Hit, ...]
    next_cursor: str | None = None


class SearchEngine(Protocol):
    """An index of records: changes are seen by `search` after the next `commit`. It is a cache, rebuilt at will."""

    def put(self, record: SearchEntry) -> None:
        """Add or replace a record, unless a newer version of it is held or this version of it was removed."""

    def remove(self, record_id: str) -> None:
        """Take a record out; one that is not held is no error."""

    def commit(self) -> None:
        """Make all changes so far durable and visible."""

    def search(self, query: str, limit: int = 20, cursor: str | None = None) -> SearchPage:
        """Return hits, best first, in an order that does not depend on how the index was built.

        `query` is any string; one without words finds nothing. `limit` is held between 1 and MAX_LIMIT.
        Raises BadCursor for a cursor that this query was not given.
        """

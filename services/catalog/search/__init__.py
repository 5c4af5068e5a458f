"""Search over the records that anyone may see: entries in, pages of highlighted hits out."""

from services.catalog.search.engine import BadCursor, Hit, SearchEngine, SearchPage
from services.catalog.search.entry import SearchEntry
from services.catalog.search.highlight import Highlighted, highlight
from services.catalog.search.index import SearchIndex
from services.catalog.search.query import Query, parse

__all__ = [
    "BadCursor",
    "Highlighted",
    "Hit",
    "Query",
    "SearchEngine",
    "SearchEntry",
    "SearchIndex",
    "SearchPage",
    "highlight",
    "parse",
]

"""Search over the clusters that anyone may see: entries in, pages of highlighted hits out."""

from services.catalog.search.clusters import entry_of
from services.catalog.search.engine import (
    BadCursor,
    Bucket,
    Facet,
    Hit,
    ScannedTerm,
    SearchEngine,
    Searcher,
    SearchPage,
    SearchRequest,
    Sort,
    Suggestion,
)
from services.catalog.search.entry import Copy, Holder, SearchEntry
from services.catalog.search.highlight import Highlighted, highlight
from services.catalog.search.index import SearchIndex
from services.catalog.search.parsing import parse
from services.catalog.search.query import Field, Given, Match, Node, Query
from services.catalog.search.schema import LAYOUT
from services.catalog.search.serving import Serving
from services.catalog.search.single import Single, probe_of

__all__ = [
    "LAYOUT",
    "BadCursor",
    "Bucket",
    "Copy",
    "Facet",
    "Field",
    "Given",
    "Highlighted",
    "Hit",
    "Holder",
    "Match",
    "Node",
    "Query",
    "ScannedTerm",
    "SearchEngine",
    "SearchEntry",
    "SearchIndex",
    "SearchPage",
    "SearchRequest",
    "Searcher",
    "Serving",
    "Single",
    "Sort",
    "Suggestion",
    "entry_of",
    "highlight",
    "parse",
    "probe_of",
]

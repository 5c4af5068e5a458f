"""What the catalog asks of a search engine, whichever it is."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Protocol

from services.catalog.search.entry import Description, SearchEntry
from services.catalog.search.highlight import Highlighted
from services.catalog.search.parsing import parse
from services.catalog.search.query import Field, Query

MAX_LIMIT = 100


class BadCursor(ValueError):
    """The cursor is not one that this query was given: start again without a cursor."""


class Sort(StrEnum):
    """In what order hits come. TITLE is the order of the Vietnamese alphabet, NEWEST of coming into the union."""

    RELEVANCE = "relevance"
    NEWEST = "newest"
    YEAR = "year"
    """The latest first; those without a year at the end."""
    TITLE = "title"


class Facet(StrEnum):
    """By what hits can be counted and narrowed down. A value is a value of the field with that name in a query."""

    LIBRARY = "library"
    FORM = "form"
    YEAR = "year"
    """By decade, as 1990..1999."""
    LANGUAGE = "language"
    CLASS = "class"
    """Dewey's ten main classes, as 900."""
    COLLECTION = "collection"
    TOPIC = "topic"
    ACCESS = "access"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """What is asked. `query` is any string, or a tree; one that asks nothing finds nothing. `limit` is held between 1
    and MAX_LIMIT. `start` hits are left out; a cursor goes on after the last hit seen, wherever changes have moved it,
    and `start` is then not looked at.
    """

    query: Query | str
    limit: int = 20
    cursor: str | None = None
    start: int = 0
    sort: Sort = Sort.RELEVANCE
    facets: Collection[Facet] = ()

    @property
    def tree(self) -> Query:
        return parse(self.query) if isinstance(self.query, str) else self.query


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """How many hits have a value."""

    value: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit(Description):
    """One cluster found: what describes it, its title and the passage that shows why it was found."""

    title: Highlighted
    snippet: Highlighted
    snippet_source: Literal["summary", "text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """A part of the answer. `total` counts all hits, `start` those before it; `next_cursor` is None at the end."""

    total: int
    start: int = 0
    hits: tuple[Hit, ...]
    next_cursor: str | None = None
    facets: Mapping[Facet, tuple[Bucket, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What a reader may be about to type. `kind` is the field that it is a value of; `count`, of how many clusters."""

    text: str
    kind: Field
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannedTerm:
    """One entry of a field's vocabulary: the form it is sorted by, as it is written, and of how many clusters."""

    value: str
    display: str
    count: int


class Searcher(Protocol):
    """Answers questions from an index of clusters."""

    def search(self, request: SearchRequest) -> SearchPage:
        """Return hits in an order that does not depend on how the index was built.

        Raises BadCursor for a cursor that this query and order were not given.
        """

    def suggest(self, typed: str, limit: int = 8) -> tuple[Suggestion, ...]:
        """Titles, names and subjects that go on from what was typed, with or without marks; the best first."""

    def correct(self, text: str) -> str | None:
        """What was probably meant by a text that finds little, in the index's own words; None: nothing finds more."""

    def scan(self, field: Field, start: str, count: int = 20) -> tuple[ScannedTerm, ...]:
        """The vocabulary of a field from `start` on, in order of the folded form: whole values of TITLE, AUTHOR,
        SUBJECT and of codes, words of other texts. Empty for numbers.
        """


class SearchEngine(Searcher, Protocol):
    """An index of clusters: changes are seen by `search` after the next `commit`. It is a cache, rebuilt at will."""

    def put(self, entry: SearchEntry) -> None:
        """Add or replace a cluster, unless a newer version of it is held or this version of it was removed."""

    def remove(self, cluster: str) -> None:
        """Take a cluster out; one that is not held is no error."""

    def commit(self) -> None:
        """Make all changes so far durable and visible."""

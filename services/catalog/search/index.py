"""The search engine of the catalog: a Tantivy index in a folder, embedded in the process that asks it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import tantivy

from services.catalog.search.compiling import Compiler
from services.catalog.search.counting import aggregation, buckets
from services.catalog.search.cursor import Cursor
from services.catalog.search.engine import (
    MAX_LIMIT,
    Bucket,
    Facet,
    Hit,
    ScannedTerm,
    SearchPage,
    SearchRequest,
    Sort,
    Suggestion,
)
from services.catalog.search.entry import SearchEntry, fields_of_json
from services.catalog.search.highlight import Highlighted, Passages, highlight
from services.catalog.search.query import Field, Node, Query
from services.catalog.search.schema import TOPIC_NUMBER, WORDS, document_of, kept_of, schema, topic_number
from services.catalog.search.spelling import Spelling
from services.catalog.search.vocabulary import Vocabulary

WRITER_BYTES = 64_000_000
MARGIN = 40
"""Hits that are looked at on either side of a page, for the last one seen may have moved."""

TOPICS_KNOWN = 50_000
"""Names of topics that are remembered by their numbers."""
DEEP = 300
"""Hits after which the order by title is entered from its middle."""
TITLE_BITS = 60

_NOTHING = Highlighted(text="")
_ORDERS: dict[Sort, dict[str, Any]] = {
    Sort.RELEVANCE: {"weight_by_field": "spread"},
    Sort.NEWEST: {"order_by_field": "by_added"},
    Sort.YEAR: {"order_by_field": "by_year"},
    Sort.TITLE: {"order_by_field": "by_title", "order": tantivy.Order.Asc},
}


class IncompatibleIndex(RuntimeError):
    """The folder holds an index of another layout: delete it and read the clusters again from the beginning."""


@dataclass(frozen=True, slots=True)
class _Held:
    version: int
    removed: bool

    def refuses(self, version: int) -> bool:
        return version < self.version or (self.removed and version == self.version)


@dataclass(frozen=True, slots=True)
class _Ranked:
    worth: Any
    key: int
    address: tantivy.DocAddress


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Hits in their order, the first of which has `start` before it."""

    total: int
    start: int
    hits: list[_Ranked]

    def covers(self, start: int, size: int) -> bool:
        return self.start <= start and self.start + len(self.hits) >= min(self.total, start + size + 1)


class SearchIndex:
    """A `SearchEngine` over the index in `path`, made when missing. One writer at a time; any number of searches."""

    def __init__(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._schema = schema()
        try:
            self._index = tantivy.Index(self._schema, str(path))
        except ValueError as error:
            raise IncompatibleIndex(f"{path} holds another layout: delete it and index again") from error
        self._index.register_tokenizer(WORDS, tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
        self._writer: tantivy.IndexWriter | None = None
        self._uncommitted: dict[str, _Held] = {}
        self._spelling = Spelling(self._schema)
        self._topics: dict[int, str] = {}
        self._searcher = self._index.searcher()

    def put(self, entry: SearchEntry) -> None:
        held = self._held(entry.id)
        if held is None or not held.refuses(entry.version):
            self._replace(entry.id, held, _Held(entry.version, removed=False), document_of(entry))

    def remove(self, cluster: str) -> None:
        held = self._held(cluster)
        if held is not None and not held.removed:
            self._replace(cluster, held, _Held(held.version, removed=True), tantivy.Document())

    def commit(self) -> None:
        if self._writer is not None:
            self._writer.commit()
        self._index.reload()
        self._searcher = self._index.searcher()
        self._uncommitted.clear()

    def close(self) -> None:
        """Give the folder's write lock back; what was not committed is forgotten."""
        if self._writer is not None:
            self._writer.rollback()
            self._writer.wait_merging_threads()
        self._writer = None
        self._uncommitted.clear()

    def search(self, request: SearchRequest) -> SearchPage:
        asked, sort = request.tree, request.sort
        last = Cursor.decode(request.cursor, asked, sort) if request.cursor is not None else None
        if asked.root is None:
            return SearchPage(total=0, hits=())
        searcher, size = self._searcher, min(max(request.limit, 1), MAX_LIMIT)
        compiler = Compiler(self._schema, searcher)
        # The engine makes room for what is skipped.
        first = min(last.seen if last else max(request.start, 0), searcher.num_docs)
        wanted, order = _ordered(compiler, asked, asked.root, sort)
        if sort is Sort.TITLE and first > DEEP:
            stretch = _around_by_title(compiler, searcher, asked.root, first=first, size=size)
        else:
            stretch = _around(searcher, wanted, order, first=first, size=size)
        first = _after(last, stretch) if last else first
        found = stretch.hits[max(0, first - stretch.start) :]
        following = Cursor(first + size, found[size - 1].key).encode(asked, sort) if len(found) > size else None
        return SearchPage(
            total=stretch.total,
            start=first,
            hits=tuple(_hit(searcher.doc(ranked.address), asked) for ranked in found[:size]),
            next_cursor=following,
            facets=self._counted(searcher, compiler.matching(asked.root), request.facets),
        )

    def suggest(self, typed: str, limit: int = 8) -> tuple[Suggestion, ...]:
        return Vocabulary(self._schema, self._searcher).suggest(typed, limit)

    def correct(self, text: str) -> str | None:
        return self._spelling.correct(text, self._searcher)

    def scan(self, field: Field, start: str, count: int = 20) -> tuple[ScannedTerm, ...]:
        return Vocabulary(self._schema, self._searcher).scan(field, start, min(max(count, 1), MAX_LIMIT))

    def _counted(
        self, searcher: tantivy.Searcher, query: tantivy.Query, facets: Collection[Facet]
    ) -> dict[Facet, tuple[Bucket, ...]]:
        if not facets:
            return {}
        counted = searcher.aggregate(query, {facet.value: aggregation(facet) for facet in facets})
        return {facet: buckets(facet, counted[facet.value], partial(self._topic, searcher)) for facet in facets}

    def _topic(self, searcher: tantivy.Searcher, number: int) -> str:
        """The topic of a number, from any document that has it."""
        known = self._topics.get(number)
        if known is not None:
            return known
        having = tantivy.Query.term_query(self._schema, TOPIC_NUMBER, number)
        _, address = searcher.search(having, 1, count=False).hits[0]
        subjects = kept_of(searcher.doc(address)).subjects
        found = next(topic for topic in subjects if topic_number(topic) == number)
        if len(self._topics) < TOPICS_KNOWN:
            self._topics[number] = found
        return found

    def _held(self, cluster: str) -> _Held | None:
        if cluster in self._uncommitted:
            return self._uncommitted[cluster]
        searcher = self._searcher
        if not searcher.doc_freq("id", cluster):
            return None
        found = searcher.search(tantivy.Query.term_query(self._schema, "id", cluster), 1, count=False).hits
        if not found:
            return None
        addresses = [found[0][1]]
        version = searcher.fast_field_values("version", addresses)[0]
        return _Held(int(version or 0), bool(searcher.fast_field_values("removed", addresses)[0]))

    def _replace(self, cluster: str, before: _Held | None, held: _Held, document: tantivy.Document) -> None:
        """Put a document in the place of any other with its id; a removed cluster leaves its version, and no text."""
        if self._writer is None:
            self._writer = self._index.writer(WRITER_BYTES, num_threads=1)
        document.add_text("id", cluster)
        document.add_unsigned("version", held.version)
        document.add_boolean("removed", held.removed)
        if before is not None:
            self._writer.delete_documents_by_term("id", cluster)
        self._writer.add_document(document)
        self._uncommitted[cluster] = held


def _ordered(compiler: Compiler, query: Query, root: Node, sort: Sort) -> tuple[tantivy.Query, dict[str, Any]]:
    """What to ask the engine, and by which order; the newest come first where no word gives a score."""
    if sort is Sort.RELEVANCE and query.terms:
        return compiler.scored(query, root), _ORDERS[sort]
    return compiler.matching(root), _ORDERS[Sort.NEWEST if sort is Sort.RELEVANCE else sort]


def _around(
    searcher: tantivy.Searcher, wanted: tantivy.Query, order: dict[str, Any], *, first: int, size: int
) -> _Stretch:
    """The hits from a little before `first` to a little after the page.

    The engine breaks ties by position, so a group of equal scores is used only when all of it was fetched.
    """
    margin = MARGIN
    while True:
        offset = max(0, first - margin)
        result = searcher.search(wanted, first - offset + size + 1 + margin, offset=offset, **order)
        total = int(result.count)  # type: ignore[attr-defined]  # missing from the stubs of 0.27
        stretch = _trusted(searcher, result.hits, offset, total)
        if stretch.covers(first, size) or (offset == 0 and len(result.hits) == total):
            return stretch
        margin *= 8


def _around_by_title(compiler: Compiler, searcher: tantivy.Searcher, root: Node, *, first: int, size: int) -> _Stretch:
    """The same far into an order by title, which the engine is slow to skip: only titles near the page are ordered."""
    start, before = 0, 0
    lowest, highest = 0, 1 << TITLE_BITS
    while highest - lowest > 1 and first - before > DEEP:
        middle = (lowest + highest) // 2
        counted = searcher.search(compiler.titled(root, below=middle), 1).count  # type: ignore[attr-defined]
        if counted <= max(0, first - MARGIN):
            start, before, lowest = middle, counted, middle
        else:
            highest = middle
    near = compiler.titled(root, start=start)
    found = _around(searcher, near, _ORDERS[Sort.TITLE], first=first - before, size=size)
    return _Stretch(found.total + before, found.start + before, found.hits)


def _trusted(
    searcher: tantivy.Searcher, hits: Sequence[tuple[Any, tantivy.DocAddress]], offset: int, total: int
) -> _Stretch:
    keys = searcher.fast_field_values("key", [address for _, address in hits])
    ranked = [_Ranked(worth, int(key or 0), address) for (worth, address), key in zip(hits, keys, strict=True)]
    cut_before = ranked[0].worth if ranked and offset else None
    cut_after = ranked[-1].worth if ranked and offset + len(ranked) < total else None
    before = sum(hit.worth == cut_before for hit in ranked) if cut_before is not None else 0
    kept = [hit for hit in ranked[before:] if hit.worth != cut_after]
    return _Stretch(total, offset + before, _in_order(kept))


def _in_order(ranked: list[_Ranked]) -> list[_Ranked]:
    """The same order in every replica: among equals by key."""
    ordered: list[_Ranked] = []
    group: list[_Ranked] = []
    for hit in ranked:
        if group and hit.worth != group[0].worth:
            ordered += sorted(group, key=lambda one: one.key)
            group = []
        group.append(hit)
    return ordered + sorted(group, key=lambda one: one.key)


def _after(cursor: Cursor, stretch: _Stretch) -> int:
    """Where the page begins: after the hit that was last seen, wherever later changes have moved it nearby."""
    places = (place for place, hit in enumerate(stretch.hits, stretch.start + 1) if hit.key == cursor.last_key)
    return next(places, min(cursor.seen, stretch.total))


def _hit(document: tantivy.Document, query: Query) -> Hit:
    shown = fields_of_json(_stored(document, "entry"))
    snippet, from_text = _snippet(document, shown.pop("summary", ""), query)
    return Hit(
        title=highlight(shown.pop("title"), query, Field.TITLE),
        snippet=snippet,
        snippet_source="text" if from_text else "summary",
        **shown,
    )


def _snippet(document: tantivy.Document, summary: str, query: Query) -> tuple[Highlighted, bool]:
    """The passage to show, and whether it is of the text."""
    text = _stored(document, "passages")
    if text:
        passage = Passages(text.decode(), _stored(document, "aligned").decode()).best(query)
        if passage.spans or not summary:
            return passage, True
    if not summary:
        return _NOTHING, False
    return Passages(summary, Passages.align(summary)).best(query), False


def _stored(document: tantivy.Document, field: str) -> bytes:
    return bytes(document.get_first(field) or b"")

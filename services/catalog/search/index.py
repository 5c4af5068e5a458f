"""The search engine of the catalog: a Tantivy index in a folder, embedded in the process that asks it."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import tantivy
from tantivy import Occur

from services.catalog.search.cursor import Cursor
from services.catalog.search.engine import MAX_LIMIT, Hit, SearchPage
from services.catalog.search.entry import Description, SearchEntry
from services.catalog.search.highlight import Passages, highlight
from services.catalog.search.query import Clause, Query, Word, parse, words

WEIGHTS = {"title": 5.0, "creator": 4.0, "subject": 3.0, "summary": 2.0, "library": 1.5, "year": 1.5, "text": 1.0}
EXACT_BONUS = 1000.0  # above any BM25 sum, so that each clause matched with its marks outranks all relevance
NEIGHBOUR_WEIGHT = 0.5  # most Vietnamese words are two syllables: side by side they mean more than apart
OTHER_FIELDS_SHARE = 0.1
PASSAGE_SOURCE_CHARACTERS = 400_000  # about 200 pages; a match further on is found, but not shown in the hit
FIRST_DEPTH = 250
MAX_DEPTH = 100_000
WRITER_BYTES = 32_000_000

_WORDS = "words"


class IncompatibleIndex(RuntimeError):
    """The folder holds an index of another layout: delete it and read the records again from the beginning."""


@dataclass(frozen=True, slots=True)
class _Held:
    version: int
    removed: bool

    def refuses(self, version: int) -> bool:
        return version < self.version or (self.removed and version == self.version)


@dataclass(frozen=True, slots=True)
class _Ranked:
    score: float
    key: int
    address: tantivy.DocAddress


class SearchIndex:
    """A `SearchEngine` over the index in `path`, made when missing. One writer at a time; any number of searches."""

    def __init__(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self._schema = _schema()
        try:
            self._index = tantivy.Index(self._schema, str(path))
        except ValueError as error:
            raise IncompatibleIndex(f"{path} holds another layout: delete it and index again") from error
        self._index.register_tokenizer(_WORDS, tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
        self._writer: tantivy.IndexWriter | None = None
        self._uncommitted: dict[str, _Held] = {}

    def put(self, record: SearchEntry) -> None:
        held = self._held(record.id)
        if held is None or not held.refuses(record.version):
            self._replace(record.id, _Held(record.version, removed=False), _document(record))

    def remove(self, record_id: str) -> None:
        held = self._held(record_id)
        if held is not None and not held.removed:
            self._replace(record_id, _Held(held.version, removed=True), tantivy.Document())

    def commit(self) -> None:
        if self._writer is not None:
            self._writer.commit()
        self._index.reload()
        self._uncommitted.clear()

    def close(self) -> None:
        """Give the folder's write lock back; what was not committed is forgotten."""
        if self._writer is not None:
            self._writer.rollback()
            self._writer.wait_merging_threads()
        self._writer = None
        self._uncommitted.clear()

    def search(self, query: str, limit: int = 20, cursor: str | None = None) -> SearchPage:
        asked = parse(query)
        start = Cursor.decode(cursor, asked) if cursor is not None else None
        if not asked.clauses:
            return SearchPage(total=0, hits=())
        searcher = self._index.searcher()
        size = min(max(limit, 1), MAX_LIMIT)
        total, seen, found = _rank(searcher, self._matching(asked), start, size)
        following = Cursor(seen + size, found[size - 1].key).encode(asked) if len(found) > size else None
        hits = tuple(_hit(searcher.doc(ranked.address), asked) for ranked in found[:size])
        return SearchPage(total=total, start=seen, hits=hits, next_cursor=following)

    def _held(self, record_id: str) -> _Held | None:
        if record_id in self._uncommitted:
            return self._uncommitted[record_id]
        searcher = self._index.searcher()
        found = searcher.search(tantivy.Query.term_query(self._schema, "id", record_id), 1).hits
        if not found:
            return None
        addresses = [found[0][1]]
        version = searcher.fast_field_values("version", addresses)[0]
        return _Held(int(version or 0), bool(searcher.fast_field_values("removed", addresses)[0]))

    def _replace(self, record_id: str, held: _Held, document: tantivy.Document) -> None:
        """Put a document in the place of any other with its id; a removed record leaves its version, and no text."""
        if self._writer is None:
            self._writer = self._index.writer(WRITER_BYTES, num_threads=1)
        document.add_text("id", record_id)
        document.add_unsigned("version", held.version)
        document.add_boolean("removed", held.removed)
        self._writer.delete_documents_by_term("id", record_id)
        self._writer.add_document(document)
        self._uncommitted[record_id] = held

    def _matching(self, query: Query) -> tantivy.Query:
        """All clauses in folded form; better with the marks that were typed, and with neighbours side by side."""
        must = [(Occur.Must, self._anywhere(clause, _folded)) for clause in query.clauses]
        exact = [
            (Occur.Should, tantivy.Query.const_score_query(self._anywhere(clause, _exact), EXACT_BONUS))
            for clause in query.clauses
            if query.marked
        ]
        neighbours = [
            (Occur.Should, tantivy.Query.boost_query(self._anywhere(pair, _folded), NEIGHBOUR_WEIGHT))
            for pair in pairwise(query.words)
        ]
        return tantivy.Query.boolean_query([*must, *exact, *neighbours])

    def _anywhere(self, clause: Clause, form: "_Form") -> tantivy.Query:
        terms = [form.of(word) for word in clause]
        return tantivy.Query.disjunction_max_query(
            [
                tantivy.Query.boost_query(self._in_field(f"{field}_{form.name}", terms), weight)
                for field, weight in WEIGHTS.items()
            ],
            OTHER_FIELDS_SHARE,
        )

    def _in_field(self, field: str, terms: list[str]) -> tantivy.Query:
        if len(terms) == 1:
            return tantivy.Query.term_query(self._schema, field, terms[0])
        return tantivy.Query.phrase_query(self._schema, field, [*terms])


@dataclass(frozen=True, slots=True)
class _Form:
    name: str
    of: Callable[[Word], str]


_exact = _Form("exact", lambda word: word.exact)
_folded = _Form("folded", lambda word: word.folded)


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("version", fast=True)
    builder.add_boolean_field("removed", fast=True)
    builder.add_unsigned_field("key", fast=True)
    for field in WEIGHTS:
        for form in (_exact, _folded):
            builder.add_text_field(f"{field}_{form.name}", tokenizer_name=_WORDS, index_option="position")
    for stored in ("entry", "passages", "aligned"):
        builder.add_bytes_field(stored, stored=True)
    return builder.build()


def _document(entry: SearchEntry) -> tantivy.Document:
    document = tantivy.Document()
    document.add_unsigned("key", _key(entry.id))
    for field, text in _searchable(entry):
        found = list(words(text))
        for form in (_exact, _folded):
            document.add_text(f"{field}_{form.name}", " ".join(form.of(word) for word in found))
    shown = entry.text[:PASSAGE_SOURCE_CHARACTERS]
    document.add_bytes("entry", entry.model_dump_json(exclude={"text"}).encode())
    document.add_bytes("passages", shown.encode())
    document.add_bytes("aligned", Passages.align(shown).encode())
    return document


def _searchable(entry: SearchEntry) -> Iterator[tuple[str, str]]:
    yield "title", entry.title
    yield from (("creator", creator) for creator in entry.creators)
    yield from (("subject", subject) for subject in entry.subjects)
    yield "summary", entry.summary
    yield "library", entry.library_name
    yield "year", str(entry.year or "")
    yield "text", entry.text


def _key(record_id: str) -> int:
    """Return the number that orders equal scores: the same in every replica, unlike a position in the index."""
    return int.from_bytes(hashlib.blake2b(record_id.encode(), digest_size=8).digest())


def _rank(
    searcher: tantivy.Searcher, query: tantivy.Query, cursor: Cursor | None, size: int
) -> tuple[int, int, list[_Ranked]]:
    """Return the total, the number of hits before the page, and the page with the hit that follows it, if any.

    The engine breaks ties by position, so a group of equal scores is used only when all of it was fetched.
    """
    depth = FIRST_DEPTH
    while True:
        result = searcher.search(query, depth)
        total = int(result.count)  # type: ignore[attr-defined]  # missing from the stubs of 0.27
        is_whole = depth >= min(total, MAX_DEPTH)
        ranked = _ordered(searcher, result.hits, is_whole=is_whole)
        start = _after(cursor, ranked)
        if is_whole or len(ranked) > start + size:
            return total, start, ranked[start : start + size + 1]
        depth *= 10


def _ordered(
    searcher: tantivy.Searcher, hits: Sequence[tuple[float, tantivy.DocAddress]], *, is_whole: bool
) -> list[_Ranked]:
    keys = searcher.fast_field_values("key", [address for _, address in hits])
    ranked = [_Ranked(score, int(key or 0), address) for (score, address), key in zip(hits, keys, strict=True)]
    if not is_whole:
        ranked = [hit for hit in ranked if hit.score > ranked[-1].score]
    return sorted(ranked, key=lambda hit: (-hit.score, hit.key))


def _after(cursor: Cursor | None, ranked: Iterable[_Ranked]) -> int:
    """Return where the page begins: after the hit that was last seen, wherever later changes have moved it."""
    if cursor is None:
        return 0
    return next((place + 1 for place, hit in enumerate(ranked) if hit.key == cursor.last_key), cursor.seen)


def _hit(document: tantivy.Document, query: Query) -> Hit:
    entry = SearchEntry.model_validate_json(_stored(document, "entry"))
    text = Passages(_stored(document, "passages").decode(), _stored(document, "aligned").decode())
    passage = text.best(query)
    from_text = bool(passage.spans or not entry.summary)
    return Hit(
        **{field: getattr(entry, field) for field in Description.model_fields},
        title=highlight(entry.title, query),
        snippet=passage if from_text else Passages(entry.summary, Passages.align(entry.summary)).best(query),
        snippet_source="text" if from_text else "summary",
    )


def _stored(document: tantivy.Document, field: str) -> bytes:
    return bytes(document.get_first(field) or b"")

"""The index's own words and values: what a reader may be about to type, may have meant, or wants to leaf through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import tantivy
from tantivy import Occur

from services.catalog.search.compiling import MIN_PREFIX
from services.catalog.search.engine import ScannedTerm, Suggestion
from services.catalog.search.entry import Kept
from services.catalog.search.query import CODES, NUMBERS, Field, Word, words
from services.catalog.search.schema import BEFORE_DISPLAY, CODE_COLUMNS, TEXT_COLUMNS, WHOLE_COLUMNS, kept_of, whole
from shared.vietnamese import fold

SUGGESTING = (Field.TITLE, Field.AUTHOR, Field.SUBJECT)
LOOKED_AT = 60
"""Clusters, the most widely held ones, whose values are offered."""
MAX_TYPED = 100
LETTERS = " 0123456789abcdefghijklmnopqrstuvwxyz"
"""By which a vocabulary is leafed through, in order. Values in other scripts follow one another within a script."""


class Vocabulary:
    """The words of one state of the index."""

    def __init__(self, schema: tantivy.Schema, searcher: tantivy.Searcher) -> None:
        self._schema = schema
        self._searcher = searcher

    def suggest(self, typed: str, limit: int) -> tuple[Suggestion, ...]:
        """See SearchEngine: values that hold the typed words side by side, the last of them begun."""
        found = tuple(words(typed[:MAX_TYPED]))
        if len("".join(word.folded for word in found)) < MIN_PREFIX:
            return ()
        offered = [one for field in SUGGESTING for one in self._values(field, found)]
        begun = [word.exact for word in found]
        offered.sort(key=lambda one: (not _begins(one.text, begun), not _holds(one.text, found), -one.count, one.text))
        return tuple({fold(one.text): one for one in reversed(offered)}.values())[::-1][:limit]

    def scan(self, field: Field, start: str, count: int) -> tuple[ScannedTerm, ...]:
        """See SearchEngine."""
        if field in NUMBERS:
            return ()
        column = _scanned_column(field)
        first = start.strip() if field in CODES else whole(words(start))
        found: list[ScannedTerm] = []
        for block in self._blocks(column, first):
            found += [term for term in _merged(block) if term.value >= first]
            if len(found) >= count:
                break
        return tuple(found[:count])

    def _values(self, field: Field, found: Sequence[Word]) -> Iterator[Suggestion]:
        column = TEXT_COLUMNS[field]
        must = [tantivy.Query.term_query(self._schema, column, word.folded) for word in found[:-1]]
        begun = found[-1].folded
        must.append(
            tantivy.Query.fuzzy_term_query(self._schema, column, begun, distance=0, prefix=True)
            if len(begun) >= MIN_PREFIX
            else tantivy.Query.phrase_prefix_query(self._schema, column, [word.folded for word in found[-2:]])
        )
        query = tantivy.Query.boolean_query([(Occur.Must, part) for part in must])
        hits = self._searcher.search(query, LOOKED_AT, count=False, order_by_field="holders").hits
        entries = (kept_of(self._searcher.doc(address)) for _, address in hits)
        values = Counter(value for entry in entries for value in _of(entry, field) if _holds(value, found))
        for value, _ in values.most_common(LOOKED_AT):
            yield Suggestion(text=value, kind=field, count=self._count(field, value))

    def _count(self, field: Field, value: str) -> int:
        variants = self._searcher.terms_with_prefix(WHOLE_COLUMNS[field], whole(words(value)) + BEFORE_DISPLAY)
        return sum(count for _, count in variants)

    def _blocks(self, column: str, first: str) -> Iterator[list[tuple[str, int]]]:
        """All terms from `first` on in order, a stretch of the dictionary at a time."""
        if first:
            yield self._searcher.terms_with_prefix(column, first)
        for length in range(len(first) - 1, -1, -1):
            head, passed = first[:length], first[length]
            for letter in LETTERS:
                if letter > passed:
                    yield self._searcher.terms_with_prefix(column, head + letter)
        if not first:
            yield from (self._searcher.terms_with_prefix(column, letter) for letter in LETTERS)


def _scanned_column(field: Field) -> str:
    return CODE_COLUMNS.get(field) or WHOLE_COLUMNS.get(field) or TEXT_COLUMNS[field]


def _merged(block: Iterable[tuple[str, int]]) -> Iterator[ScannedTerm]:
    """The terms of a stretch in order, spellings of one value together under the most frequent of them."""
    spellings: dict[str, list[tuple[int, str]]] = {}
    for term, count in block:
        value, _, display = term.partition(BEFORE_DISPLAY)
        spellings.setdefault(value, []).append((-count, display or value))
    for value in sorted(spellings):
        written = sorted(spellings[value])
        yield ScannedTerm(value=value, display=written[0][1], count=-sum(count for count, _ in written))


def _of(entry: Kept, field: Field) -> tuple[str, ...]:
    if field is Field.TITLE:
        return (entry.title,)
    return entry.creators if field is Field.AUTHOR else entry.subjects


def _begins(value: str, begun: Sequence[str]) -> bool:
    """Whether the value begins with what was typed, marks and all."""
    return " ".join(word.exact for word in words(value)).startswith(" ".join(begun))


def _holds(value: str, found: Sequence[Word]) -> bool:
    """Whether the typed words stand side by side in the value, the last of them begun."""
    return f" {whole(found)}" in f" {whole(words(value))}"

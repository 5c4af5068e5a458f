"""Whether one entry answers a query, without an index: the same answer that the index gives of it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from services.catalog.search.compiling import MIN_PREFIX
from services.catalog.search.entry import SearchEntry
from services.catalog.search.query import (
    And,
    Clause,
    Code,
    Everything,
    Field,
    Given,
    Match,
    Node,
    Not,
    Or,
    Range,
    Term,
    words,
)
from services.catalog.search.schema import CODE_COLUMNS, MAX_VALUE, WHOLE_COLUMNS, codes_of, texts_of, whole

Folded = tuple[str, ...]


class Single:
    """An entry taken apart as the index would, each field when it is first asked for."""

    def __init__(self, entry: SearchEntry) -> None:
        self._entry = entry
        self._texts: dict[Field, list[Folded]] = {}
        self._codes: dict[str, frozenset[str]] = {}

    def answers(self, node: Node) -> bool:
        match node:
            case And(parts):
                return all(map(self.answers, parts))
            case Or(parts):
                return any(map(self.answers, parts))
            case Not(part):
                return not self.answers(part)
            case Given(part):
                return self.answers(part)
            case _:
                return self._holds(node)

    def _holds(self, node: Term | Code | Range | Everything) -> bool:
        match node:
            case Term():
                return self._has_words(node)
            case Code(field, value):
                return value in self._values(field)
            case Range():
                return self._is_within(node)
            case Everything():
                return True

    def _has_words(self, term: Term) -> bool:
        if term.match is Match.EXACT:
            return self._is_whole(term)
        if term.match is Match.PHRASE:
            return self._has_run(term.field, Clause(term.words, term.prefix))
        last = len(term.words) - 1
        single = (Clause((word,), term.prefix and place == last) for place, word in enumerate(term.words))
        found = (self._has_run(term.field, clause) for clause in single)
        return any(found) if term.match is Match.ANY else all(found)

    def _has_run(self, field: Field, clause: Clause) -> bool:
        wanted = tuple(word.folded for word in clause.words)
        by_prefix = clause.prefix and len(wanted[-1]) >= MIN_PREFIX
        return any(_stands_in(wanted, value, by_prefix=by_prefix) for value in self._folded(field))

    def _is_whole(self, term: Term) -> bool:
        fields = tuple(WHOLE_COLUMNS) if term.field is Field.ANYWHERE else (term.field,)
        if not WHOLE_COLUMNS.keys() & set(fields):
            return self._has_run(term.field, Clause(term.words))
        wanted = whole(term.words)
        values = (" ".join(value)[:MAX_VALUE] for value in chain.from_iterable(self._folded(field) for field in fields))
        return any(value.startswith(wanted) if term.prefix else value == wanted for value in values)

    def _is_within(self, span: Range) -> bool:
        number = self._entry.year if span.field is Field.YEAR else int(self._entry.added_at.timestamp())
        if number is None:
            return False
        return (span.low is None or span.low <= number) and (span.high is None or number <= span.high)

    def _folded(self, field: Field) -> list[Folded]:
        """The words of each value of a text field."""
        if field not in self._texts:
            said = (text for one, text in texts_of(self._entry) if field in {one, Field.ANYWHERE})
            self._texts[field] = [tuple(word.folded for word in words(text)) for text in said]
        return self._texts[field]

    def _values(self, field: Field) -> frozenset[str]:
        if field is Field.ID:
            return frozenset({self._entry.id})
        column = CODE_COLUMNS[field]
        if column not in self._codes:
            self._codes[column] = next(frozenset(values) for name, values in codes_of(self._entry) if name == column)
        return self._codes[column]


def _stands_in(wanted: Sequence[str], value: Folded, *, by_prefix: bool) -> bool:
    """Whether the words stand in the value side by side; with `by_prefix` the last of them is a beginning."""
    size = len(wanted)
    exact = tuple(wanted[:-1]) if by_prefix else tuple(wanted)
    for start in range(len(value) - size + 1):
        found = value[start : start + size]
        if found[: len(exact)] == exact and (not by_prefix or found[-1].startswith(wanted[-1])):
            return True
    return False

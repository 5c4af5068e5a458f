"""From the tree of a query to the engine's own: what must match, and what makes a match good."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

import tantivy
from tantivy import FieldType, Occur

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
    Query,
    Range,
    Term,
)
from services.catalog.search.schema import (
    BEFORE_DISPLAY,
    CODE_COLUMNS,
    EXACT_COLUMN,
    TEXT_COLUMNS,
    WHOLE_COLUMNS,
    whole,
)

WEIGHTS = {"title": 4.0, "names": 3.0, "subjects": 2.0}
"""What a word of these is worth beside one anywhere, which counts 1."""
EXACT_BONUS = 1000.0  # above any BM25 sum, so that each clause matched with its marks outranks all relevance
NEIGHBOUR_WEIGHT = 1.5  # most Vietnamese words are two syllables: side by side they mean more than apart
MIN_PREFIX = 2
"""Letters; a shorter beginning would gather half of the vocabulary, and is a word."""


class Compiler:
    """Compiles for one state of the index: whole values are looked up in its vocabulary."""

    def __init__(self, schema: tantivy.Schema, searcher: tantivy.Searcher) -> None:
        self._schema = schema
        self._searcher = searcher

    def matching(self, node: Node) -> tantivy.Query:
        """What matches, scored by the words it holds."""
        match node:
            case Term():
                return self._term(node)
            case Or():
                return tantivy.Query.boolean_query([(Occur.Should, self.matching(part)) for part in node.parts])
            case And():
                return self._all_of(node.parts)
            case Not():
                return self._all_of((Everything(), node))
            case Given(part):
                return tantivy.Query.const_score_query(self.matching(part), 0.0)
            case _:
                return tantivy.Query.const_score_query(self._unscored(node), 0.0)

    def scored(self, query: Query, root: Node) -> tantivy.Query:
        """What matches, better where words stand in the title, carry the typed marks, and have their neighbours."""
        wishes = [(Occur.Should, wish) for wish in self._wishes(query)]
        return tantivy.Query.boolean_query([(Occur.Must, self.matching(root)), *wishes])

    def titled(self, root: Node, *, start: int = 0, below: int | None = None) -> tantivy.Query:
        """What matches and has a title of that stretch of the alphabet, see `collation.beginning`; unscored."""
        stretch = tantivy.Query.range_query(
            self._schema, "title_start", FieldType.Unsigned, start, below, include_upper=below is None
        )
        parts = (self.matching(root), stretch)
        return tantivy.Query.boolean_query([(Occur.Must, tantivy.Query.const_score_query(one, 0.0)) for one in parts])

    def _all_of(self, parts: tuple[Node, ...]) -> tantivy.Query:
        return tantivy.Query.boolean_query(
            [
                (Occur.MustNot, self.matching(part.part))
                if isinstance(part, Not)
                else (Occur.Must, self.matching(part))
                for part in parts
            ]
        )

    def _term(self, term: Term) -> tantivy.Query:
        column = TEXT_COLUMNS[term.field]
        if term.match is Match.EXACT:
            return self._whole(term)
        if term.match is Match.PHRASE:
            found = self._run(column, Clause(term.words, term.prefix))
        else:
            occur = Occur.Should if term.match is Match.ANY else Occur.Must
            found = _together([(occur, self._run(column, clause)) for clause in _single(term)])
        return tantivy.Query.boost_query(found, WEIGHTS[column]) if column in WEIGHTS else found

    def _run(self, column: str, clause: Clause) -> tantivy.Query:
        """Words side by side in folded form."""
        folded = [word.folded for word in clause.words]
        by_prefix = clause.prefix and len(folded[-1]) >= MIN_PREFIX
        if len(folded) == 1 and by_prefix:
            return tantivy.Query.fuzzy_term_query(self._schema, column, folded[0], distance=0, prefix=True)
        if len(folded) == 1:
            return tantivy.Query.term_query(self._schema, column, folded[0])
        if by_prefix:
            return tantivy.Query.phrase_prefix_query(self._schema, column, [*folded])
        return tantivy.Query.phrase_query(self._schema, column, [*folded])

    def _whole(self, term: Term) -> tantivy.Query:
        """Values that are these words and no more, however they are written."""
        columns = WHOLE_COLUMNS.values() if term.field is Field.ANYWHERE else [WHOLE_COLUMNS.get(term.field)]
        found = [self._value(column, term) for column in columns if column]
        if not found:
            return self._run(TEXT_COLUMNS[term.field], Clause(term.words))
        return tantivy.Query.boolean_query([(Occur.Should, query) for query in found])

    def _value(self, column: str, term: Term) -> tantivy.Query:
        end = "" if term.prefix else BEFORE_DISPLAY
        written = self._searcher.terms_with_prefix(column, whole(term.words) + end)
        return tantivy.Query.term_set_query(self._schema, column, [value for value, _ in written])

    def _unscored(self, node: Code | Range | Everything) -> tantivy.Query:
        match node:
            case Code():
                return tantivy.Query.term_query(self._schema, CODE_COLUMNS[node.field], node.value)
            case Range(field, None, None):
                return tantivy.Query.exists_query(field.value)
            case Range(field, low, high):
                return tantivy.Query.range_query(self._schema, field.value, FieldType.Integer, low, high)
            case Everything():
                return tantivy.Query.term_query(self._schema, "removed", field_value=False)

    def _wishes(self, query: Query) -> Iterator[tantivy.Query]:
        anywhere = [term for term in query.terms if term.field is Field.ANYWHERE]
        for term in anywhere:
            for clause in _single(term):
                for column in _wished(clause, len(query.words)):
                    yield tantivy.Query.boost_query(self._run(column, clause), WEIGHTS[column])
        if query.marked:
            yield from (tantivy.Query.const_score_query(exact, EXACT_BONUS) for exact in self._exact(query))
        certain = {pair for term in anywhere if term.match is Match.PHRASE for pair in pairwise(term.words)}
        neighbours = dict.fromkeys(pairwise([word for term in anywhere for word in term.words]))
        for pair in (one for one in neighbours if one not in certain):
            yield tantivy.Query.boost_query(self._run(TEXT_COLUMNS[Field.ANYWHERE], Clause(pair)), NEIGHBOUR_WEIGHT)

    def _exact(self, query: Query) -> Iterator[tantivy.Query]:
        for clause in dict.fromkeys(clause for term in query.terms for clause in _clauses(term)):
            exact = [word.exact for word in clause.words]
            if len(exact) == 1:
                yield tantivy.Query.term_query(self._schema, EXACT_COLUMN, exact[0])
            else:
                yield tantivy.Query.phrase_query(self._schema, EXACT_COLUMN, [*exact])


def _wished(clause: Clause, words: int) -> Iterable[str]:
    """Columns where a word counts more. All that a beginning may be is costly to gather: whole words tell as much."""
    if clause.prefix:
        return ("title",) if words == 1 else ()
    return WEIGHTS


def _single(term: Term) -> Iterator[Clause]:
    last = len(term.words) - 1
    return (Clause((word,), prefix=term.prefix and place == last) for place, word in enumerate(term.words))


def _clauses(term: Term) -> Iterator[Clause]:
    if term.match in {Match.PHRASE, Match.EXACT}:
        yield Clause(term.words)
    else:
        yield from (Clause((word,)) for word in term.words)


def _together(parts: list[tuple[Occur, tantivy.Query]]) -> tantivy.Query:
    return parts[0][1] if len(parts) == 1 else tantivy.Query.boolean_query(parts)

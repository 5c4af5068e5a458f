"""Whether one entry answers what was typed, without an index: the same answer that the index gives of it."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial

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
    clauses_of,
)
from services.catalog.search.schema import CODE_COLUMNS, codes_of, forms_of, texts_of


class Single:
    """An entry taken apart as the index would, each field when it is first asked for."""

    def __init__(self, entry: SearchEntry) -> None:
        self.entry = entry
        self._texts: dict[Field, str] = {}
        self._codes: dict[Field, frozenset[str]] = {}

    def text(self, field: Field) -> str:
        """The folded words of a field with blanks around each, and line ends around each value."""
        if field not in self._texts:
            said = ((one, text) for one, text in texts_of(self.entry) if field in {one, Field.ANYWHERE})
            self._texts[field] = "\n" + "".join(f" {forms_of(one, text)[1]} \n" for one, text in said)
        return self._texts[field]

    def codes(self, field: Field) -> frozenset[str]:
        """The values of a field that is compared whole."""
        if field not in self._codes:
            column = CODE_COLUMNS[field]
            found = (values for name, values in codes_of(self.entry) if name == column)
            codes = [self.entry.id] if field is Field.ID else next(found)
            self._codes[field] = frozenset(unicodedata.normalize("NFC", code) for code in codes)
        return self._codes[field]


Probe = Callable[[Single], bool]
"""Whether an entry answers."""


def probe_of(node: Node) -> Probe:
    """The node as a probe, made once for many entries. Raises ValueError for what only programs ask of words."""
    match node:
        case And(parts):
            tests = [probe_of(part) for part in parts]
            return lambda single: all(test(single) for test in tests)
        case Or(parts):
            return _any_of(parts)
        case Not(part):
            unwanted = probe_of(part)
            return lambda single: not unwanted(single)
        case Given(part):
            return probe_of(part)
        case _:
            return _leaf(node)


def _any_of(parts: Sequence[Node]) -> Probe:
    """Codes and phrases of one field are looked up together, and codes before words, which have to be folded."""
    codes: dict[Field, set[str]] = defaultdict(set)
    phrases: dict[Field, list[str]] = defaultdict(list)
    others: list[Probe] = []
    for part in parts:
        match part:
            case Code(field, value):
                codes[field].add(value)
            case Term(field, match=Match.PHRASE):
                phrases[field] += map(_sought, clauses_of(part))
            case _:
                others.append(probe_of(part))
    tests: list[Probe] = [partial(_has_code, field=field, values=frozenset(values)) for field, values in codes.items()]
    tests += [partial(_has_phrase, field=field, phrases=found) for field, found in phrases.items()]
    tests += others
    return lambda single: any(test(single) for test in tests)


def _leaf(node: Term | Code | Range | Everything) -> Probe:
    match node:
        case Term():
            return _words(node)
        case Code(field, value):
            return partial(_has_code, field=field, values=frozenset({value}))
        case Range():
            return partial(_is_within, span=node)
        case Everything():
            return lambda _: True


def _has_code(single: Single, field: Field, values: frozenset[str]) -> bool:
    return not values.isdisjoint(single.codes(field))


def _is_within(single: Single, span: Range) -> bool:
    number = single.entry.year if span.field is Field.YEAR else int(single.entry.added_at.timestamp())
    if number is None:
        return False
    return (span.low is None or span.low <= number) and (span.high is None or number <= span.high)


def _words(term: Term) -> Probe:
    if term.match not in {Match.ALL, Match.PHRASE}:
        raise ValueError(f"no probe for words of which {term.match} is asked")
    sought = [_sought(clause) for clause in clauses_of(term)]
    return lambda single: all(map(single.text(term.field).__contains__, sought))


def _has_phrase(single: Single, field: Field, phrases: Sequence[str]) -> bool:
    return any(map(single.text(field).__contains__, phrases))


def _sought(clause: Clause) -> str:
    """Words side by side as `Single.text` has them; the last may be a beginning."""
    folded = [word.folded for word in clause.words]
    end = "" if clause.prefix and len(folded[-1]) >= MIN_PREFIX else " "
    return f" {' '.join(folded)}{end}"

"""Whether one entry answers a query, without an index: the same answer that the index gives of it."""

from __future__ import annotations

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
)
from services.catalog.search.schema import CODE_COLUMNS, WHOLE_COLUMNS, codes_of, forms_of, texts_of


class Single:
    """An entry in NFC, taken apart as the index would, each field when it is first asked for."""

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
            self._codes[field] = frozenset({self.entry.id} if field is Field.ID else next(found))
        return self._codes[field]


Probe = Callable[[Single], bool]
"""Whether an entry answers."""


def probe_of(node: Node) -> Probe:
    """The node as a probe, made once for many entries."""
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
    """Codes of one field are looked up together, and before words, which have to be folded."""
    codes: dict[Field, set[str]] = defaultdict(set)
    for part in parts:
        if isinstance(part, Code):
            codes[part.field].add(part.value)
    tests: list[Probe] = [partial(_has_code, field=field, values=frozenset(values)) for field, values in codes.items()]
    tests += [probe_of(part) for part in parts if not isinstance(part, Code)]
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
    if term.match is Match.EXACT:
        return _whole(term)
    if term.match is Match.PHRASE:
        return partial(_stands_in, field=term.field, sought=_sought(Clause(term.words, term.prefix)))
    last = len(term.words) - 1
    single_words = [Clause((word,), term.prefix and place == last) for place, word in enumerate(term.words)]
    tests = [partial(_stands_in, field=term.field, sought=_sought(clause)) for clause in single_words]
    if term.match is Match.ANY:
        return lambda single: any(test(single) for test in tests)
    return lambda single: all(test(single) for test in tests)


def _whole(term: Term) -> Probe:
    fields = tuple(WHOLE_COLUMNS) if term.field is Field.ANYWHERE else (term.field,)
    if not WHOLE_COLUMNS.keys() & set(fields):
        return partial(_stands_in, field=term.field, sought=_sought(Clause(term.words)))
    said = " ".join(word.folded for word in term.words)
    sought = f"\n {said}" if term.prefix else f"\n {said} \n"
    return lambda single: any(sought in single.text(field) for field in fields)


def _stands_in(single: Single, field: Field, sought: str) -> bool:
    return sought in single.text(field)


def _sought(clause: Clause) -> str:
    """Words side by side as `Single.text` has them; the last may be a beginning."""
    folded = [word.folded for word in clause.words]
    end = "" if clause.prefix and len(folded[-1]) >= MIN_PREFIX else " "
    return f" {' '.join(folded)}{end}"

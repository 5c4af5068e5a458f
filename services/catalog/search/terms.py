"""How the value of each field is read into its normal form: numbers, codes, words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from stdnum import isbn, issn
from stdnum.exceptions import ValidationError

from services.catalog.search.query import (
    NUMBERS,
    TEXTS,
    Code,
    Everything,
    Field,
    Match,
    Node,
    Range,
    Term,
    both,
    either,
    words,
)

NOTHING_BELOW, NOTHING_ABOVE = -(10**6), 10**12
"""Bounds of every number that is indexed."""
MAX_CODE = 300

_NUMBER = re.compile(r"-?\d{1,12}")
_SPAN = re.compile(r"(-?\d{1,12})?\s*(?:\.\.|\s)\s*(-?\d{1,12})?")
_CLASS = re.compile(r"\d{1,3}(?:\.\d{1,12})?")


def term(field: Field, value: str, match: Match = Match.ALL) -> Node | None:
    """What `field` must hold for `value`; None where the value says nothing for that field.

    A text ending in `*` is the beginning of a word. A number may be a span, as 2001..2010, 2001.., ..2010; for a code,
    ANY and ALL take each part between blanks as a code of its own.
    """
    if field in TEXTS:
        return _text(field, value, match)
    if field in NUMBERS:
        return _number(field, value)
    if match in {Match.ANY, Match.ALL} and field is not Field.TOPIC:
        join = either if match is Match.ANY else both
        return join(*(_code(field, part) for part in value.split()))
    return _code(field, value)


def span(field: Field, low: int | None, high: int | None) -> Node | None:
    """Numbers from `low` to `high`, both included, None for open. None for a field that has no numbers."""
    if field not in NUMBERS:
        return None
    return Range(field, _held(low), _held(high))


def everything() -> Node:
    return Everything()


def class_term(number: str) -> str:
    """The class that a Dewey number names, without what only fills: 900 -> 9, 959.7 -> 959.7, 010 -> 01."""
    whole, point, rest = number.partition(".")
    if point and rest:
        return f"{whole.zfill(3)}.{rest}"
    filled = whole.zfill(3) if len(whole) == 3 else whole
    return filled.rstrip("0") or "0"


def class_terms(number: str) -> tuple[str, ...]:
    """The class and every class above it: 959.7 -> 9, 95, 959, 959.7. Empty for what is no Dewey number."""
    found = _CLASS.match(number.strip().replace("/", "").replace("'", ""))
    if found is None or len(found[0].partition(".")[0]) != 3:
        return ()
    digits = found[0]
    return tuple(digits[:length] for length in range(1, len(digits) + 1) if not digits[:length].endswith("."))


def isbn_term(written: str) -> str:
    """ISBN-13 without hyphens where the number is right, else its digits as they are."""
    try:
        return str(isbn.to_isbn13(isbn.validate(written)))
    except ValidationError:
        return isbn.compact(written)[:MAX_CODE]


def is_isbn(written: str) -> bool:
    return bool(isbn.is_valid(written))


def _text(field: Field, value: str, match: Match) -> Term | None:
    found = tuple(words(value))
    return Term(field, found, match, prefix=value.rstrip().endswith("*")) if found else None


def _number(field: Field, value: str) -> Range | None:
    bare = value.strip()
    if _NUMBER.fullmatch(bare):
        return Range(field, _held(int(bare)), _held(int(bare)))
    found = _SPAN.fullmatch(bare)
    if found is None or not (found[1] or found[2]):
        return None
    low, high = (int(part) if part else None for part in found.groups())
    return Range(field, _held(low), _held(high))


def _held(number: int | None) -> int | None:
    return None if number is None else min(max(number, NOTHING_BELOW), NOTHING_ABOVE)


def _code(field: Field, value: str) -> Code | None:
    bare = unicodedata.normalize("NFC", value).strip()[:MAX_CODE]
    return Code(field, _NORMAL.get(field, str.lower)(bare)) if bare else None


def _issn(written: str) -> str:
    return str(issn.compact(written))[:MAX_CODE]


def _class(written: str) -> str:
    return class_term(written) if _CLASS.fullmatch(written) else written.lower()


def _as_written(written: str) -> str:
    return written


_NORMAL: dict[Field, Callable[[str], str]] = {
    Field.ISBN: isbn_term,
    Field.ISSN: _issn,
    Field.CLASS: _class,
    Field.TOPIC: _as_written,
    Field.ID: _as_written,
}

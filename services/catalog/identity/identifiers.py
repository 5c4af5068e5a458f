"""Numbers that stand for an edition; what fails its check digit is not one."""

from __future__ import annotations

import re
from functools import lru_cache

from stdnum import isbn, issn

from services.catalog.isbn import is_isbn

_ISBN = re.compile(r"(?<![\d-])(?:97[89][-\s–]?)?\d(?:[-\s–]?\d){8}[-\s–]?[\dXx](?![\d-])")
_ISSN = re.compile(r"(?<!\d)\d{4}[-–\s]?\d{3}[\dXx](?!\d)")
ISBN_13 = 13
_DASHES = str.maketrans("", "", "-– \t")


@lru_cache(maxsize=4096)
def isbn_of(written: str) -> str:
    """ISBN-13 of the first valid number in a subfield, or nothing: a price, a running number, a slip of the keys."""
    for found in _ISBN.finditer(written):
        plain = found[0].translate(_DASHES).upper()
        if len(set(plain)) > 2 and is_isbn(plain):
            return plain if len(plain) == ISBN_13 else str(isbn.to_isbn13(plain))
    return ""


@lru_cache(maxsize=4096)
def issn_of(written: str) -> str:
    """Eight characters of the first valid number, or nothing."""
    for found in _ISSN.finditer(written):
        plain = found[0].translate(_DASHES).upper()
        if len(set(plain)) > 2 and issn.is_valid(plain):
            return plain
    return ""


def other_id(tag: str, value: str, scheme: str) -> str:
    """Return "scheme:value" in lower case; the scheme is what is said ($2, or (OCoLC) in 035), else the tag."""
    if value.startswith("("):
        scheme, _, value = value[1:].partition(")")
    plain = re.sub(r"[\W_]+", "", value).lower()
    return f"{(scheme or tag).lower()}:{plain}" if plain else ""

"""Where, by whom and when it was published."""

from __future__ import annotations

import re
from functools import lru_cache

from services.catalog.identity.spelling import composed
from services.catalog.identity.words import alternatives, tables, turned
from shared.vietnamese import fold, respell

_TABLE = tables()["publishers"]
_UNKNOWN = frozenset(fold(word) for word in _TABLE["unknown"])
_PREFIX = re.compile(rf"^(?:(?:{alternatives(_TABLE['prefixes'])})\b[\s.:]*|nxb\.?(?=\w{{2}}|\w\.))+(?=\S)")
_SUFFIX = re.compile(rf"[\s,]+(?:{alternatives(_TABLE['suffixes'])})\.?$")
_HYPHEN = re.compile(r"(?<=\w)-(?=\w)")
"""Nhà xuất-bản, as it was spelled."""
_YEAR = re.compile(r"(?<!\d)(1[4-9]\d\d|20\d\d)(?!\d)")
_NOT_WORDS = re.compile(r"[\W_]+")
_SAME = {_NOT_WORDS.sub(" ", spelling): name for spelling, name in turned(_TABLE["same"]).items()}
_PLACES = turned(tables()["places"])


@lru_cache(maxsize=8192)
def publisher_of(written: str) -> tuple[str, str]:
    """Display and key: "Nxb. GD", "NXB Giáo dục" and "Nhà xuất bản Giáo dục" have the key "giao duc"."""
    display = composed(written).strip(" .,;:/=[]")
    letters = _HYPHEN.sub(" ", fold(respell(display)))
    without = _SUFFIX.sub("", _PREFIX.sub("", letters))
    plain = _NOT_WORDS.sub(" ", without or letters).strip()
    key = _SAME.get(plain) or _SAME.get(_NOT_WORDS.sub(" ", letters).strip()) or plain
    return display, "" if key in _UNKNOWN else key


@lru_cache(maxsize=4096)
def place_of(written: str) -> tuple[str, str]:
    """Display and key: "H.", "HN" and "Hà Nội" have the key "ha noi"."""
    display = composed(written).strip(" ,;:/=[]")
    plain = _NOT_WORDS.sub(" ", fold(display)).strip()
    return display, "" if plain in _UNKNOWN else _PLACES.get(plain, plain)


@lru_cache(maxsize=8192)
def year_of(written: str) -> int | None:
    """The first year: 2005, c2005, [2005?], 5/2005, 2005-2009."""
    found = _YEAR.search(written)
    return int(found[1]) if found else None


@lru_cache(maxsize=8192)
def parted(written: str) -> tuple[tuple[str, str], ...]:
    """Subfields of an imprint that was typed into one: "H.: Văn học, 2005" has a place, a publisher and a date."""
    place, colon, rest = written.partition(":")
    if not colon:
        return (("a", written),)
    publisher, comma, date = rest.rpartition(",")
    if not (comma and _YEAR.search(date)):
        return (("a", place), ("b", rest))
    return (("a", place), ("b", publisher), ("c", date))


def is_open(written: str) -> bool:
    """Whether a date goes on: "2000-", as a serial's does."""
    return bool(_YEAR.search(written)) and written.rstrip(" ].").endswith(("-", "–"))

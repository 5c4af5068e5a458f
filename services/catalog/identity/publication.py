"""Where, by whom and when it was published."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache

from services.catalog.identity.spelling import composed, spelled
from services.catalog.identity.words import alternatives, tables, turned
from shared.vietnamese import fold, respell

_TABLE = tables()["publishers"]
_UNKNOWN = frozenset(fold(word) for word in _TABLE["unknown"])
_PREFIX = re.compile(rf"^(?:(?:{alternatives(_TABLE['prefixes'])})\b[\s.:]*|nxb\.?(?=\w{{2}}|\w\.))+(?=\S)")
_PREFIX_COLON = re.compile(r"^\s*(?:nhà xuất bản|nxb)\.?\s*:\s*", re.IGNORECASE)
_PIECES = re.compile(r",|\s[-–]\s|;")
MOST_YEARS = 3
LEAST_WHOLE_WORD = 3
"""Letters of a word that may stand for itself in a shortened name."""
_INNER = re.compile(r"^.*?\b(?:nxb|nha xuat ban)\b[\s.:]*(?=\w)")
"""Cong ty TNHH MTV NXB Tre."""
_SUFFIX = re.compile(rf"[\s,]+(?:{alternatives(_TABLE['suffixes'])})\.?$")
_HYPHEN = re.compile(r"(?<=\w)-(?=\w)")
"""Nhà xuất-bản, as it was spelled."""
_YEAR = re.compile(r"(?<!\d)(1[4-9]\d\d|20\d\d)(?!\d)")
_NOT_WORDS = re.compile(r"[\W_]+")
_PLACES = turned(tables()["places"]) | {name: name for name in tables()["other_places"]}
_LOCAL = re.compile(rf"(?:{alternatives(_TABLE['local'])})(?!\w)")
_PARTNERS = frozenset(_TABLE["partners"])
_SHORTENED: dict[str, str] = _TABLE["shortened"]
_SPELLINGS = {_NOT_WORDS.sub(" ", respell(spelling)): name for spelling, name in turned(_TABLE["same"]).items()}
_SPELLINGS |= {respell(name): name for name in _TABLE["others"]} | {name: name for name in _TABLE["same"]}
_ALIKE: dict[tuple[int, str], list[tuple[list[str], str]]] = defaultdict(list)
"""Spellings by the number of their words and their first letter."""
for _spelling, _name in _SPELLINGS.items():
    _ALIKE[_spelling.count(" ") + 1, _spelling[0]].append((_spelling.split(), _name))
_YEAR_BEHIND = re.compile(r"[\s,.;–-]+\(?[c©]?(?:1[4-9]\d\d|20\d\d)\)?[\s.]*$")
_BRACKETED = re.compile(r"(?<=\w)\s*[(\[]([^()\[\]]+)[)\]]\s*$")
_BETWEEN_HOUSES = re.compile(r"\s[-–]\s|\s?[/|&+,]\s?")


@lru_cache(maxsize=8192)
def publisher_of(written: str) -> tuple[str, str]:
    """Display and key: "Nxb. GD", "NXB Giáo dục" and "Nhà xuất bản Giáo dục" have the key "giao duc"."""
    display = composed(written).strip(" .,;:/=[]")
    letters = _HYPHEN.sub(" ", fold(spelled(display)))
    without = _SUFFIX.sub("", _PREFIX.sub("", _INNER.sub("", letters)))
    plain = _NOT_WORDS.sub(" ", without or letters).strip()
    key = house_of(plain) or house_of(_NOT_WORDS.sub(" ", letters).strip()) or _in_full(_before_place(plain))
    return display, "" if key in _UNKNOWN else key


def _in_full(plain: str) -> str:
    return " ".join(_SHORTENED.get(word, word) for word in plain.split())


def _before_place(plain: str) -> str:
    """A known house whose town stands behind it: "Trẻ TP. HCM"; not one of those that many towns have."""
    words = plain.split()
    for place in range(1, len(words)):
        house = house_of(" ".join(words[:place]))
        if house and not _LOCAL.match(house) and is_place(" ".join(words[place:])):
            return house
    return plain


@lru_cache(maxsize=8192)
def house_of(plain: str) -> str:
    """The house of the table that a folded name means, however it is shortened; empty where none or several."""
    if found := _SPELLINGS.get(plain):
        return found
    if found := _SPELLINGS.get(_in_full(plain)):
        return found
    words = plain.split()
    if len(words) < 2 or not any(len(word) >= LEAST_WHOLE_WORD for word in words):
        return ""
    meant = {name for spelling, name in _ALIKE.get((len(words), plain[0]), ()) if _shortens(words, spelling)}
    return meant.pop() if len(meant) == 1 else ""


def _shortens(words: list[str], spelling: list[str]) -> bool:
    """Whether each word begins the word in its place, and one is whole: "T.thức", "P. Đông"."""
    if len(words) != len(spelling) or not set(words) & set(spelling):
        return False
    return all(whole.startswith(word) for word, whole in zip(words, spelling, strict=True))


@lru_cache(maxsize=8192)
def imprint_of(written: str) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """Places, publishers and the date in what stands where a publisher belongs: "Tp. HCM : Trẻ - Nhã Nam, 2010"."""
    text = composed(written)
    date = ""
    if found := _YEAR_BEHIND.search(text):
        text, date = text[: found.start()], found[0]
    if (found := _BRACKETED.search(text)) and is_place(found[1]):
        text = text[: found.start()]
    pieces = [piece for part in _unprefixed(text).split(";") for piece in part.split(":") if piece.strip(" .,[]")]
    places = [piece for piece in pieces[:-1] if is_place(piece)]
    houses = [house for piece in pieces if piece not in places for house in _houses(piece)]
    return tuple(places), tuple(houses), date


def _unprefixed(text: str) -> str:
    """Nhà xuất bản: Trẻ."""
    return _PREFIX_COLON.sub("", text)


def _houses(piece: str) -> list[str]:
    """One house, or several where one of them is known and their names together are not: "Trẻ - Đông A"."""
    if house_of(publisher_of(piece)[1]):
        return [piece]
    found = [each for each in _BETWEEN_HOUSES.split(piece) if each.strip(" .,[]")]
    if not any(house_of(publisher_of(each)[1]) for each in found):
        return [piece]
    houses = [each for each in found if not is_place(each)]
    return houses if any(house_of(publisher_of(each)[1]) for each in houses) else found


def is_partner(key: str) -> bool:
    """Whether a firm prints under the licence of houses, so that naming it does not say which house it was."""
    return key in _PARTNERS


def is_place(written: str) -> bool:
    """Whether the table of places has it."""
    plain = _NOT_WORDS.sub(" ", fold(written)).strip()
    return plain in _PLACES


def is_house(written: str) -> bool:
    """Whether it is a publisher's name, by the word before it or by the table."""
    display, key = publisher_of(written)
    return bool(house_of(key)) or bool(_PREFIX.match(fold(display)))


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
def other_years(written: str, coded: str) -> tuple[int, ...]:
    """Years beside the first, and the coded one (008/07-10) where it is one off: one of both was mistyped, or the book
    bears two. A coded year that is farther off was left from another record.
    """
    first, *others = [int(each) for each in _YEAR.findall(written)] or [0]
    code = year_of(coded) or 0
    found = [*others, code] if abs(code - first) == 1 else others
    return tuple(dict.fromkeys(year for year in found if year != first))[:MOST_YEARS]


@lru_cache(maxsize=8192)
def parted(written: str) -> tuple[tuple[str, str], ...]:
    """Subfields of an imprint that was typed into one: "H.: Văn học, 2005" has a place, a publisher and a date."""
    place, colon, rest = written.partition(":")
    if colon and (is_place(place) or not is_house(place)):
        publisher, comma, date = rest.rpartition(",")
        if not (comma and _YEAR.search(date)):
            return (("a", place), ("b", rest))
        return (("a", place), ("b", publisher), ("c", date))
    return tuple((_code_of(piece), piece) for piece in _PIECES.split(written) if piece.strip(" .,[]"))


def _code_of(piece: str) -> str:
    if is_house(piece) and not is_place(piece):
        return "b"
    return "c" if _YEAR.search(piece) else "a"


def is_open(written: str) -> bool:
    """Whether a date goes on: "2000-", as a serial's does."""
    return bool(_YEAR.search(written)) and written.rstrip(" ].").endswith(("-", "–"))

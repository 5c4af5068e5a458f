"""Numbers as figures, Roman figures and words of three languages."""

from __future__ import annotations

import re
from functools import lru_cache

from services.catalog.identity.words import tables

_NUMBERS = tables()["numbers"]
_UNITS: dict[str, int] = _NUMBERS["units"]
_SCALES = dict.fromkeys(_NUMBERS["hundreds"], 100) | dict.fromkeys(_NUMBERS["tens"], 10)
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_ROMAN_FORM = re.compile(r"(?=[ivxlc])c{0,3}(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})")

WORD = "|".join(sorted({*_UNITS, *_SCALES, *_NUMBERS["zero"]}, key=len, reverse=True))
_TIERS: frozenset[str] = frozenset(_NUMBERS["tiers"])
_SPOKEN = rf"(?:{'|'.join(_TIERS)}|{WORD})(?:\s(?:{WORD}))*(?=\s*(?:$|[^\w\s]))"
NUMBER = rf"(?:\d{{1,4}}[a-z]?(?:\s?[-–]\s?\d{{1,3}})?|[ivxlc]{{1,7}}(?![a-z])|{_SPOKEN})"
"""Over folded text: 2, 3a, 1-2, iv, hai muoi mot; words only where nothing follows: not in "tập Nam Cao"."""


@lru_cache(maxsize=4096)
def number_of(written: str) -> str | None:
    """Folded text in figures: "hai" is "2", "iv" is "4", "03A" is "3a", "ha" stays "ha"; None for no number."""
    text = written.strip(" .")
    if figures := re.fullmatch(r"0*(\d+[a-z]?)(?:\s?[-–]\s?0*(\d+))?", text):
        return f"{figures[1]}-{figures[2]}" if figures[2] else figures[1]
    if text in _TIERS:
        return text
    if _ROMAN_FORM.fullmatch(text):
        return str(_roman(text))
    value = _in_words(text.split())
    return str(value) if value else None


def is_roman(written: str) -> bool:
    return bool(_ROMAN_FORM.fullmatch(written))


def _roman(text: str) -> int:
    values = [_ROMAN[sign] for sign in text]
    return sum(
        -value if value < following else value for value, following in zip(values, [*values[1:], 0], strict=True)
    )


def _in_words(words: list[str]) -> int:
    """Mười hai is 10 + 2, hai mươi mốt 2 x 10 + 1, một trăm linh một 100 + 1; 0 where a word is none."""
    total = 0
    unit = 0
    for word in words:
        if word in _SCALES:
            total += max(1, unit) * _SCALES[word]
            unit = 0
        elif word in _UNITS:
            unit = _UNITS[word]
        elif word not in _NUMBERS["zero"]:
            return 0
    return total + unit

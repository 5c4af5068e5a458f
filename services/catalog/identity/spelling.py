"""Words of titles and names in the two forms that are compared: with tones and without marks."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from services.catalog.identity.numerals import is_roman, number_of
from services.catalog.identity.words import tables
from shared.vietnamese import fold, respell

_WORD = re.compile(r"[^\W_]+(?:[\u0300-\u036f]+[^\W_]*)*(?:\+\+|#)?")
"""C++ and C# are words of their own."""
_BEFORE_ROMAN = frozenset(["thu", "ky", "ki", "khoa", "chuong", "lan"])
"""What stands after them may be a Roman figure of one letter: lần thứ V, thế kỷ X."""
_CLEARLY_ROMAN = re.compile(r"[ivx]{2,}")
_LOOK_ALIKES = str.maketrans("Ðð", "Đđ")
"""The Icelandic letter that old fonts show for đ, and that converted catalogues kept."""
_HORNLESS = re.compile(r"(?<!ư)(?=[ơờớởỡợ](?:ng|c|u)$)")
"""No syllable ends so: where TCVN3 was converted, ư (its soft hyphen) got lost: trờng, nớc, rợu."""
_CLASS = frozenset(["lớp", "lop"])
YEAR_FIGURES = 4
_SHORTENED = {fold(short): (respell(whole), fold(respell(whole))) for short, whole in tables()["title_words"].items()}
_WORDS_TOO = frozenset(["vi", "xi", "ix"])
"""Roman figures that are words as well: vi sinh, xi măng."""


@lru_cache(maxsize=16_384)
def forms(word: str) -> tuple[str, str]:
    """Tone-bearing and folded, both with i for a closing y."""
    exact = _HORNLESS.sub("ư", spelled(word))
    return exact, fold(exact)


def spelled(text: str) -> str:
    """One spelling for tones, for i/y and for what looks like đ."""
    return respell(text.translate(_LOOK_ALIKES))


@lru_cache(maxsize=8192)
def compared(text: str) -> tuple[str, str]:
    """All words of a text in both forms, parted by blanks, numbers in figures, THPT in full; lớp 6 is 6.

    Luật Đất đai năm 2013 is Luật Đất đai 2013 with tones alone: without them năm is the nam of Việt Nam.
    """
    exact: list[str] = []
    folded: list[str] = []
    for word in words(text):
        tones, bare = forms(word)
        number = _number(tones, bare, exact[-1] if exact else "")
        if number and exact and exact[-1] in _CLASS:
            del exact[-1], folded[-1]
        elif number and exact and exact[-1] == "năm" and len(number) == YEAR_FIGURES:
            del exact[-1]
        whole = _SHORTENED.get(bare) if number is None else None
        exact.append(number or (whole or (tones, bare))[0])
        folded.append(number or (whole or (tones, bare))[1])
    return " ".join(exact), " ".join(folded)


def words(text: str) -> list[str]:
    return _WORD.findall(text.replace("&", " và ") if "&" in text else text)


def _number(tones: str, bare: str, before: str) -> str | None:
    """The figures that a word means, None for an ordinary word."""
    if bare.isdecimal():
        return bare.lstrip("0") or "0"
    if before == "thứ" or (before == "thu" and tones == bare):
        return number_of(bare)
    if is_roman(bare) and fold(before) in _BEFORE_ROMAN:
        return number_of(bare)
    if _CLEARLY_ROMAN.fullmatch(bare) and bare not in _WORDS_TOO and is_roman(bare):
        return number_of(bare)
    return None


def composed(text: str) -> str:
    """NFC, runs of white space one space, ends trimmed."""
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    return " ".join(text.split())

"""The order of the Vietnamese alphabet, as CLDR has it for `vi`: letters first over the whole text, then the tones."""

import unicodedata
from functools import lru_cache

from shared.vietnamese import syllables

LETTERS = "0123456789aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
"""Source: CLDR 46, common/collation/vi.xml: ă and â follow a as letters of their own, đ follows d, and so on."""
TONES = "\u0300\u0309\u0303\u0301\u0323"
"""huyền, hỏi, ngã, sắc, nặng; the level tone comes before them."""
LETTER_MARKS = "\u0306\u0302\u031b"
"""Marks that make another letter: breve, circumflex, horn."""

_RANKS = {letter: chr(ord("0") + place) for place, letter in enumerate(LETTERS)}
_TONE_RANKS = {mark: str(place) for place, mark in enumerate(TONES, 1)}
_BLANK = " "
_LEVEL = "0"


def sort_key(text: str) -> str:
    """A string whose plain order is the alphabet's. What is neither letter nor digit parts words and counts no more."""
    pieces = [_ranked(found.exact) for found in syllables(text)]
    letters = _BLANK.join(piece[0] for piece in pieces)
    tones = _LEVEL.join(piece[1] for piece in pieces)
    return f"{letters}\t{tones.rstrip(_LEVEL)}"


@lru_cache(maxsize=65_536)
def _ranked(syllable: str) -> tuple[str, str]:
    """The ranks of its letters, and of the tone on each of them."""
    found = _letters(syllable)
    return "".join(_RANKS.get(letter, letter) for letter, _ in found), "".join(tone for _, tone in found)


def _letters(syllable: str) -> list[tuple[str, str]]:
    """Each letter with its own marks composed, and the rank of its tone."""
    found: list[tuple[str, str]] = []
    for character in unicodedata.normalize("NFD", syllable):
        if character in _TONE_RANKS and found:
            found[-1] = (found[-1][0], _TONE_RANKS[character])
        elif character in LETTER_MARKS and found:
            found[-1] = (unicodedata.normalize("NFC", found[-1][0] + character), found[-1][1])
        elif not unicodedata.combining(character):
            found.append((character, _LEVEL))
    return found

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
_PACKED = 10
_LOW = {"\t": 1, _BLANK: 2}
_FOREIGN = 63
"""The rank of every letter outside the alphabet: what stands behind one cannot be told apart."""


def sort_key(text: str) -> str:
    """A string whose plain order is the alphabet's. What is neither letter nor digit parts words and counts no more."""
    pieces = [_ranked(found.exact) for found in syllables(text)]
    letters = _BLANK.join(piece[0] for piece in pieces)
    tones = _LEVEL.join(piece[1] for piece in pieces)
    return f"{letters}\t{tones.rstrip(_LEVEL)}"


def beginning(key: str) -> int:
    """The first letters of a sort key as a number of 60 bits: its order is the keys', as far as these letters go."""
    packed = 0
    for place, letter in enumerate(key[:_PACKED]):
        rank = _LOW.get(letter) or ord(letter) - ord("0") + len(_LOW) + 1
        packed |= min(rank, _FOREIGN) << 6 * (_PACKED - place - 1)
        if rank >= _FOREIGN:
            break
    return packed


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

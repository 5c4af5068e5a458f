"""The order of the Vietnamese alphabet, as CLDR has it for `vi`: letters first over the whole text, then the tones."""

import unicodedata

from shared.vietnamese import normalise

LETTERS = "0123456789aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
"""Source: CLDR 46, common/collation/vi.xml: ă and â follow a as letters of their own, đ follows d, and so on."""
TONES = "\u0300\u0309\u0303\u0301\u0323"
"""huyền, hỏi, ngã, sắc, nặng; the level tone comes before them."""
LETTER_MARKS = "\u0306\u0302\u031b"
"""Marks that make another letter: breve, circumflex, horn."""

_RANKS = {letter: chr(ord("0") + place) for place, letter in enumerate(LETTERS)}
_TONE_RANKS = {mark: str(place) for place, mark in enumerate(TONES, 1)}
_BLANK = " "


def sort_key(text: str) -> str:
    """A string whose plain order is the alphabet's. What is neither letter nor digit parts words and counts no more."""
    letters: list[str] = []
    tones: list[str] = []
    for letter, tone in _letters(text):
        rank = _rank(letter)
        if rank != _BLANK or (letters and letters[-1] != _BLANK):
            letters.append(rank)
            tones.append(tone)
    return f"{''.join(letters).rstrip()}\t{''.join(tones).rstrip('0')}"


def _letters(text: str) -> list[tuple[str, str]]:
    """Each letter with its own marks composed, and the rank of its tone."""
    found: list[tuple[str, str]] = []
    for character in unicodedata.normalize("NFD", normalise(text)):
        if character in _TONE_RANKS and found:
            found[-1] = (found[-1][0], _TONE_RANKS[character])
        elif character in LETTER_MARKS and found:
            found[-1] = (unicodedata.normalize("NFC", found[-1][0] + character), found[-1][1])
        elif not unicodedata.combining(character):
            found.append((character, "0"))
    return found


def _rank(letter: str) -> str:
    known = _RANKS.get(letter)
    if known:
        return known
    return letter if letter.isalnum() else _BLANK

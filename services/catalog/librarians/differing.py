"""Where two values differ, so that a person sees it inside of them. No I/O."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from shared.vietnamese import fold, normalise

MOST_WORDS = 400
"""Of a value; what is longer is shown unmarked."""
ALIKE = 50
"""Likeness of two words, 0..100, from which their letters are compared one by one."""
_WORD = re.compile(r"\s*\S+|\s+")
_SIGNS = " \t\n\r.,;:/()[]{}\"'“”‘’!?-–—"


class Kind(StrEnum):
    """How a word stands to the one in its place on the other side."""

    SAME = "same"
    MARKS = "marks"
    """The same letters with other marks: a tone, a vowel, đ for d."""
    OTHER = "other"
    """Another word, or none."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Words of one kind. letters: the text in parts, each with whether it differs."""

    kind: Kind
    letters: tuple[tuple[str, bool], ...]

    @property
    def text(self) -> str:
        return "".join(part for part, _ in self.letters)


Pieces = tuple[Piece, ...]


def differences(left: str, right: str) -> tuple[Pieces, Pieces]:
    """Both values in pieces. Case, punctuation and where a tone stands in its syllable (oà, òa) are no difference."""
    ours, theirs = _words(left), _words(right)
    if max(len(ours), len(theirs)) > MOST_WORDS:
        return _plain(ours), _plain(theirs)
    steps = Levenshtein.opcodes([_key(word) for word in ours], [_key(word) for word in theirs])
    here: list[Piece] = []
    there: list[Piece] = []
    for step in steps:
        one, other = ours[step.src_start : step.src_end], theirs[step.dest_start : step.dest_end]
        for number in range(max(len(one), len(other))):
            mine, its = one[number : number + 1], other[number : number + 1]
            here.extend(_against(mine, its))
            there.extend(_against(its, mine))
    return tuple(here), tuple(there)


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFC", text))


def _plain(words: Sequence[str]) -> Pieces:
    return (Piece(Kind.SAME, (("".join(words), False),)),)


def _key(word: str) -> str:
    """Equal for words that stand in each other's place."""
    return fold(word).strip(_SIGNS)


def _against(words: Sequence[str], others: Sequence[str]) -> Iterator[Piece]:
    for word in words:
        kind = _kind(word, others[0]) if others else Kind.OTHER
        if kind is Kind.SAME:
            yield Piece(kind, ((word, False),))
            continue
        blank = word[: len(word) - len(word.lstrip())]
        if blank:
            yield Piece(Kind.SAME, ((blank, False),))
        yield Piece(kind, tuple(_letters(word.strip(), others[0].strip() if others else "")))


def _kind(word: str, other: str) -> Kind:
    one, two = (normalise(each).casefold().strip(_SIGNS) for each in (word, other))
    if one == two:
        return Kind.SAME
    return Kind.MARKS if fold(one) == fold(two) else Kind.OTHER


def _letters(word: str, other: str) -> Iterator[tuple[str, bool]]:
    if not other or fuzz.ratio(word, other) < ALIKE:
        yield word, True
        return
    for step in Levenshtein.opcodes(word, other):
        if part := word[step.src_start : step.src_end]:
            yield part, step.tag != "equal"

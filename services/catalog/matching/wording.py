"""How two wordings differ: by slips of the keys, by marks, by whole words; and which difference tells books apart."""

from __future__ import annotations

from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path

import yaml
from rapidfuzz.distance import OSA, Editop, Levenshtein

from shared.vietnamese import fold
from shared.vietnamese.orthography import BASES, is_syllable

LEAST_FOR_A_SLIP = {1: 2, 2: 5}
"""Letters of the shorter word from which a slip may be in it, by how many of both words cannot be."""
LEAST_FOR_TWO_SLIPS = 8
"""Letters of a word from which two slips may be in it."""


LEAST_FOR_A_LETTER = 6
"""Letters of the shorter wording from which one that is wrong may be a slip, whatever words it makes."""


class Difference(StrEnum):
    """The gravest difference between two wordings, the mildest first."""

    NONE = "none"
    SLIP = "slip"
    """A letter wrong in a word that cannot be one: a typing or reading error."""
    MARKS = "marks"
    """The same letters with other marks."""
    ADDED = "added"
    """Words that only one of them has."""
    WORD = "word"
    """One word in the place of another."""
    NUMBER = "number"
    """One number in the place of another."""
    MUCH = "much"


@cache
def telling_words() -> frozenset[str]:
    """Folded words that make another book of a title: teachers' book, exercises, advanced, abridged."""
    loaded = yaml.safe_load(Path(__file__).with_name("telling.yaml").read_text("utf-8"))
    return frozenset(fold(word) for word in loaded["telling"])


@cache
def genre_words() -> frozenset[str]:
    """Folded words that say what kind of text it is and may be left out: novel, poems, thesis."""
    loaded = yaml.safe_load(Path(__file__).with_name("telling.yaml").read_text("utf-8"))
    return frozenset(fold(word) for word in loaded["genre"])


MISREAD = str.maketrans("10", "lo")
"""Figures that readers of images put for letters."""
_BARE_BASES = frozenset(fold(base) for base in BASES)


@lru_cache(maxsize=16_384)
def is_possible(word: str) -> bool:
    """Whether a Vietnamese syllable is spelled so; without marks, whether one could be with them."""
    return word in _BARE_BASES if word.isascii() else is_syllable(word)


@lru_cache(maxsize=8192)
def word_difference(left: str, right: str) -> Difference:
    """Of two words that stand in the same place."""
    if left == right:
        return Difference.NONE
    if fold(left).translate(MISREAD) == fold(right).translate(MISREAD):
        return Difference.MARKS if left.isalpha() and right.isalpha() else Difference.SLIP
    counted = [any(map(str.isdecimal, word)) for word in (left, right)]
    if any(counted):
        return Difference.NUMBER if all(counted) else Difference.WORD
    return Difference.SLIP if _is_slip(left, right) or _is_slip(fold(left), fold(right)) else Difference.WORD


def _is_slip(left: str, right: str) -> bool:
    """One letter off, or two in a long word, where one of both cannot be a word of Vietnamese. Foreign words cannot
    either, so that short ones prove nothing.
    """
    shorter = min(len(left), len(right))
    impossible = (not is_possible(left)) + (not is_possible(right))
    if not impossible or shorter < LEAST_FOR_A_SLIP[impossible]:
        return False
    allowed = 2 if shorter >= LEAST_FOR_TWO_SLIPS else 1
    return OSA.distance(left, right, score_cutoff=allowed) <= allowed


@lru_cache(maxsize=8192)
def difference(left: str, right: str) -> Difference:
    """Of two wordings, words parted by blanks. Blanks lost or won are slips."""
    if left == right:
        return Difference.NONE
    if left.replace(" ", "") == right.replace(" ", ""):
        return Difference.SLIP
    if fold(left).replace(" ", "") == fold(right).replace(" ", ""):
        return Difference.MARKS
    ours, theirs = left.split(), right.split()
    if left > right:  # of several shortest ways to turn one into the other, always the same
        ours, theirs = theirs, ours
    found = [_step(ours, theirs, step) for step in Levenshtein.editops(ours, theirs)]
    grave = sum(each not in _MILD for each in found)
    if grave > 1 and grave * 3 > min(len(ours), len(theirs)):
        return Difference.MUCH
    return max(found, key=_GRAVITY.__getitem__)


def _step(ours: list[str], theirs: list[str], step: Editop) -> Difference:
    if step.tag == "replace":
        return word_difference(ours[step.src_pos], theirs[step.dest_pos])
    added = ours[step.src_pos] if step.tag == "delete" else theirs[step.dest_pos]
    return Difference.SLIP if len(added) == 1 and is_possible(added) else Difference.ADDED


@lru_cache(maxsize=8192)
def lost_marks(left: str, right: str) -> bool:
    """Whether two wordings differ in words alone that one of both has without any mark: Phong thuy thực hành."""
    pairs = [pair for pair in zip(left.split(), right.split(), strict=False) if pair[0] != pair[1]]
    if left.count(" ") != right.count(" ") or any(fold(one) != fold(other) for one, other in pairs):
        return False
    return all(one.isascii() for one, _ in pairs) or all(other.isascii() for _, other in pairs)


@lru_cache(maxsize=8192)
def is_letter_off(left: str, right: str) -> bool:
    """Whether one letter is wrong, lost, doubled or out of its place: a slip, or another word that is as near."""
    ours, theirs = left.replace(" ", ""), right.replace(" ", "")
    if min(len(ours), len(theirs)) < LEAST_FOR_A_LETTER or _signs(left) != _signs(right):
        return False
    return OSA.distance(ours, theirs, score_cutoff=1) <= 1


def _signs(text: str) -> list[str]:
    """Words that a single letter makes, and those with figures: in programming in C, grade 9, B2."""
    return [word for word in text.split() if len(word) == 1 or not word.isalpha()]


_GRAVITY = {each: place for place, each in enumerate(Difference)}
_MILD = frozenset([Difference.NONE, Difference.SLIP, Difference.MARKS])

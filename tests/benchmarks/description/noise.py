"""What an engine makes of a bad page: marks lost, letters swapped; seeded."""

from __future__ import annotations

import random
from dataclasses import dataclass

from shared.vietnamese import fold

LOOKALIKES = {
    "0": "O",
    "1": "l",
    "i": "l",
    "l": "1",
    "c": "e",
    "n": "u",
    "o": "6",
    "ố": "6",
    "Đ": "Ð",
    "ư": "tr",
    "ử": "tr",
}
"""Pairs met in a badly read plan and in Tesseract's readings of worn type."""


@dataclass(frozen=True)
class Noise:
    """Chances that a marked letter loses its marks, and that a letter or digit is taken for one that looks alike."""

    marks: float
    swaps: float


CLEAN, LIGHT, HEAVY = Noise(0, 0), Noise(0.05, 0.01), Noise(0.5, 0.02)


def misread(word: str, noise: Noise, chance: random.Random) -> str:
    return "".join(_letter(letter, noise, chance) for letter in word)


def _letter(letter: str, noise: Noise, chance: random.Random) -> str:
    bare = fold(letter)
    if letter.isalpha() and bare != letter.lower() and chance.random() < noise.marks:
        return bare.upper() if letter.isupper() else bare
    if letter in LOOKALIKES and chance.random() < noise.swaps:
        return LOOKALIKES[letter]
    return letter

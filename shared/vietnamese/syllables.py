"""Cut text into syllables, the unit that Vietnamese writes with spaces around and search compares."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from shared.vietnamese.folding import MARKS, fold, normalise

# Hán and Nôm are written without spaces: each ideograph is a syllable of its own.
IDEOGRAPHS = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"

_SYLLABLE = re.compile(f"[{IDEOGRAPHS}]|(?:(?![{IDEOGRAPHS}])[^\\W_])(?:(?![{IDEOGRAPHS}])[^\\W_]|[{MARKS}])*")


class Syllable(NamedTuple):
    """One syllable of a text: `text[start:end]`, its tone-bearing form and its folded form."""

    start: int
    end: int
    exact: str
    folded: str


@lru_cache(maxsize=65_536)
def _forms(word: str) -> tuple[str, str]:
    return normalise(word), fold(word)


def syllables(text: str) -> Iterator[Syllable]:
    """Yield the syllables in order: runs of letters and digits with their marks; offsets are code points of `text`."""
    for found in _SYLLABLE.finditer(text):
        yield Syllable(*found.span(), *_forms(found[0]))

"""Finds known phrases in what was read, though marks are lost and letters swapped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from services.ocr.description.lines import Line, Token, evidence
from services.ocr.description.terms import rules
from shared.events.draft import Finding
from shared.vietnamese import fold

UNKNOWN = "[?]"
"""Something stands there that cannot be written: a person looks."""
_OTHER = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Span:
    """tokens[start:end] of a sequence, and how alike they are to what was looked for (0 to 1)."""

    start: int
    end: int
    alike: float


@lru_cache(maxsize=65_536)
def letters(text: str) -> str:
    """Folded, letters and digits only: a word that was read in two pieces is the same."""
    return _OTHER.sub("", fold(text))


class _Plain(dict[int, str]):
    """Folds a character and keeps punctuation; one character for each, so that positions agree."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        self[code] = (fold(character) or character)[:1] if character.isalnum() else character
        return self[code]


_PLAIN = _Plain()


def plain(text: str) -> str:
    """Folded character by character; expects NFC."""
    return text.translate(_PLAIN)


def alike(read: str, phrase: str) -> float:
    """0 to 1, of letters only."""
    return fuzz.ratio(letters(read), letters(phrase)) / 100


def best(read: str, phrases: Iterable[str], least: float | None = None) -> str | None:
    """The phrase most like what was read; None where none is like enough."""
    least = rules().similarity if least is None else least
    found = max(phrases, key=lambda phrase: alike(read, phrase), default=None)
    return found if found is not None and alike(read, found) >= least else None


def find(tokens: Sequence[Token], phrase: str, least: float | None = None) -> Span | None:
    """The best place of the phrase among the tokens; a word more or less is allowed for words cut or run together."""
    least = rules().similarity if least is None else least
    count = len([word for word in phrase.split() if letters(word)])
    found: Span | None = None
    for start in range(len(tokens)):
        for end in range(start + max(1, count // 2), min(len(tokens), start + count + 3) + 1):
            read = "".join(letters(token.text) for token in tokens[start:end])
            similarity = fuzz.ratio(read, letters(phrase), score_cutoff=100 * least) / 100
            if similarity > (found.alike if found else 0) and similarity >= least:
                found = Span(start, end, similarity)
    return found


def begins(read: str, phrases: Iterable[str], least: float | None = None) -> str | None:
    """The longest phrase that the text begins with."""
    words = [word for word in read.split() if letters(word)]
    for phrase in sorted(phrases, key=len, reverse=True):
        count = len([word for word in phrase.split() if letters(word)])
        if len(words) >= count and best(" ".join(words[:count]), [phrase], least):
            return phrase
    return None


def finding(value: str, rule: str, tokens: Sequence[Token], alike: float = 1.0) -> Finding:
    """The value with the tokens it was read from; as sure as its rule is, less what was misread."""
    return Finding(
        value=value[:10_000] or UNKNOWN,
        confidence=round(rules().sure(rule) * alike, 2),
        rule=rule,
        evidence=evidence(tokens),
    )


def tokens_of(lines: Iterable[Line]) -> list[Token]:
    return [token for line in lines for token in line.tokens]

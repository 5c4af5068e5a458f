"""A summary out of the document's own sentences: the first that say most of what the whole repeats."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from services.ocr.description.lines import Line, Token
from services.ocr.description.matching import finding
from shared.events.draft import Finding
from shared.vietnamese import syllables

SENTENCES = 3
FROM_FIRST = 40
"""Sentences looked at: what a document is about is said early."""
EARLY = 2
"""Place at which a sentence counts half as much as the first for being early."""
LEAST_WORDS, MOST_WORDS = 10, 70
PREAMBLE = re.compile(r"^(?:can cu|xet|kinh gui|theo de nghi|noi nhan|thuc hien (?:quyet dinh|nghi quyet|ke hoach))\b")
ENDS = (".", "!", "?", "./.", ";")


def summary_of(pages: Sequence[Sequence[Line]]) -> Finding | None:
    """Up to three sentences in their order; None for a text without sentences."""
    found = [tokens for lines in pages for tokens in sentences(lines)]
    first = found[:FROM_FIRST]
    common = _common(found)
    shared = [_shared(tokens, common) for tokens in first]
    most = max(shared, default=0) or 1.0
    weights = [value / most + EARLY / (EARLY + place) for place, value in enumerate(shared)]
    best = sorted(range(len(first)), key=lambda at: -weights[at])[:SENTENCES]
    tokens = [token for at in sorted(best) for token in first[at]]
    text = " ".join(token.text for token in tokens)
    return finding(text, "leading-sentences", tokens) if tokens else None


def sentences(lines: Sequence[Line]) -> Iterator[list[Token]]:
    """Runs of tokens up to a full stop, within paragraphs, that read like prose."""
    sentence: list[Token] = []
    for line in lines:
        if line.apart or line.capitals > 0.7:
            sentence = []
        if line.capitals > 0.7:
            continue
        for token in line.tokens:
            sentence.append(token)
            if token.text.endswith(ENDS) and len(token.text) > 2:
                if _prose(sentence):
                    yield sentence
                sentence = []


def _prose(sentence: Sequence[Token]) -> bool:
    words = [syllable.folded for token in sentence for syllable in syllables(token.text)]
    large = sentence[0].text[:1].isupper() or sentence[0].text in {"-", "–"}
    return large and LEAST_WORDS <= len(words) <= MOST_WORDS and not PREAMBLE.match(" ".join(words))


def pairs(sentence: Sequence[Token]) -> list[tuple[str, str]]:
    """Neighbouring syllables: most Vietnamese words have two."""
    words = [syllable.folded for token in sentence for syllable in syllables(token.text)]
    return list(pairwise(words))


def _common(found: Sequence[Sequence[Token]]) -> Counter[tuple[str, str]]:
    return Counter(pair for tokens in found for pair in set(pairs(tokens)))


def _shared(sentence: Sequence[Token], common: Counter[tuple[str, str]]) -> float:
    """How many other sentences say what it says, for each of its words."""
    own = pairs(sentence)
    return sum(common[pair] - 1 for pair in own) / len(own) if own else 0.0

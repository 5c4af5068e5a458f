"""Which language a text is in: Vietnamese by its spelling, French and English by their commonest words."""

import re
from collections import Counter

from services.ocr.spelling.words import FOREIGN_SHARE, FUNCTION_WORDS
from shared.vietnamese.orthography import is_accented, is_syllable

WORD = re.compile(r"[^\W\d_]+")
LEAST_WORDS = 4
MOSTLY_MARKED = 0.3
"""Share of words with marks that only Vietnamese can have there; its own text has 0.87, others under 0.1."""


def language_of(text: str) -> str:
    """ISO 639-1: vi, fr or en; vi where the text is too short to tell, "" where there is none."""
    words = WORD.findall(text.lower())
    if not words:
        return ""
    if len(words) < LEAST_WORDS or marked_share(text) > MOSTLY_MARKED:
        return "vi"
    hits = Counter({language: sum(word in known for word in words) for language, known in FUNCTION_WORDS.items()})
    language, most = hits.most_common(1)[0]
    return language if most >= FOREIGN_SHARE * len(words) else "vi"


def marked_share(text: str) -> float:
    """Share of words that carry marks as a Vietnamese syllable can."""
    words = WORD.findall(text.lower())
    return sum(is_accented(word) and is_syllable(word) for word in words) / len(words) if words else 0.0

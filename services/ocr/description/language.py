"""In which language a document is written: by its script and its function words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import yaml

from services.ocr.description.page import DraftPage
from shared.events.draft import Evidence, Finding
from shared.vietnamese.syllables import IDEOGRAPHS

IDEOGRAPH = re.compile(f"[{IDEOGRAPHS}]")
VIETNAMESE = re.compile("[ăâđêôơưĂÂĐÊÔƠƯ\u1ea0-\u1ef9]")
"""Letters that of these languages only Vietnamese has (French shares â, ê and ô, so they count for little alone)."""
MARKED_SHARE = 0.06
HAN_SHARE = 0.3


@cache
def function_words() -> dict[str, frozenset[str]]:
    table = yaml.safe_load(Path(__file__).with_name("language.yaml").read_text("utf-8"))
    return {language: frozenset(words) for language, words in table.items()}


def language_of(pages: Sequence[DraftPage]) -> Finding | None:
    """vi, fr, en or zh (Hán-Nôm); None where there is no text."""
    text = " ".join(page.text for page in pages)
    letters = sum(character.isalpha() for character in text)
    if not letters:
        return None
    if len(IDEOGRAPH.findall(text)) > HAN_SHARE * letters:
        return _finding("zh", 0.9, "script", pages)
    if len(VIETNAMESE.findall(text)) > MARKED_SHARE * letters:
        return _finding("vi", 0.99, "letters", pages)
    return _by_words(text, pages)


def _by_words(text: str, pages: Sequence[DraftPage]) -> Finding | None:
    words = Counter(text.lower().split())
    counts = {language: sum(words[word] for word in known) for language, known in function_words().items()}
    language = max(counts, key=counts.__getitem__)
    if not counts[language]:
        return None
    return _finding(language, 0.5 + 0.45 * counts[language] / sum(counts.values()), "function-words", pages)


def _finding(value: str, confidence: float, rule: str, pages: Sequence[DraftPage]) -> Finding:
    page = max(pages, key=lambda page: len(page.text))
    quote = " ".join(page.text.split()[:20])
    return Finding(
        value=value,
        confidence=round(confidence, 2),
        rule=f"language-by-{rule}",
        evidence=(Evidence(page=page.number, quote=quote[:10_000]),),
    )

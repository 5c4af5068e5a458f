"""What can be seen of a reading's quality without knowing the truth: numbers by name, mostly 0 where all is well."""

import math
import unicodedata
from collections.abc import Sequence

from services.ocr.reading.engine import PageReading, Word
from services.ocr.reading.measures import PageMeasures
from services.ocr.trust.spelling import Judged, judge

Signals = dict[str, float]

USUAL = frozenset(".,;:!?()[]\"'“”‘’«»…–—-/%&+=*•°")
INK_OF_A_WORD = 0.2
"""Share of a word's box that is ink, about; makes the ink outside of words comparable with that inside."""
LEAST_INK = 1e-4
LOWEST_SHARE = 0.1
"""The tenth of the letters that the engine was least sure of."""


def text_signals(text: str) -> Signals:
    """odd: share of letters in words nobody spells so. bare: share of Vietnamese words without marks.
    symbols: share of characters that text seldom has. scraps: share of tokens of one letter that is no word.
    brevity: 1 without letters, less the more there are, as the shares of a short text say little.
    """
    text = unicodedata.normalize("NFC", text)
    judged = list(judge(text))
    letters = sum(token.letters for token in judged)
    written = [character for character in text if not character.isspace()]
    vietnamese = [token for token in judged if token.verdict in {"vietnamese", "odd"} and token.letters]
    return {
        "odd": share(sum(weight(token) for token in judged if token.verdict == "odd"), sum(map(weight, judged))),
        "bare": share(sum(not token.accented for token in vietnamese), len(vietnamese)),
        "symbols": share(sum(not usual(character) for character in written), len(written)),
        "scraps": share(sum(is_scrap(token) for token in judged), len(judged)),
        "brevity": 1 / math.sqrt(1 + letters),
    }


def weight(token: Judged) -> int:
    return max(1, len(token.text))


def usual(character: str) -> bool:
    return character.isalnum() or character in USUAL


def is_scrap(token: Judged) -> bool:
    return len(token.text) == 1 and token.verdict == "odd"


def word_signals(words: Sequence[Word]) -> Signals:
    """unsure: mean distance of the confidence from 100. least_sure: the same of the least sure tenth of the letters.
    doubted: share of letters in words under 70. spread: how far the tallest tenth of the words is above the median.
    """
    weighed = sorted((word.confidence / 100, len(word.text)) for word in words)
    letters = sum(length for _, length in weighed)
    heights = sorted(word.height for word in words)
    return {
        "unsure": 1 - share(sum(certainty * length for certainty, length in weighed), letters, empty=0.0),
        "least_sure": 1 - quantile(weighed, LOWEST_SHARE * letters),
        "doubted": share(sum(length for certainty, length in weighed if certainty < 0.7), letters, empty=1.0),
        "spread": heights[len(heights) * 9 // 10] / max(1, heights[len(heights) // 2]) - 1 if heights else 0.0,
    }


def quantile(weighed: list[tuple[float, int]], at: float) -> float:
    passed = 0
    for certainty, length in weighed:
        passed += length
        if passed >= at:
            return certainty
    return 0.0


def ink_signals(reading: PageReading) -> Signals:
    """unread: how much more ink the page has than its words would (logarithm).
    letters_misfit: how far the words' height is from that of the letters seen (logarithm).
    """
    measures = reading.measures
    page = reading.width * reading.height
    boxed = sum(word.width * word.height for word in reading.words) / page if page else 0.0
    heights = sorted(word.height for word in reading.words)
    median = heights[len(heights) // 2] if heights else 0
    return {
        "unread": math.log((measures.ink + LEAST_INK) / (boxed * INK_OF_A_WORD + LEAST_INK)),
        "letters_misfit": abs(math.log(median / measures.letter)) if median and measures.letter else 1.0,
    }


def image_signals(measures: PageMeasures) -> Signals:
    """faint: how far the contrast is from full. grain, blur: as measured, with diminishing weight.
    coarse: 300 dpi over the page's own resolution (logarithm). specks, show_through: shares, scaled to 1.
    """
    return {
        "faint": 1 - min(1.0, measures.contrast / 200),
        "grain": math.log1p(measures.grain),
        "blur": math.log1p(measures.blur),
        "specks": min(1.0, 20 * measures.specks),
        "show_through": min(1.0, 5 * measures.show_through),
        "coarse": math.log(300 / max(30, measures.dpi)),
    }


def page_signals(reading: PageReading) -> Signals:
    """All of them; `disagreement` only where there was a second pass."""
    second = {} if reading.second_pass is None else {"disagreement": 1 - reading.second_pass}
    return {
        **text_signals(reading.text),
        **word_signals(reading.words),
        **ink_signals(reading),
        **image_signals(reading.measures),
        **second,
    }


def share(part: float, whole: float, *, empty: float = 0.0) -> float:
    return part / whole if whole else empty

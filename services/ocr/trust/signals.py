"""What can be seen of a reading's quality without knowing the truth: numbers by name, mostly 0 where all is well."""

import math
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from services.ocr.reading.engine import PageReading, Word
from services.ocr.reading.measures import PageMeasures
from services.ocr.spelling.words import Judged, judge

Signals = dict[str, float]

USUAL = frozenset(".,;:!?()[]\"'“”‘’«»…–—-/%&+=*#•°")
INK_OF_A_WORD = 0.2
"""Share of a word's box that is ink, about; makes the ink outside of words comparable with that inside."""
LEAST_INK = 1e-4
ROW_SKIPPED = 1.6
HOLE = 2.5
"""Heights of a word: a wider blank inside a row is no blank between words."""
LOWEST_SHARE = 0.1
"""The tenth of the letters that the engine was least sure of."""


def text_signals(text: str) -> Signals:
    """odd: share of letters in words nobody spells so. bare: share of words, Vietnamese but without a mark.
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
        "bare": share(sum(not token.accented for token in vietnamese), sum(token.letters > 0 for token in judged)),
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


def row_signals(words: Sequence[Word]) -> Signals:
    """missing_rows: share of the height of a column of text where rows are missing. hollow: share of the rows' width
    where words are missing. ragged: how much shorter the rows are than the longest tenth of them.

    All find text that a stain or a shadow has swallowed; tables, titles and verse have some of each.
    """
    rows = [list(row) for _, row in groupby(words, key=lambda word: word.line)]
    tops = [min(word.y for word in row) for row in rows]
    steps = [
        below - above
        for (one, above), (other, below) in pairwise(zip(rows, tops, strict=True))
        if below > above and overlap(one, other)
    ]
    usual = sorted(steps)[len(steps) // 2] if steps else 0
    holes = [hole for row in rows for hole in holes_of(row)]
    widths = sorted(max(word.x + word.width for word in row) - min(word.x for word in row) for row in rows)
    full = widths[len(widths) * 9 // 10] * len(widths) if widths else 0
    return {
        "missing_rows": share(sum(step - usual for step in steps if step > ROW_SKIPPED * usual), sum(steps)),
        "hollow": share(sum(holes), sum(widths)),
        "ragged": 1 - share(min(sum(widths), full), full, empty=1.0),
    }


def overlap(one: Sequence[Word], other: Sequence[Word]) -> bool:
    left = max(min(word.x for word in row) for row in (one, other))
    right = min(max(word.x + word.width for word in row) for row in (one, other))
    return left < right


def holes_of(row: Sequence[Word]) -> Iterator[int]:
    for word, following in pairwise(row):
        hole = following.x - word.x - word.width
        if hole > HOLE * max(word.height, following.height):
            yield hole


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
    coarse: 300 dpi over the page's own resolution (logarithm). specks, show_through, dark: shares, scaled to 1.
    uneven: spread of the paper's lightness, 1 from white to black.
    """
    return {
        "faint": 1 - min(1.0, measures.contrast / 200),
        "grain": math.log1p(measures.grain),
        "blur": math.log1p(measures.blur),
        "specks": min(1.0, 20 * measures.specks),
        "dark": min(1.0, 3 * measures.border),
        "uneven": measures.unevenness / 255,
        "show_through": min(1.0, 5 * measures.show_through),
        "coarse": math.log(300 / max(30, measures.dpi)),
    }


def page_signals(reading: PageReading) -> Signals:
    """All of them. disagreement: of a second pass with the first, 0 where the first left no doubt."""
    disagreement = 0.0 if reading.second_pass is None else 1 - reading.second_pass
    return {
        **text_signals(reading.text),
        **word_signals(reading.words),
        **row_signals(reading.words),
        **ink_signals(reading),
        **image_signals(reading.measures),
        "disagreement": disagreement,
    }


def share(part: float, whole: float, *, empty: float = 0.0) -> float:
    return part / whole if whole else empty

"""Puts marks back on their line: where the engine took a row of tones and hooks for a line of its own."""

import statistics
from collections.abc import Sequence
from itertools import groupby

from services.ocr.reading.engine import loaded, mean_confidence, recognise_line
from services.ocr.reading.limits import MARKS
from services.ocr.reading.preparation import PreparedPage
from services.ocr.reading.word import Word, bounds

Line = list[Word]
AUTHORS = frozenset("-–—•*+.…_")


def with_marks(page: PreparedPage, words: Sequence[Word], model: str) -> tuple[Word, ...]:
    """The same words without lines of lone marks; the line under each is read again together with them."""
    lines = [list(line) for _, line in groupby(words, key=lambda word: word.line)]
    height = statistics.median(word.height for word in words) if words else 0.0
    lone = [line for line in lines if is_lone_marks(line, height)]
    for marks in lone:
        below = line_below(marks, [line for line in lines if line not in lone])
        if below is None:
            continue
        lines[lines.index(below)] = reread(page, marks, below, model)
        lines.remove(marks)
    return tuple(word for line in lines for word in line)


def is_lone_marks(line: Line, height: float) -> bool:
    """Low, without a word, and not a row of dashes or dots, which may be the author's."""
    low = max(word.height for word in line) < MARKS.low * height
    wordless = all(sum(map(str.isalnum, word.text)) < MARKS.letters for word in line)
    return low and wordless and bool(set("".join(word.text for word in line)) - AUTHORS)


def line_below(marks: Line, lines: list[Line]) -> Line | None:
    """The line whose letters begin before the marks end: lines of their own keep apart."""
    x, y, width, height = bounds(marks)
    for line in lines:
        left, top, breadth, depth = bounds(line)
        beside = left < x + width and x < left + breadth
        shared = min(y + height, top + depth) - max(y, top)
        if beside and depth > height and shared > MARKS.shared * height:
            return line
    return None


def reread(page: PreparedPage, marks: Line, below: Line, model: str) -> Line:
    """By the same model, kept where it is as sure as it was without the marks."""
    x, y, width, height = bounds([*marks, *below])
    room = height // 8
    left, top = max(0, x - room), max(0, y - room)
    part = page.pixels[top : y + height + room, left : x + width + room]
    place = {"block": below[0].block, "line": below[0].line}
    again = [
        word.model_copy(update={**place, "x": word.x + left, "y": word.y + top})
        for word in recognise_line(loaded(model), part, page.dpi)
    ]
    return again if again and mean_confidence(again) >= mean_confidence(below) else below

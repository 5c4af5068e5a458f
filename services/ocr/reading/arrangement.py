"""From the engine's words on straightened sheets to words, regions and text of the page as it was given, in order."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.ocr.reading.engine import Region
from services.ocr.reading.kinds import RegionKind
from services.ocr.reading.preparation import Affine, PreparedPage
from services.ocr.reading.regions import CELL, Paragraph, paragraphs_of
from services.ocr.reading.word import Box, Word, bounds

PARAGRAPH_BREAK = "\n\n"


@dataclass(frozen=True, slots=True)
class Part:
    """One region: its lines, each of cells, each of places in the page's words."""

    kind: RegionKind
    lines: tuple[tuple[tuple[int, ...], ...], ...]

    @property
    def places(self) -> tuple[int, ...]:
        return tuple(place for line in self.lines for cell in line for place in cell)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The page's words in reading order, boxes on the page as it was given, and its parts."""

    words: tuple[Word, ...]
    parts: tuple[Part, ...]

    @property
    def regions(self) -> tuple[Region, ...]:
        return tuple(region(part, self.words) for part in self.parts)

    def text(self, words: Sequence[Word]) -> str:
        """What these words say, laid out as this page: parts by empty lines, cells of a table by tabs."""
        return PARAGRAPH_BREAK.join(part_text(part, words) for part in self.parts)


def region(part: Part, words: Sequence[Word]) -> Region:
    x, y, width, height = bounds([words[place] for place in part.places])
    return Region(kind=part.kind, x=x, y=y, width=width, height=height, words=part.places)


def part_text(part: Part, words: Sequence[Word]) -> str:
    between = CELL if part.kind == "table" else " "
    return "\n".join(
        between.join(" ".join(words[place].text for place in cell) for cell in line) for line in part.lines
    )


def arrange(sheets: Sequence[tuple[Sequence[Word], PreparedPage, int]], scale: float) -> Arrangement:
    """Sheets in their order, each: words with boxes on the prepared page, that page, its left edge in the image.

    scale: pixels of the image per pixel of the page as it was given.
    """
    words: list[Word] = []
    parts: list[Part] = []
    line = 0
    for found, page, left in sheets:
        height, width = page.pixels.shape
        to_page = np.diag([1 / scale, 1 / scale, 1]) @ shifted(left) @ page.to_original
        for paragraph in paragraphs_of(found, width, height):
            part = numbered(paragraph, len(words))
            parts.append(part)
            for row in paragraph.rows:
                line += 1
                members = [found[place] for segment in row for place in segment.places]
                words += [placed(word, to_page, len(parts), line) for word in members]
    return Arrangement(tuple(words), tuple(parts))


def numbered(paragraph: Paragraph, start: int) -> Part:
    """The same part with places counted on the whole page."""
    lines, place = [], start
    for row in paragraph.rows:
        cells = []
        for segment in row:
            cells.append(tuple(range(place, place + len(segment.places))))
            place += len(segment.places)
        lines.append(tuple(cells))
    return Part(paragraph.kind, tuple(lines))


def placed(word: Word, to_page: Affine, block: int, line: int) -> Word:
    x, y, width, height = mapped_box(word.box, to_page)
    place = {"x": x, "y": y, "width": width, "height": height, "block": block, "line": line}
    return word.model_copy(update=place)


def shifted(left: int) -> Affine:
    return np.array([[1, 0, left], [0, 1, 0], [0, 0, 1]], np.float64)


def mapped_box(box: Box, to_page: Affine) -> Box:
    """The upright box around a box after the mapping."""
    x, y, width, height = box
    corners = to_page @ np.array(
        [[x, x + width, x, x + width], [y, y, y + height, y + height], [1, 1, 1, 1]], np.float64
    )
    left, top = (max(0, round(value)) for value in corners[:2].min(axis=1))
    right, bottom = (round(value) for value in corners[:2].max(axis=1))
    return left, top, max(1, right - left), max(1, bottom - top)

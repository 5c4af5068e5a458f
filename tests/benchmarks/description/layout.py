"""Sets a page's words on A4 at 300 dpi: the boxes an engine would find, and the text in two reading orders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from PIL import Image, ImageDraw

from deploy.local.samples.drawing import DPI, PAGE_SIZE, Font, load_font
from services.ocr.description.page import WordRow

LEFT, RIGHT, TOP = 354, PAGE_SIZE[0] - 236, 260
"""Margins of Nghị định 30/2020/NĐ-CP: 30 mm left, 20 mm right."""
LEADING = 1.45


@dataclass(frozen=True)
class Setting:
    """A line as it is set: words with the place of each, in one column (0 left or whole page, 1 right)."""

    words: tuple[WordRow, ...]
    font: Font
    column: int
    band: int


@dataclass
class Sheet:
    """A page being set from the top. Lines of one band stand side by side."""

    family: str = "DejaVuSerif"
    y: float = TOP
    band: int = 0
    lines: list[Setting] = field(default_factory=list)

    def font(self, points: float, *, bold: bool = False) -> Font:
        return load_font(f"{self.family}-Bold" if bold else self.family, points)

    def centred(self, text: str, points: float, *, bold: bool = False, left: int = LEFT, right: int = RIGHT) -> None:
        """Wrapped where it is too long; the sheet moves down."""
        font = self.font(points, bold=bold)
        for words in wrapped(text.split(), font, right - left):
            self._put(words, (left + right - font.getlength(" ".join(words))) / 2, font, column=0)
            self.y += font.size * LEADING
            self.band += 1

    def paragraph(self, text: str, points: float = 11) -> None:
        """Justified, its first line indented by 12 mm."""
        font = self.font(points)
        indent = 142
        for words in wrapped(text.split(), font, RIGHT - LEFT - indent):
            self._put(words, LEFT + indent, font, column=0)
            self.y += font.size * LEADING
            self.band += 1
            indent = 0
        self.y += font.size * 0.4

    def side_by_side(
        self, left: Sequence[str], right: Sequence[str], points: float, *, middle: int, bold: bool = True
    ) -> None:
        """Two columns, each line centred in its own; an empty line keeps its place."""
        font = self.font(points, bold=bold)
        for index in range(max(len(left), len(right))):
            for column, (lines, start, end) in enumerate([(left, LEFT - 120, middle), (right, middle, RIGHT + 60)]):
                words = lines[index].split() if index < len(lines) else []
                width = font.getlength(" ".join(words))
                self._put(words, (start + end - width) / 2, font, column=column)
            self.y += font.size * LEADING
            self.band += 1

    def space(self, lines: float) -> None:
        self.y += lines * 60

    def _put(self, words: Sequence[str], x: float, font: Font, *, column: int) -> None:
        placed = []
        for word in words:
            left, top, right, bottom = font.getbbox(word)
            box = (round(x + left), round(self.y + top), max(1, round(right - left)), max(1, round(bottom - top)))
            placed.append(WordRow(word, *box, 95.0))
            x += font.getlength(word + " ")
        if placed:
            self.lines.append(Setting(tuple(placed), font, column, self.band))


def wrapped(words: Sequence[str], font: Font, width: float) -> Iterator[list[str]]:
    line: list[str] = []
    for word in words:
        if line and font.getlength(" ".join([*line, word])) > width:
            yield line
            line = []
        line.append(word)
    if line:
        yield line


def image_of(sheet: Sheet) -> Image.Image:
    """The page drawn, grey."""
    page = Image.new("L", PAGE_SIZE, 255)
    draw = ImageDraw.Draw(page)
    for line in sheet.lines:
        for word in line.words:
            left, top, _, _ = line.font.getbbox(word.text)
            draw.text((word.x - left, word.y - top), word.text, font=line.font, fill=0)
    page.info["dpi"] = (DPI, DPI)
    return page

"""Draws Vietnamese text as an A4 page, as a printer would have set it."""

import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

DPI = 300
PAGE_SIZE = (2480, 3508)
MARGIN = 290
GUTTER = 110
LEADING = 1.5
FONTS = Path("/usr/share/fonts/truetype/dejavu")
UNASSIGNED = "\uffff"

Font = ImageFont.FreeTypeFont


class FontLacksLetters(RuntimeError):
    """Drawing would silently put boxes in place of letters."""


@cache
def load_font(name: str, points: float) -> Font:
    """A DejaVu font (Debian's fonts-dejavu-core), e.g. "DejaVuSerif-Bold"."""
    return ImageFont.truetype(FONTS / f"{name}.ttf", round(points * DPI / 72))


def require_letters(font: Font, text: str) -> None:
    """Raises FontLacksLetters unless the font draws each letter of the text as something of its own."""
    box = bytes(font.getmask(UNASSIGNED))
    missing = {letter for letter in set(text) if not letter.isspace() and bytes(font.getmask(letter)) == box}
    if missing:
        raise FontLacksLetters(f"{font.getname()} lacks {''.join(sorted(missing))}")


def draw_page(text: str, *, family: str = "DejaVuSerif", points: float = 12, columns: int = 1) -> Image.Image:
    """Grey, 300 dpi: the first paragraph is the heading across the page, the others stand in columns.

    Raises FontLacksLetters; ValueError where the text overflows the page.
    """
    heading, *paragraphs = unicodedata.normalize("NFC", text).split("\n\n")
    heading_font, body = load_font(f"{family}-Bold", points * 1.4), load_font(family, points)
    for font in (heading_font, body):
        require_letters(font, text)
    page = Image.new("L", PAGE_SIZE, 255)
    pen = ImageDraw.Draw(page)
    top = MARGIN
    for line in heading.split("\n"):
        pen.text((PAGE_SIZE[0] / 2, top), line, fill=20, font=heading_font, anchor="ma")
        top += round(heading_font.size * LEADING)
    width = (PAGE_SIZE[0] - 2 * MARGIN - (columns - 1) * GUTTER) // columns
    rows = [row for paragraph in paragraphs for row in [*wrap(paragraph, body, width), ""]]
    rows_each = -(-len(rows) // columns)
    for index, row in enumerate(rows):
        column, place = divmod(index, rows_each)
        x, y = MARGIN + column * (width + GUTTER), top + body.size + place * round(body.size * LEADING)
        if y > PAGE_SIZE[1] - MARGIN:
            raise ValueError(f"the text does not fit the page: {heading}")
        pen.text((x, y), row, fill=20, font=body)
    return page


def wrap(paragraph: str, font: Font, width: int) -> Iterator[str]:
    """Lines no wider than `width` pixels, broken between words."""
    line = ""
    for word in paragraph.split():
        longer = f"{line} {word}".strip()
        if line and font.getlength(longer) > width:
            yield line
            longer = word
        line = longer
    yield line


def capacity(font: Font) -> int:
    """Body rows that fit a page of one column below a one-line heading, with some to spare."""
    return (PAGE_SIZE[1] - 2 * MARGIN) // round(font.size * LEADING) - 4

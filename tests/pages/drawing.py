"""Puts words on a sheet of paper, 300 dpi, black on white, and remembers them in reading order."""

from collections.abc import Iterator

from PIL import Image, ImageDraw

from tests.pages.fonts import Font

DPI = 300
A4 = (2480, 3508)
A5 = (1748, 2480)


class Sheet:
    """A white page; `column` gives places to write."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.image = Image.new("L", size, 255)
        self.ink = ImageDraw.Draw(self.image)


class Column:
    """A rectangle of a sheet, filled from the top; `lines` is what was written, an empty one between paragraphs."""

    def __init__(self, sheet: Sheet, corner: tuple[int, int], width: int, bottom: int, spacing: float) -> None:
        self.sheet, self.width, self.bottom, self.spacing = sheet, width, bottom, spacing
        self.x, self.y = corner
        self.lines: list[str] = []

    @property
    def text(self) -> str:
        return "\n".join(self.lines).strip()

    def fits(self, font: Font, rows: int = 1) -> bool:
        return self.y + rows * self.pitch(font) <= self.bottom

    def pitch(self, font: Font) -> int:
        return round(font.size * self.spacing)

    def skip(self, pixels: int) -> None:
        self.y += pixels
        self.lines.append("")

    def paragraph(self, text: str, font: Font, *, indent: int = 0, justified: bool = False) -> None:
        """Written as far as the column goes: what does not fit is neither drawn nor remembered."""
        rows = list(wrapped(text, font, self.width, indent))
        for number, row in enumerate(rows):
            if not self.fits(font):
                return
            start = indent if number == 0 else 0
            stretched = justified and number < len(rows) - 1
            self.row(row, font, x=self.x + start, width=self.width - start if stretched else None)
        self.lines.append("")

    def centred(self, text: str, font: Font) -> None:
        for row in wrapped(text, font, self.width):
            self.row(row, font, x=self.x + round((self.width - font.getlength(row)) / 2))

    def row(self, text: str, font: Font, *, x: int, width: int | None = None) -> None:
        """One row; `width` stretches its blanks."""
        words = text.split()
        blank = font.getlength(" ")
        if width is not None and len(words) > 1:
            blank = (width - sum(font.getlength(word) for word in words)) / (len(words) - 1)
        at: float = x
        for word in words:
            self.sheet.ink.text((round(at), self.y), word, fill=0, font=font)
            at += font.getlength(word) + blank
        self.lines.append(text)
        self.y += self.pitch(font)


def wrapped(text: str, font: Font, width: int, indent: int = 0) -> Iterator[str]:
    row = ""
    for word in text.split():
        longer = f"{row} {word}".lstrip()
        if row and font.getlength(longer) > width - indent:
            yield row
            row, indent = word, 0
        else:
            row = longer
    yield row

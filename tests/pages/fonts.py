"""Fonts that can write Vietnamese; a font that lacks letters draws boxes and says nothing, so coverage is proved."""

import itertools
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fontTools.ttLib import TTFont
from PIL import ImageFont

FONTS = Path("/usr/share/fonts")
VOWELS = "aăâeêioôơuưy"
TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
OTHERS = "đàâæçéèêëîïôœùûüÿ«»–“”’;:,.!?()/0123456789"

Font = ImageFont.FreeTypeFont


class FontMissing(RuntimeError):
    """A font is not installed, or lacks letters: the text names the file."""


@dataclass(frozen=True)
class Face:
    """A family in one size (points at 300 dpi)."""

    regular: Font
    bold: Font
    italic: Font

    @property
    def size(self) -> int:
        return round(self.regular.size)


def vietnamese_letters() -> set[str]:
    small = {unicodedata.normalize("NFC", vowel + tone) for vowel, tone in itertools.product(VOWELS, TONES)}
    small |= set(OTHERS)
    return small | {letter.upper() for letter in small if len(letter.upper()) == 1}


@cache
def proven(path: str) -> Path:
    """The font's file. Raises FontMissing."""
    file = FONTS / path
    if not file.is_file():
        raise FontMissing(f"{file} is not installed: tests/debian-packages.txt names its package")
    with TTFont(file, lazy=True) as font:
        lacking = [letter for letter in vietnamese_letters() if ord(letter) not in font.getBestCmap()]
    if lacking:
        raise FontMissing(f"{file} lacks {' '.join(sorted(lacking))}")
    return file


@cache
def face(regular: str, bold: str, italic: str, points: float) -> Face:
    size = round(points * 300 / 72)
    return Face(*(sized(style, size) for style in (regular, bold, italic)))


def sized(path: str, size: int) -> Font:
    return ImageFont.truetype(str(proven(path)), size, layout_engine=ImageFont.Layout.BASIC)

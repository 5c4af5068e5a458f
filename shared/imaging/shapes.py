"""The shape of a document: how many pages, how large each is; and the limits it must keep."""

import math
from dataclasses import dataclass
from typing import Literal

from shared.imaging.faults import PageTooLarge

MediaType = Literal["application/pdf", "image/tiff", "image/jpeg", "image/png"]

READING_DPI = 300
A4_LONG_SIDE_INCHES = 11.69
LOWEST_PDF_DPI = 72
LONGEST_SIDE = 32_000
"""Tesseract holds coordinates in 16 bits: a longer image is refused by it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What one file may ask of us.

    pages: at most so many in a file.
    image_pixels: larger raster pages are refused; 80 Mpx holds A3 at 600 dpi.
    rendered_pixels: a page is read at no more than this; PDF pages are drawn, larger images reduced, to fit.
    """

    pages: int = 2_000
    image_pixels: int = 80_000_000
    rendered_pixels: int = 40_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class PageShape:
    """One page: number from 1, pixels as seen upright (a PDF's page: as drawn for reading), dots per inch."""

    number: int
    width: int
    height: int
    dpi: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DocumentShape:
    media_type: MediaType
    pages: tuple[PageShape, ...]


def pdf_page_shape(number: int, size_points: tuple[float, float], limits: Limits) -> PageShape:
    """The size a PDF page is drawn at: READING_DPI, or less where the paper is so large that the limits ask for it.

    Raises PageTooLarge when even LOWEST_PDF_DPI would not fit, or the paper has no area.
    """
    width, height = size_points[0] / 72, size_points[1] / 72
    if not (math.isfinite(width * height) and width * height > 0):
        raise PageTooLarge(page=number, width=str(width), height=str(height))
    fitting = min(math.sqrt(limits.rendered_pixels / (width * height)), LONGEST_SIDE / max(width, height))
    dpi = min(READING_DPI, math.floor(fitting))
    if dpi < LOWEST_PDF_DPI:
        raise PageTooLarge(page=number, width=round(width), height=round(height))
    return PageShape(number=number, width=max(1, round(width * dpi)), height=max(1, round(height * dpi)), dpi=dpi)


def plausible_dpi(declared: float, width: int, height: int) -> int:
    """The declared resolution if it makes a believable sheet (7 to 60 cm long), else what makes the page an A4.

    Phone cameras write 72 whatever they photograph, and many programs write nothing.
    """
    long_side = max(width, height)
    if declared > 0 and math.isfinite(declared) and 3 <= long_side / declared <= 24:
        return round(declared)
    return max(1, round(long_side / A4_LONG_SIDE_INCHES))

"""Which part of an image is one page of text, and which way up it is: spreads are split, turned pages stood upright."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.ocr.reading.measures import reduced
from services.ocr.reading.pages import Pixels

SPREAD_ASPECT = 1.15
"""Width over height from which an image may show two pages; a landscape sheet without a gutter stays whole."""
MIDDLE = (0.4, 0.6)
NARROWEST_GUTTER = 0.015
"""Share of the image's width; between the columns of one page it is less than half of that on each side."""
EMPTY = 0.12
"""Ink in a column of pixels of the gutter, as a share of what the page's columns have in the median."""
FOLD = 0.6
"""A column of pixels with more ink than this is the shadow of the fold or the edge of a leaf."""
LIKE_LINES = 1.5
"""How much more the columns than the rows look like lines of text before a turn by 90 degrees is tried."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A part of the page's image that holds one page of text: pixels, and where its left edge is in the image."""

    pixels: Pixels
    left: int


def sheets(grey: Pixels, dpi: int) -> tuple[Sheet, ...]:
    """The image itself, or the two pages of a spread, the left one first."""
    middle = gutter(grey, dpi)
    if middle is None:
        return (Sheet(grey, 0),)
    left, right = np.ascontiguousarray(grey[:, :middle]), np.ascontiguousarray(grey[:, middle:])
    return Sheet(left, 0), Sheet(right, middle)


def gutter(grey: Pixels, dpi: int) -> int | None:
    """Where two pages meet, in pixels from the left; None where there is one page."""
    height, width = grey.shape
    if width < SPREAD_ASPECT * height or height < 200:
        return None
    ink = reduced(grey, dpi).ink
    profile = ink[round(0.05 * len(ink)) : round(0.95 * len(ink))].mean(axis=0)
    columns = len(profile)
    typical = float(np.median(profile[profile > 0])) if profile.any() else 0.0
    free = (profile <= EMPTY * typical) | (profile >= FOLD)
    start, end = longest_run(free, round(MIDDLE[0] * columns), round(MIDDLE[1] * columns))
    if typical == 0 or end - start < NARROWEST_GUTTER * columns:
        return None
    return int((start + end) / 2 * width / columns)


def longest_run(flags: NDArray[np.bool_], first: int, last: int) -> tuple[int, int]:
    """Start and end (exclusive) of the longest run of true values between two places."""
    padded = np.concatenate([[False], flags[first:last], [False]]).astype(np.int8)
    starts, ends = np.flatnonzero(np.diff(padded) == 1), np.flatnonzero(np.diff(padded) == -1)
    if not len(starts):
        return first, first
    longest = int(np.argmax(ends - starts))
    return first + int(starts[longest]), first + int(ends[longest])


def turns_to_try(sideways: float) -> tuple[int, ...]:
    """Quarter turns, in degrees clockwise, that may stand the page upright; none where its lines lie level."""
    return (90, 270) if sideways > LIKE_LINES else ()


def turned(pixels: Pixels, degrees: int) -> Pixels:
    """Turned clockwise by a multiple of 90 degrees."""
    return np.ascontiguousarray(np.rot90(pixels, -degrees // 90))


def excerpt(grey: Pixels) -> Pixels:
    """A part of the page to try a reading on: the darkest of three squares down its middle."""
    height, width = grey.shape
    side = max(1, min(height, width) // 2)
    left = (width - side) // 2
    tops = {round((height - side) * part) for part in (0.25, 0.5, 0.75)}
    squares = [grey[top : top + side, left : left + side] for top in sorted(tops)]
    return np.ascontiguousarray(min(squares, key=lambda square: float(square.mean())))

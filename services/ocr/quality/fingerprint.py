"""Perceptual hash of a page (pHash: the signs of its lowest frequencies), to find a page scanned twice.

Source of the method: C. Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions (2010). Pages of
text look alike to the usual 64 bits, so there are 256; paper, margins and tilt, which differ from scan to scan, are
taken off first. No I/O.
"""

from __future__ import annotations

import cv2
import numpy as np

from services.ocr.reading.measures import paper_of
from services.ocr.reading.pages import Pixels
from services.ocr.reading.preparation import rotate, rotation, sharpness

WIDTH = 600
SIDE = 64
LOWEST = 16
BITS = LOWEST * LOWEST
BANDS = 16
"""Hashes that differ in fewer bits than there are bands share at least one band whole (pigeonhole); most that differ in
40 still do."""
FAINT, STRONG = 0.25, 0.6
"""Shares of the contrast below which a pixel is paper and above which it is ink."""
LEAST_CONTRAST = 24.0
LARGEST_TILT = 4.0
REACH = 9
LEAST_INK = 0.002
"""Share of the page; an emptier one looks like every other empty page."""


def fingerprint(grey: Pixels) -> str | None:
    """64 hexadecimal digits; None for a page with next to nothing on it."""
    height, width = grey.shape
    if min(height, width) < SIDE:
        return None
    size = (WIDTH, max(SIDE, round(height * WIDTH / width)))
    small = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
    depth = np.asarray(cv2.subtract(paper_of(small, REACH), small), np.float32)
    strongest = max(float(np.percentile(depth, 99.5)), LEAST_CONTRAST)
    ink = np.asarray(np.clip((depth / strongest - FAINT) / (STRONG - FAINT), 0, 1) * 255, np.uint8)
    if float((ink > 0).mean()) < LEAST_INK:
        return None
    return _hash(_cropped(rotate(ink, rotation(ink, _tilt(ink)))))


def distance(one: str, other: str) -> int:
    """Bits in which two fingerprints differ, 0 to 256; of different pages about 128."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def bands(hashed: str) -> list[str]:
    """Pieces to look a fingerprint up by: near-identical pages share at least one."""
    size = len(hashed) // BANDS
    return [f"{place:x}:{hashed[place * size : (place + 1) * size]}" for place in range(BANDS)]


def _tilt(ink: Pixels) -> float:
    """Degrees to turn by so that the rows of ink stand out most."""
    half = np.asarray(cv2.resize(ink, (ink.shape[1] // 2, ink.shape[0] // 2), interpolation=cv2.INTER_AREA), np.float32)
    return float(max(np.arange(-LARGEST_TILT, LARGEST_TILT + 0.01, 0.25), key=lambda angle: sharpness(half, angle)))


def _cropped(ink: Pixels) -> Pixels:
    """Without its margins: lines and columns that hold a hundredth of the ink are left out on each side."""
    top, bottom = _middle(ink.sum(axis=1, dtype=np.float64))
    left, right = _middle(ink.sum(axis=0, dtype=np.float64))
    return ink[top:bottom, left:right]


def _middle(profile: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[int, int]:
    share = np.cumsum(profile) / max(1.0, float(profile.sum()))
    first, last = np.searchsorted(share, [0.01, 0.99])
    return int(first), max(int(last) + 1, int(first) + 1)


def _hash(ink: Pixels) -> str:
    square = cv2.resize(ink, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    lowest = cv2.dct(square)[:LOWEST, :LOWEST].flatten()
    bits = lowest > np.median(lowest[1:])
    return np.packbits(bits).tobytes().hex()

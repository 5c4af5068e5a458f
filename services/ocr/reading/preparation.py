"""Makes a page easier to read for Tesseract. Each step says when it applies; a good page passes through untouched.

Limits and strengths of the steps come from measurements on Vietnamese pages (clean, scanned, yellowed, noisy, skewed,
blurred, bilevel, low resolution): Tesseract loses whole paragraphs on uneven paper and skewed lines.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from services.ocr.reading.pages import Pixels
from shared.imaging.shapes import READING_DPI

Affine = NDArray[np.float64]

LOW_DPI = 180
NOISY = 12
"""Mean distance of a pixel from the median of its 3x3 neighbourhood; a good scan has 1 to 4."""
WHITE_PAPER = 225
EVEN_PAPER = 14
"""Spread of the paper's lightness over the page, in grey levels; a good scan has under 8."""
SMALLEST_SKEW = 0.4
LARGEST_SKEW = 6.0
SKEW_WIDTH = 800
LARGEST_ASPECT = 10
"""A longer strip has too little text along or across to tell its skew."""


@dataclass(frozen=True, slots=True)
class PreparedPage:
    """pixels and dpi to read; to_original maps a point (x, y, 1) of them to the image given; steps: what was done."""

    pixels: Pixels
    dpi: int
    to_original: Affine
    steps: tuple[str, ...]


def prepare(grey: Pixels, dpi: int, most_pixels: int) -> PreparedPage:
    """Denoise, enlarge, whiten the paper, straighten: each only where the page needs it."""
    steps: list[str] = []
    pixels = grey
    bilevel = is_bilevel(grey)
    if bilevel:
        pixels = soften(pixels)
        steps.append("soften")
    elif noise(grey) > NOISY:
        pixels = as_pixels(cv2.medianBlur(pixels, 3))
        steps.append("median")
    scale = enlargement(pixels, dpi, most_pixels)
    if scale > 1:
        pixels = enlarge(pixels, scale)
        steps.append("enlarge")
    dpi = round(dpi * scale)
    if not bilevel and needs_whitening(pixels):
        pixels = whiten(pixels, dpi)
        steps.append("whiten")
    turn = np.eye(3)
    angle = skew(pixels)
    if abs(angle) >= SMALLEST_SKEW:
        turn = rotation(pixels, angle)
        pixels = rotate(pixels, turn)
        steps.append(f"deskew {angle:.1f}")
    to_original = np.diag([1 / scale, 1 / scale, 1]) @ np.linalg.inv(turn)
    return PreparedPage(pixels, dpi, to_original, tuple(steps))


def soften(grey: Pixels) -> Pixels:
    """The stairs at the edges of bilevel letters look like strokes to the model."""
    return as_pixels(cv2.GaussianBlur(grey, (0, 0), 0.8))


def is_bilevel(grey: Pixels) -> bool:
    return len(np.unique(grey[::7, ::7])) <= 4


def noise(grey: Pixels) -> float:
    """How grainy the page is; Tesseract finds no text at all on a very grainy one."""
    smooth = cv2.medianBlur(grey, 3)
    return float(cv2.absdiff(grey, smooth)[::3, ::3].mean())


def enlargement(grey: Pixels, dpi: int, most_pixels: int) -> float:
    """Letters of a low-resolution scan are too small for the model, which was trained on lines about 36 pixels high."""
    if dpi >= LOW_DPI:
        return 1.0
    return max(1.0, min(READING_DPI / dpi, math.sqrt(most_pixels / grey.size)))


def enlarge(grey: Pixels, scale: float) -> Pixels:
    return as_pixels(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC))


def needs_whitening(grey: Pixels) -> bool:
    """Dark or uneven paper; faint ink alone does not hurt."""
    lightness = paper(quarter(grey), 19)[::4, ::4]
    typical = np.median(lightness)
    darkest, lightest = np.percentile(lightness[lightness > typical / 3], [2, 98])  # darker than that are pictures
    return bool(typical < WHITE_PAPER or lightest - darkest > EVEN_PAPER)


def whiten(grey: Pixels, dpi: int) -> Pixels:
    """Divides by the paper's own lightness, then stretches: ink black, paper with its grain white, greys between kept.

    A hard threshold would cost the thin diacritics.
    """
    reach = max(7, round(dpi / READING_DPI * 19) | 1)
    background = cv2.resize(paper(quarter(grey), reach), grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
    smooth = cv2.GaussianBlur(grey, (0, 0), 0.8 if dpi < READING_DPI else 1.2)
    ratio = cv2.divide(smooth, background, scale=200)
    ink, typical = np.percentile(ratio[::4, ::4], [0.7, 50])
    grain = max(1.0, float(np.median(np.abs(ratio[::4, ::4] - typical))))
    ink = min(ink, typical - 12 * grain)  # a nearly empty page has less ink than the percentile looks at
    white = typical - (typical - ink) * 0.22
    levels = np.clip((np.arange(256) - ink) / (white - ink), 0, 1) * 255
    return as_pixels(cv2.LUT(ratio, levels.astype(np.uint8)))


def quarter(grey: Pixels) -> Pixels:
    return as_pixels(cv2.resize(grey, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA))


def paper(small: Pixels, reach: int) -> Pixels:
    """The paper as it would be without its ink: strokes thinner than `reach` are closed."""
    closed = cv2.morphologyEx(cv2.GaussianBlur(small, (0, 0), 1.0), cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    return as_pixels(cv2.GaussianBlur(closed, (0, 0), reach / 3))


def skew(grey: Pixels) -> float:
    """Degrees to turn the page by: where the rows of ink stand out most (projection profile), coarse then fine."""
    height, width = grey.shape
    if not 1 / LARGEST_ASPECT <= height / width <= LARGEST_ASPECT:
        return 0.0
    small = cv2.resize(grey, (SKEW_WIDTH, round(height * SKEW_WIDTH / width)), interpolation=cv2.INTER_AREA)
    background = cv2.medianBlur(cv2.dilate(small, np.ones((7, 7), np.uint8)), 31)
    flat = 255 - cv2.absdiff(small, background)
    ink = cv2.threshold(flat, 0, 1, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)[1].astype(np.float32)
    if not ink.any():
        return 0.0
    coarse = max(np.arange(-LARGEST_SKEW, LARGEST_SKEW + 0.01, 0.5), key=lambda angle: sharpness(ink, angle))
    return float(max(np.arange(coarse - 0.4, coarse + 0.41, 0.1), key=lambda angle: sharpness(ink, angle)))


def sharpness(ink: NDArray[np.float32], angle: float) -> float:
    turned = cv2.warpAffine(ink, rotation(ink, angle)[:2], ink.shape[::-1], flags=cv2.INTER_NEAREST)
    return float((np.diff(turned.sum(axis=1)) ** 2).sum())


def rotation(image: NDArray[np.uint8] | NDArray[np.float32], degrees: float) -> Affine:
    height, width = image.shape
    return np.vstack([cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1), [0, 0, 1]])


def rotate(grey: Pixels, turn: Affine) -> Pixels:
    size = grey.shape[::-1]
    return as_pixels(cv2.warpAffine(grey, turn[:2], size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def as_pixels(image: object) -> Pixels:
    return np.asarray(image, np.uint8)

"""Makes a page easier to read for Tesseract. Each step says when it applies; a good page is hardly touched.

Limits and strengths of the steps (limits.yaml) come from measurements on Vietnamese pages, clean, scanned, yellowed,
stained, noisy, skewed, blurred, bilevel, of low resolution. Tesseract finds its lines by one global threshold, so it
loses whole paragraphs on uneven paper, in dark frames and on skewed lines; its recogniser, which reads grey, forgives
much, but for the lines being sampled down without smoothing.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from services.ocr.reading.limits import MEASURES, PREPARATION
from services.ocr.reading.measures import (
    PageMeasures,
    border_mask,
    closing_reach,
    measure,
    paper_of,
    shrink,
)
from services.ocr.reading.pages import Pixels
from shared.imaging.shapes import READING_DPI

SMOOTHING_STEPS = frozenset({"median", "soften", "enlarge", "whiten"})
Affine = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PreparedPage:
    """pixels and dpi to read; to_original maps a point (x, y, 1) of them to the image given; steps: what was done."""

    pixels: Pixels
    dpi: int
    to_original: Affine
    steps: tuple[str, ...]

    def after(self, step: str, pixels: Pixels) -> "PreparedPage":
        return replace(self, pixels=pixels, steps=(*self.steps, step))


Step = Callable[[PreparedPage, PageMeasures], PreparedPage]


def prepare(grey: Pixels, dpi: int, most_pixels: int, measures: PageMeasures | None = None) -> PreparedPage:
    """Frame, specks and grain off; enlarged, sharpened, whitened, smoothed, straightened: each only where needed."""
    measures = measures or measure(grey, dpi)
    page = PreparedPage(grey, dpi, np.eye(3), ())
    for step in (unframe, despeckle, smooth_grain, soften):
        page = step(page, measures)
    page = enlarge(page, measures, most_pixels)
    for step in (sharpen, whiten, antialias, straighten):
        page = step(page, measures)
    return page


def unframe(page: PreparedPage, measures: PageMeasures) -> PreparedPage:
    """A dark frame (scanner's lid, table top) shifts the global threshold and is read as letters: papered over."""
    if measures.border < PREPARATION.framed or measures.paper == 0:
        return page
    height, width = page.pixels.shape
    frame = cv2.dilate(border_mask(shrink(page.pixels, 4)).astype(np.uint8), np.ones((5, 5), np.uint8))
    covered = cv2.resize(frame, (width, height), interpolation=cv2.INTER_NEAREST) > 0
    return page.after("unframe", as_pixels(np.where(covered, round(measures.paper), page.pixels)))


def despeckle(page: PreparedPage, measures: PageMeasures) -> PreparedPage:
    """Salt and pepper: only pixels that are the extreme of their neighbourhood are replaced, so that dots of i stay."""
    if measures.bilevel or measures.specks < PREPARATION.speckled:
        return page
    smooth = cv2.medianBlur(page.pixels, 3)
    lone = cv2.absdiff(page.pixels, smooth) > MEASURES.speck
    return page.after("despeckle", as_pixels(np.where(lone, smooth, page.pixels)))


def smooth_grain(page: PreparedPage, measures: PageMeasures) -> PreparedPage:
    """On very grainy paper Tesseract finds no line at all."""
    if measures.bilevel or measures.grain < PREPARATION.grainy:
        return page
    return page.after("median", as_pixels(cv2.medianBlur(page.pixels, 3)))


def soften(page: PreparedPage, measures: PageMeasures) -> PreparedPage:
    """The stairs at the edges of bilevel letters look like strokes to the model."""
    if not measures.bilevel:
        return page
    return page.after("soften", as_pixels(cv2.GaussianBlur(page.pixels, (0, 0), PREPARATION.softening)))


def enlarge(page: PreparedPage, measures: PageMeasures, most_pixels: int) -> PreparedPage:
    """Letters of a low-resolution scan are too small for the model, which was trained on lines about 36 pixels high."""
    scale = min(READING_DPI / measures.dpi, math.sqrt(most_pixels / page.pixels.size))
    if measures.dpi >= PREPARATION.low_dpi or scale <= 1:
        return page
    pixels = as_pixels(cv2.resize(page.pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC))
    larger = replace(
        page, dpi=round(page.dpi * scale), to_original=page.to_original @ np.diag([1 / scale, 1 / scale, 1])
    )
    return larger.after("enlarge", pixels)


def sharpen(page: PreparedPage, measures: PageMeasures) -> PreparedPage:
    """Out of focus: marks melt into their letters and lines into each other. Grain would be sharpened too."""
    focused = measures.blur < PREPARATION.blurred
    if measures.bilevel or focused or measures.grain >= PREPARATION.grainy or measures.dpi < PREPARATION.low_dpi:
        return page
    reach = measures.blur * page.dpi / READING_DPI / 2
    smooth = cv2.GaussianBlur(page.pixels, (0, 0), reach)
    strength = PREPARATION.sharpening
    return page.after("sharpen", as_pixels(cv2.addWeighted(page.pixels, 1 + strength, smooth, -strength, 0)))


def whiten(page: PreparedPage, measures: PageMeasures) -> PreparedPage:
    """Uneven paper; dark paper or faint ink alone do not hurt."""
    even = min(PREPARATION.even_paper, PREPARATION.even_for_faint_ink * measures.contrast)
    if measures.bilevel or unevenness(page) <= even:
        return page
    return page.after("whiten", whitened(page.pixels, page.dpi, measures.grain))


def antialias(page: PreparedPage, measures: PageMeasures) -> PreparedPage:
    """The engine samples each line down to its own height: thin strokes break up. Smoothed pages need it no more."""
    reach = PREPARATION.antialias * measures.letter
    if (
        reach == 0
        or measures.bilevel
        or SMOOTHING_STEPS.intersection(page.steps)
        or measures.blur >= PREPARATION.blurred
    ):
        return page
    return page.after("antialias", as_pixels(cv2.GaussianBlur(page.pixels, (0, 0), reach)))


def unevenness(page: PreparedPage) -> float:
    lightness = paper_of(shrink(page.pixels, 4), closing_reach(page.dpi))[::4, ::4]
    darkest, lightest = np.percentile(lightness[lightness >= np.median(lightness) / 3], [2, 98])  # the rest is pictures
    return float(lightest - darkest)


def whitened(grey: Pixels, dpi: int, grain: float) -> Pixels:
    """Divides by the paper's own lightness, then stretches: ink black, paper with its grain white, greys between kept.

    A hard threshold would cost the thin diacritics.
    """
    background = cv2.resize(stained_paper(shrink(grey, 4), dpi), grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
    smooth_paper = grain < PREPARATION.smooth_grain
    reach = PREPARATION.smoothing if smooth_paper else PREPARATION.smoothing_of_grain
    smooth = cv2.GaussianBlur(grey, (0, 0), reach)
    ratio = cv2.divide(smooth, background, scale=200)
    darkest, ink, typical = np.percentile(ratio[::4, ::4], [0.05, 0.7, 50])
    spread = max(1.0, float(np.median(np.abs(ratio[::4, ::4] - typical))))
    if typical - ink < 12 * spread:  # a nearly empty page has less ink than the percentile looks at
        ink = min(darkest, typical - 12 * spread)
    white = typical - max((typical - ink) * PREPARATION.white_from, 3 * spread)
    levels = np.clip((np.arange(256) - ink) / (white - ink), 0, 1) * 255
    return as_pixels(cv2.LUT(ratio, levels.astype(np.uint8)))


def stained_paper(small: Pixels, dpi: int) -> Pixels:
    """The paper with its stains, also narrow ones; under large black letters the paper around them."""
    reach = closing_reach(dpi)
    wide, narrow = paper_of(small, reach), paper_of(small, max(5, reach // 2 | 1))
    return as_pixels(np.where(narrow < PREPARATION.large_ink * np.median(wide), wide, narrow))


def straighten(page: PreparedPage, measures: PageMeasures) -> PreparedPage:  # noqa: ARG001, each step is called alike
    """Lines that rise or fall by more than their leading over the page are cut up by the layout analysis."""
    angle = skew(page.pixels)
    if abs(angle) < PREPARATION.smallest_skew:
        return page
    turn = rotation(page.pixels, angle)
    turned = replace(page, to_original=page.to_original @ np.linalg.inv(turn))
    return turned.after(f"deskew {angle:.1f}", rotate(page.pixels, turn))


def skew(grey: Pixels) -> float:
    """Degrees to turn the page by: where the rows of ink stand out most (projection profile), coarse then fine."""
    height, width = grey.shape
    if not 1 / PREPARATION.largest_aspect <= height / width <= PREPARATION.largest_aspect:
        return 0.0
    small = cv2.resize(
        grey, (PREPARATION.skew_width, round(height * PREPARATION.skew_width / width)), interpolation=cv2.INTER_AREA
    )
    background = cv2.medianBlur(cv2.dilate(small, np.ones((7, 7), np.uint8)), 31)
    flat = 255 - cv2.absdiff(small, background)
    ink = as_pixels(cv2.threshold(flat, 0, 1, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)[1])
    if not ink.any():
        return 0.0
    half = np.ascontiguousarray(ink[::2, ::2])
    coarse = max(
        np.arange(-PREPARATION.largest_skew, PREPARATION.largest_skew + 0.01, 0.5),
        key=lambda angle: sharpness(half, angle),
    )
    return float(max(np.arange(coarse - 0.4, coarse + 0.41, 0.1), key=lambda angle: sharpness(ink, angle)))


def sharpness(ink: Pixels | NDArray[np.float32], angle: float) -> float:
    turned = cv2.warpAffine(ink, rotation(ink, angle)[:2], ink.shape[::-1], flags=cv2.INTER_NEAREST)
    return float((np.diff(cv2.reduce(turned, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32F), axis=0) ** 2).sum())


def rotation(image: NDArray[np.uint8] | NDArray[np.float32], degrees: float) -> Affine:
    height, width = image.shape
    return np.vstack([cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1), [0, 0, 1]])


def rotate(grey: Pixels, turn: Affine) -> Pixels:
    size = grey.shape[::-1]
    return as_pixels(cv2.warpAffine(grey, turn[:2], size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def as_pixels(image: object) -> Pixels:
    return np.asarray(image, np.uint8)

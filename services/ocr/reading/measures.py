"""What a page image is like, in numbers: they decide how it is prepared, and how far its reading can be trusted."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from services.ocr.reading.limits import MEASURES
from services.ocr.reading.pages import Pixels
from shared.imaging.shapes import READING_DPI


class PageMeasures(BaseModel):
    """Measures of one page as it was given, before any preparation.

    paper: typical lightness of the paper, 0 to 255. unevenness: grey levels between its lightest and darkest parts.
    contrast: grey levels between paper and ink. grain: mean distance of a pixel from the median of its neighbours, off
    the ink. specks: share of lone extreme pixels. blur: width of a letter's edge in pixels at 300 dpi.
    ink: share of the page. show_through: share of the page that is darker than paper and too faint for ink.
    border: share of the page in a dark frame around it. letter: median height of a letter, in pixels of the page.
    sideways: how much more the columns of pixels look like lines of text than the rows (above 1: turned by 90 degrees).
    """

    model_config = ConfigDict(frozen=True)

    dpi: int
    bilevel: bool
    paper: float
    unevenness: float
    contrast: float
    grain: float
    specks: float
    blur: float
    ink: float
    show_through: float
    border: float
    letter: float
    sideways: float


@dataclass(frozen=True, slots=True)
class Small:
    """The page at a quarter of its size: grey, the paper without its ink, and where the ink is."""

    grey: Pixels
    paper: Pixels
    ink: NDArray[np.bool_]
    contrast: float


def measure(grey: Pixels, dpi: int) -> PageMeasures:
    """All measures of a grey page; about 40 ms for an A4 page of 300 dpi."""
    small = reduced(grey, dpi)
    lightness = small.paper[::4, ::4]
    typical = float(np.median(lightness))
    darkest, lightest = np.percentile(lightness[lightness >= typical * MEASURES.picture], [2, 98])
    bands = sample(grey)
    return PageMeasures(
        dpi=dpi,
        bilevel=is_bilevel(grey),
        paper=round(typical, 1),
        unevenness=round(float(lightest - darkest), 1),
        contrast=round(small.contrast, 1),
        grain=round(grain(bands), 2),
        specks=round(specks(bands), 4),
        blur=round(blur(bands) * READING_DPI / dpi, 2),
        ink=round(float(small.ink.mean()), 4),
        show_through=round(show_through(small), 4),
        border=round(border(small.grey), 4),
        letter=round(letter_height(grey, small), 1),
        sideways=round(sideways(small.ink), 2),
    )


def is_bilevel(grey: Pixels) -> bool:
    return len(np.unique(grey[::7, ::7])) <= 4


def reduced(grey: Pixels, dpi: int) -> Small:
    quarter = shrink(grey, 4)
    paper = paper_of(quarter, closing_reach(dpi))
    depth = cv2.subtract(paper, quarter)
    deepest = float(np.percentile(depth, 99.5))
    contrast = max(deepest, float(MEASURES.least_contrast))
    return Small(quarter, paper, np.asarray(depth > MEASURES.ink_depth * contrast), deepest)


def closing_reach(dpi: int) -> int:
    """Pixels of the quarter-size page: wider than any stroke of a letter of running text or a heading."""
    return max(7, round(dpi / READING_DPI * 19) | 1)


def shrink(grey: Pixels, factor: int) -> Pixels:
    height, width = grey.shape
    size = (max(1, width // factor), max(1, height // factor))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def paper_of(small: Pixels, reach: int) -> Pixels:
    """The paper as it would be without its ink: strokes thinner than `reach` are closed."""
    closed = cv2.morphologyEx(cv2.GaussianBlur(small, (0, 0), 1.0), cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    return np.asarray(cv2.GaussianBlur(closed, (0, 0), reach / 3), np.uint8)


def sample(grey: Pixels) -> list[Pixels]:
    """Full-resolution bands from the upper, middle and lower part of the page."""
    height = grey.shape[0]
    depth = max(8, height // MEASURES.band_share)
    tops = [round((height - depth) * part) for part in (0.2, 0.5, 0.8)]
    return [grey[max(0, top) : max(0, top) + depth] for top in tops[: MEASURES.sampled_bands]]


def grain(bands: list[Pixels]) -> float:
    """How grainy the paper is: of the lighter half of each band, so that thin letters do not count as grain."""
    values = []
    for band in bands:
        smooth = np.asarray(cv2.medianBlur(band, 3), np.uint8)
        paper = (smooth >= median(smooth)).astype(np.uint8)
        values.append(cv2.mean(cv2.absdiff(band, smooth), paper)[0])
    return float(np.median(values))


def median(pixels: Pixels) -> float:
    """As NumPy's, from the histogram: many times as fast."""
    below = np.cumsum(cv2.calcHist([pixels], [0], None, [256], [0, 256]))
    lower, upper = np.searchsorted(below, [(pixels.size - 1) // 2, pixels.size // 2], side="right")
    return float(lower + upper) / 2


def specks(bands: list[Pixels]) -> float:
    """Salt and pepper: pixels far darker, or far lighter, than all of their eight neighbours."""
    ring = np.ones((3, 3), np.uint8)
    ring[1, 1] = 0
    found = [
        (
            (cv2.subtract(cv2.erode(band, ring), band) > MEASURES.speck)
            | (cv2.subtract(band, cv2.dilate(band, ring)) > MEASURES.speck)
        ).mean()
        for band in bands
    ]
    return float(np.mean(found))


def blur(bands: list[Pixels]) -> float:
    """Contrast over the steepest slopes: the width, in pixels, over which paper turns into ink; 0 without ink."""
    widths = [width for band in bands if (width := edge_width(band)) is not None]
    return float(np.median(widths)) if widths else 0.0


def edge_width(band: Pixels) -> float | None:
    smooth = cv2.GaussianBlur(band, (0, 0), 0.7)
    dark, light = np.percentile(smooth[::2, ::2], [0.5, 50])
    if light - dark <= 2 * MEASURES.least_contrast:
        return None
    across, down = (cv2.Sobel(smooth, cv2.CV_32F, *axis)[::2, ::2] for axis in ((1, 0), (0, 1)))
    return float((light - dark) / max(1.0, np.percentile(np.hypot(across, down) / 8, 99.5)))


def show_through(small: Small) -> float:
    """What the back of the sheet adds; the soft edges of this side's own letters are left out."""
    near_ink = cv2.dilate(small.ink.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    depth = cv2.subtract(small.paper, small.grey)
    faint = (depth > max(MEASURES.least_contrast, MEASURES.show_through * small.contrast)) & ~near_ink
    return float(faint.mean())


def border(small: Pixels) -> float:
    """Share of the page in dark regions that touch its edge, such as a scanner's lid or a table top."""
    return float(border_mask(small).mean())


def border_mask(small: Pixels) -> NDArray[np.bool_]:
    """Dark regions that touch the edge of the quarter-size page and end sharply; a stain or a shadow fades."""
    dark = np.where(cv2.GaussianBlur(small, (0, 0), 1.5) < MEASURES.border_dark, 1, 0).astype(np.uint8)
    dark = np.asarray(cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((7, 7), np.uint8)), np.uint8)
    count, labels = cv2.connectedComponents(dark)
    if count <= 1:
        return np.zeros(small.shape, np.bool_)
    edges = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    frames = [label for label in edges[edges > 0] if ends_sharply(small, labels == label)]
    return np.asarray(np.isin(labels, frames))


def ends_sharply(small: Pixels, region: NDArray[np.bool_]) -> bool:
    inner = cv2.erode(region.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    outer = cv2.dilate(region.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    around = outer & ~(cv2.dilate(region.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0)
    if not (inner.any() and around.any()):
        return bool(region.all())
    return float(np.median(small[around])) - float(np.median(small[inner])) > MEASURES.frame_step


def letter_height(grey: Pixels, small: Small) -> float:
    """Median height of what may be a letter, at the page's own resolution; 0 when there is none."""
    height, width = grey.shape
    middle = np.asarray(grey[height // 6 : height - height // 6, :])
    factor = 2 if width > 2000 else 1
    reading = shrink(middle, factor) if factor > 1 else middle
    level = float(np.median(small.paper)) - 0.5 * max(small.contrast, MEASURES.least_contrast)
    _, _, boxes, _ = cv2.connectedComponentsWithStats((reading < level).astype(np.uint8))
    heights, widths = boxes[1:, cv2.CC_STAT_HEIGHT], boxes[1:, cv2.CC_STAT_WIDTH]
    likely = (heights >= 5) & (heights <= reading.shape[0] / 12) & (widths <= 4 * heights) & (heights <= 6 * widths)
    return float(np.median(heights[likely]) * factor) if likely.sum() >= 10 else 0.0


def sideways(ink: NDArray[np.bool_]) -> float:
    """Lines of text make the profile across them jump; 1 where neither direction stands out."""
    rows = unevenness_of(ink.mean(axis=1))
    columns = unevenness_of(ink.mean(axis=0))
    return columns / rows if rows > 0 and columns > 0 else 1.0


def unevenness_of(profile: NDArray[np.floating]) -> float:
    return float((np.diff(profile) ** 2).mean()) if len(profile) > 1 else 0.0

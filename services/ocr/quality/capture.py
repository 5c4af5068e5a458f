"""What the camera or scanner did wrong, in numbers, beside the page's measures. No I/O."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from services.ocr.quality.fingerprint import fingerprint
from services.ocr.reading.measures import border_mask, reduced
from services.ocr.reading.pages import Pixels

EDGE = 2
"""Pixels of the quarter-size page that count as its very edge."""
DEEP = 6
"""A mark at the edge that reaches so many pixels of the quarter-size page inwards is cut writing, not a speck."""
LONG = 40
"""A longer one is a ruled line, a frame or the edge of the sheet."""


class CaptureMeasures(BaseModel):
    """cut: per edge (top, right, bottom, left) how many pieces of writing run off the page.

    fingerprint: see fingerprint.py; None for a page with next to nothing on it.
    """

    model_config = ConfigDict(frozen=True)

    cut: tuple[int, int, int, int]
    fingerprint: str | None


def measure_capture(grey: Pixels, dpi: int) -> CaptureMeasures:
    """All of it; about 40 ms for an A4 page of 300 dpi."""
    small = reduced(grey, dpi)
    writing = np.asarray(small.ink & ~border_mask(small.grey))
    sides = (writing, np.rot90(writing), np.rot90(writing, 2), np.rot90(writing, 3))
    return CaptureMeasures(
        cut=(_cut(sides[0]), _cut(sides[1]), _cut(sides[2]), _cut(sides[3])),
        fingerprint=fingerprint(grey),
    )


def _cut(writing: NDArray[np.bool_]) -> int:
    """Pieces of writing that touch the upper edge and reach inwards."""
    band = np.ascontiguousarray(writing[: LONG * 2]).astype(np.uint8)
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(band)
    touching = np.unique(labels[:EDGE])
    found = boxes[touching[touching > 0]] if count > 1 else np.empty((0, 5), np.int32)
    heights, widths = found[:, cv2.CC_STAT_HEIGHT], found[:, cv2.CC_STAT_WIDTH]
    return int(((heights >= DEEP) & (heights <= LONG) & (widths <= LONG)).sum())

"""Whether a page is in Hán-Nôm: such pages are not for this engine, and reading them would give rubbish."""

from functools import cache

import numpy as np
from tesserocr import PSM, PyTessBaseAPI

from services.ocr.reading.engine import has_model, tessdata
from services.ocr.reading.measures import PageMeasures
from services.ocr.reading.pages import Pixels

OSD = "osd"
HAN = frozenset({"Han", "HanS", "HanT", "Japanese", "Korean"})
"""What the engine's detection calls squares of strokes; it tells them from letters, seldom from each other."""
LEAST_CONFIDENCE = 0.5


@cache
def detector() -> PyTessBaseAPI:
    return PyTessBaseAPI(path=str(tessdata()), lang=OSD, psm=PSM.OSD_ONLY)


def is_han(grey: Pixels, dpi: int, measures: PageMeasures) -> bool:
    """By the engine's script detection where it is installed and sure, else by the shape of what is on the page."""
    if measures.ink == 0:
        return False
    return detected_han(grey, dpi) if has_model(OSD) else False


def detected_han(grey: Pixels, dpi: int) -> bool:
    height, width = grey.shape
    api = detector()
    try:
        api.SetImageBytes(np.ascontiguousarray(grey).tobytes(), width, height, 1, width)
        api.SetSourceResolution(dpi)
        found = api.DetectOrientationScript()
    finally:
        api.Clear()
    return bool(found) and found["script_name"] in HAN and found["script_conf"] >= LEAST_CONFIDENCE

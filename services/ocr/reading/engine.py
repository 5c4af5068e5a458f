"""Tesseract in process: one engine a worker and model, loaded once; and what a page's reading holds."""

import os
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import tesserocr
from pydantic import BaseModel, ConfigDict
from tesserocr import PSM, RIL, PyTessBaseAPI

from services.ocr.reading.kinds import Reader, RegionKind, Script
from services.ocr.reading.measures import PageMeasures
from services.ocr.reading.pages import Pixels
from services.ocr.reading.preparation import PreparedPage
from services.ocr.reading.word import Box, Word

__all__ = ["PageReading", "Region", "RegionKind", "Word"]

DEBIAN_TESSDATA = Path("/usr/share/tesseract-ocr/5/tessdata")
DEFAULT_MODEL = "vie"

PACKAGES = {
    "vie": "tesseract-ocr-vie",
    "Vietnamese": "tesseract-ocr-script-viet",
    "fra": "tesseract-ocr-fra",
    "eng": "tesseract-ocr-eng",
    "osd": "tesseract-ocr-osd",
}
"""Debian's package of each model; all but the first are optional."""
SAUVOLA = "2"


class ModelMissing(RuntimeError):
    """Tesseract cannot start: the text says which file is missing and which Debian package brings it."""


class Region(BaseModel):
    """A part of the page. words: places in the page's `words`, from 0; the box is in pixels of the page's image."""

    model_config = ConfigDict(frozen=True)

    kind: RegionKind
    x: int
    y: int
    width: int
    height: int
    words: tuple[int, ...]


class PageReading(BaseModel):
    """What was read on one page. Confidences are 0 to 100; the page's is 0 when no word was found.

    text: corrected, in reading order. raw_text: as the engine gave it. reader: who gave the words.
    regions: the page's layout over `words`, in reading order; every word is in one region.
    language: ISO 639-1 code of most of the text, "" where there is none. script: latin, or han (Hán-Nôm: not read).
    second_pass: agreement of a second pass with the first, 0 to 1; None where none was needed.
    """

    model_config = ConfigDict(frozen=True)

    text: str
    words: tuple[Word, ...]
    confidence: float
    engine: str
    engine_version: str
    model: str
    steps: tuple[str, ...]
    width: int
    height: int
    dpi: int
    seconds: float
    measures: PageMeasures
    regions: tuple[Region, ...] = ()
    raw_text: str = ""
    language: str = "vi"
    script: Script = "latin"
    second_pass: float | None = None
    reader: Reader = "tesseract"
    turn: int = 0
    """Degrees clockwise by which the image given was turned; size and boxes are those of the page upright."""


def tessdata() -> Path:
    """Where the models lie: TESSDATA_PREFIX, or Debian's place."""
    return Path(os.environ.get("TESSDATA_PREFIX") or DEBIAN_TESSDATA)


def has_model(model: str) -> bool:
    return (tessdata() / f"{model}.traineddata").is_file()


def require_model(model: str = DEFAULT_MODEL) -> Path:
    """The model's file. Raises ModelMissing."""
    file = tessdata() / f"{model}.traineddata"
    if not file.is_file():
        package = PACKAGES.get(model, f"tesseract-ocr-{model}")
        raise ModelMissing(f"{file} is missing: install Debian's {package} or set TESSDATA_PREFIX")
    return file


def missing_models() -> dict[str, str]:
    """Models that would help and are not there, each with Debian's package of it."""
    return {model: package for model, package in PACKAGES.items() if not has_model(model)}


@cache
def loaded(model: str) -> PyTessBaseAPI:
    """The engine of this process with this model, reading pages in their natural layout."""
    require_model(model)
    return PyTessBaseAPI(path=str(tessdata()), lang=model, psm=PSM.AUTO)


@cache
def engine_version() -> str:
    return str(tesserocr.tesseract_version()).split(maxsplit=2)[1]


def recognise(api: PyTessBaseAPI, page: PreparedPage, *, local_threshold: bool = False) -> tuple[Word, ...]:
    """The words of the page in the engine's order; boxes in pixels of `page`.

    local_threshold: find the lines by a threshold that follows the paper (Sauvola's), not by one for the whole page.
    The engine's own failures surface as RuntimeError.
    """
    api.SetVariable("thresholding_method", SAUVOLA if local_threshold else "0")
    return read_pixels(api, page.pixels, page.dpi, PSM.AUTO)


def recognise_part(api: PyTessBaseAPI, page: PreparedPage, box: Box) -> tuple[Word, ...]:
    """The words of one block of text on the page, as `recognise` gives them."""
    x, y, width, height = box
    part = np.ascontiguousarray(page.pixels[y : y + height, x : x + width])
    api.SetVariable("thresholding_method", "0")
    found = read_pixels(api, part, page.dpi, PSM.SINGLE_BLOCK)
    return tuple(word.model_copy(update={"x": x + word.x, "y": y + word.y}) for word in found)


def recognise_line(api: PyTessBaseAPI, pixels: Pixels, dpi: int) -> tuple[Word, ...]:
    """The words of an image of one line."""
    api.SetVariable("thresholding_method", "0")
    return read_pixels(api, pixels, dpi, PSM.SINGLE_LINE)


def read_pixels(api: PyTessBaseAPI, pixels: Pixels, dpi: int, mode: int) -> tuple[Word, ...]:
    height, width = pixels.shape
    try:
        api.SetPageSegMode(mode)
        api.SetImageBytes(pixels.tobytes(), width, height, 1, width)
        api.SetSourceResolution(dpi)
        api.Recognize()
        return tuple(found_words(api))
    finally:
        api.Clear()


def found_words(api: PyTessBaseAPI) -> Iterator[Word]:
    block = line = 0
    results = api.GetIterator()
    if results is None:  # too small or thin to hold a letter
        return
    for found in tesserocr.iterate_level(results, RIL.WORD):
        block += found.IsAtBeginningOf(RIL.BLOCK)
        line += found.IsAtBeginningOf(RIL.TEXTLINE)
        if found.Empty(RIL.WORD) or not (text := found.GetUTF8Text(RIL.WORD).strip()):
            continue
        left, top, right, bottom = found.BoundingBox(RIL.WORD)
        yield Word(
            text=unicodedata.normalize("NFC", text),
            x=left,
            y=top,
            width=max(1, right - left),
            height=max(1, bottom - top),
            confidence=round(found.Confidence(RIL.WORD), 1),
            block=block,
            line=line,
        )


def mean_confidence(words: Sequence[Word]) -> float:
    """Weighted by length: a page's many one-letter misreadings weigh as much as their letters."""
    letters = sum(len(word.text) for word in words)
    return round(sum(word.confidence * len(word.text) for word in words) / letters, 1) if letters else 0.0

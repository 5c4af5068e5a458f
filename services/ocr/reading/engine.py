"""Tesseract in process: one `Engine` a worker, its model loaded once."""

import os
import time
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import tesserocr
from pydantic import BaseModel, ConfigDict
from tesserocr import PSM, RIL, PyTessBaseAPI

from services.ocr.reading.measures import PageMeasures, measure
from services.ocr.reading.pages import PageImage
from services.ocr.reading.preparation import Affine, PreparedPage, prepare
from shared.imaging.shapes import Limits

DEBIAN_TESSDATA = Path("/usr/share/tesseract-ocr/5/tessdata")
DEFAULT_MODEL = "vie"

Script = Literal["latin", "han"]
Reader = Literal["tesseract", "embedded"]
RegionKind = Literal[
    "heading",
    "paragraph",
    "table",
    "running-head",
    "page-number",
    "national-motto",
    "issuing-body",
    "document-number",
    "place-and-date",
    "document-type",
    "abstract",
    "recipients",
    "signature",
]
"""The first five are of any page; the others are the parts of a Vietnamese administrative document (Decree 30/2020):
quốc hiệu và tiêu ngữ, cơ quan ban hành, số và ký hiệu, địa danh và ngày, tên loại, trích yếu, nơi nhận, chữ ký."""


class ModelMissing(RuntimeError):
    """Tesseract cannot start: the text says which file is missing and which Debian package brings it."""


class Word(BaseModel):
    """A word (NFC) and its box on the page's original image: pixels from the top left. Ids count from 1 on the page."""

    model_config = ConfigDict(frozen=True)

    text: str
    x: int
    y: int
    width: int
    height: int
    confidence: float
    block: int
    line: int
    raw: str | None = None
    """What the engine read, where a correction changed it."""


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


def tessdata() -> Path:
    """Where the models lie: TESSDATA_PREFIX, or Debian's place."""
    return Path(os.environ.get("TESSDATA_PREFIX") or DEBIAN_TESSDATA)


def require_model(model: str = DEFAULT_MODEL) -> Path:
    """The model's file. Raises ModelMissing."""
    file = tessdata() / f"{model}.traineddata"
    if not file.is_file():
        raise ModelMissing(f"{file} is missing: install Debian's tesseract-ocr-{model} or set TESSDATA_PREFIX")
    return file


@cache
def loaded(model: str) -> PyTessBaseAPI:
    """The engine of this process with this model, reading pages in their natural layout."""
    require_model(model)
    return PyTessBaseAPI(path=str(tessdata()), lang=model, psm=PSM.AUTO)


@cache
def engine_version() -> str:
    return str(tesserocr.tesseract_version()).split(maxsplit=2)[1]


def read_image(image: PageImage, limits: Limits, model: str = DEFAULT_MODEL) -> PageReading:
    """Prepares and reads one page image. The engine's own failures surface as RuntimeError."""
    started = time.monotonic()
    dpi = round(image.shape.dpi * image.scale)
    measures = measure(image.grey, dpi)
    prepared = prepare(image.grey, dpi, limits.rendered_pixels)
    text, words = recognise(loaded(model), prepared, image.scale)
    return PageReading(
        text=text,
        words=words,
        confidence=mean_confidence(words),
        engine="tesseract",
        engine_version=engine_version(),
        model=model,
        steps=prepared.steps,
        width=image.shape.width,
        height=image.shape.height,
        dpi=image.shape.dpi,
        seconds=round(time.monotonic() - started, 3),
        measures=measures,
        raw_text=text,
    )


def recognise(api: PyTessBaseAPI, prepared: PreparedPage, scale: float) -> tuple[str, tuple[Word, ...]]:
    height, width = prepared.pixels.shape
    to_page = np.diag([1 / scale, 1 / scale, 1]) @ prepared.to_original
    try:
        api.SetImageBytes(prepared.pixels.tobytes(), width, height, 1, width)
        api.SetSourceResolution(prepared.dpi)
        api.Recognize()
        words = tuple(found_words(api, to_page))
        text = str(api.GetUTF8Text()) if words else ""
        return unicodedata.normalize("NFC", text).strip(), words
    finally:
        api.Clear()


def found_words(api: PyTessBaseAPI, to_page: Affine) -> Iterator[Word]:
    block = line = 0
    results = api.GetIterator()
    if results is None:  # too small or thin to hold a letter
        return
    for found in tesserocr.iterate_level(results, RIL.WORD):
        block += found.IsAtBeginningOf(RIL.BLOCK)
        line += found.IsAtBeginningOf(RIL.TEXTLINE)
        if found.Empty(RIL.WORD) or not (text := found.GetUTF8Text(RIL.WORD).strip()):
            continue
        x, y, width, height = mapped_box(found.BoundingBox(RIL.WORD), to_page)
        yield Word(
            text=unicodedata.normalize("NFC", text),
            x=x,
            y=y,
            width=width,
            height=height,
            confidence=round(found.Confidence(RIL.WORD), 1),
            block=block,
            line=line,
        )


def mapped_box(box: tuple[int, int, int, int], to_page: Affine) -> tuple[int, int, int, int]:
    """x, y, width, height of the upright box around a (left, top, right, bottom) box after the mapping."""
    left, top, right, bottom = box
    corners = to_page @ np.array([[left, right, left, right], [top, top, bottom, bottom], [1, 1, 1, 1]], np.float64)
    x, y = (max(0, round(value)) for value in corners[:2].min(axis=1))
    far_x, far_y = (round(value) for value in corners[:2].max(axis=1))
    return x, y, max(1, far_x - x), max(1, far_y - y)


def mean_confidence(words: tuple[Word, ...]) -> float:
    """Weighted by length: a page's many one-letter misreadings weigh as much as their letters."""
    letters = sum(len(word.text) for word in words)
    return round(sum(word.confidence * len(word.text) for word in words) / letters, 1) if letters else 0.0

"""ALTO of any version as a reading of the page it came with, and whether it is better than our own; no I/O.

Source: ALTO 2 to 4 (https://www.loc.gov/standards/alto/). Sizes are in whatever unit the file measures its page in.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import yaml
from defusedxml import DefusedXmlException, ElementTree
from pydantic import BaseModel, ConfigDict

from services.ocr.reading.engine import PageReading, Word
from services.ocr.reading.languages import language_of
from services.ocr.reading.passes import agreement_of
from services.ocr.trust.trust import trust_of

MODEL = "ALTO"
UNKNOWN = "unknown"


class Limits(BaseModel):
    """See limits.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    agreement: float
    shape: float
    words: int
    bytes: int


@cache
def limits() -> Limits:
    return Limits.model_validate(yaml.safe_load(files(__package__).joinpath("limits.yaml").read_text("utf-8")))


def delivered_reading(body: bytes, own: PageReading) -> PageReading | None:
    """What an ALTO file says of the page that we have read as `own`; None where it says nothing, or not of this image.

    Its words are placed on our image. Another engine's own confidence says nothing here: that of the reading is how far
    the two agree.
    """
    try:
        root = ElementTree.fromstring(body, forbid_dtd=True)
        words = _words(root, own)
    except (DefusedXmlException, ParseError, ValueError, OverflowError, LookupError):
        return None
    if not words or own.turn:
        return None
    agreement = agreement_of(words, own.words)
    text = _text(words)
    facts: dict[str, Any] = {
        "text": text,
        "raw_text": text,
        "words": tuple(word.model_copy(update={"confidence": round(100 * agreement, 1)}) for word in words),
        "regions": (),
        "confidence": round(100 * agreement, 1),
        "engine": _software(root, "softwareName"),
        "engine_version": _software(root, "softwareVersion"),
        "model": MODEL,
        "steps": (),
        "seconds": 0.0,
        "language": language_of(text),
        "second_pass": agreement,
        "reader": "embedded",
    }
    return own.model_copy(update=facts)


def is_better(delivered: PageReading, own: PageReading) -> bool:
    """Whether fewer errors are to be expected in it than in our own, and it surely is of this page."""
    if delivered.confidence < 100 * limits().agreement:
        return False
    return trust_of(delivered).expected_cer < trust_of(own).expected_cer


def _words(root: Element, own: PageReading) -> list[Word]:
    """Raises ValueError where the file is not about a page of this shape."""
    page = next(_of(root, "Page"))
    across, down = own.width / _size(page, "WIDTH"), own.height / _size(page, "HEIGHT")
    if abs(across / down - 1) > limits().shape:
        raise ValueError("another page's proportions")
    words: list[Word] = []
    line = 0
    for block, area in enumerate(_of(page, "TextBlock"), start=1):
        for row in _of(area, "TextLine"):
            line += 1
            words += [_word(one, (across, down), own, block, line) for one in _of(row, "String") if _content(one)]
    if len(words) > limits().words:
        raise ValueError("too many words")
    return words


def _word(element: Element, scale: tuple[float, float], own: PageReading, block: int, line: int) -> Word:
    across, down = scale
    x, width = _span(element, "HPOS", "WIDTH", across, own.width)
    y, height = _span(element, "VPOS", "HEIGHT", down, own.height)
    return Word(
        text=_content(element),
        x=x,
        y=y,
        width=width,
        height=height,
        confidence=0.0,
        block=block,
        line=line,
    )


def _span(element: Element, place: str, size: str, scale: float, room: int) -> tuple[int, int]:
    """Where a word begins and how long it is, in pixels, inside of the page."""
    start = min(max(0, round(float(element.get(place, "0")) * scale)), room - 1)
    return start, min(max(1, round(_size(element, size) * scale)), room - start)


def _content(element: Element) -> str:
    text = unicodedata.normalize("NFC", element.get("CONTENT", ""))
    return "".join(letter for letter in text if letter.isprintable() and not letter.isspace())


def _size(element: Element, name: str) -> float:
    size = float(element.get(name, "0"))
    if not 0 < size < float("inf"):
        raise ValueError(f"{name} {size}")
    return size


def _of(element: Element, name: str) -> Iterator[Element]:
    return (child for child in element.iter() if isinstance(child.tag, str) and child.tag.rpartition("}")[2] == name)


def _software(root: Element, name: str) -> str:
    found = next((one.text for one in _of(root, name) if one.text and one.text.strip()), UNKNOWN)
    return "".join(letter for letter in found.strip() if letter.isprintable())[:100]


def _text(words: Sequence[Word]) -> str:
    blocks = [list(members) for _, members in groupby(words, key=lambda word: word.block)]
    rows = [[list(row) for _, row in groupby(block, key=lambda word: word.line)] for block in blocks]
    return "\n\n".join("\n".join(" ".join(word.text for word in row) for row in block) for block in rows)

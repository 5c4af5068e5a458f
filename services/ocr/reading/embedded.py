"""The text that a PDF already holds: taken where it proves good, page by page, else the page is read as an image."""

import ctypes
import time
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium

from services.ocr.reading.arrangement import arrange
from services.ocr.reading.engine import DEFAULT_MODEL, PageReading, loaded, recognise
from services.ocr.reading.languages import language_of, marked_share
from services.ocr.reading.measures import measure
from services.ocr.reading.pages import PageImage
from services.ocr.reading.passes import Pass, agreement_of, plain_text
from services.ocr.reading.preparation import PreparedPage
from services.ocr.reading.word import Box, Word, bounds
from services.ocr.spelling.words import judge
from shared.imaging.inspection import open_pdf

LEAST_WORDS = 12
MOST_ODD = 0.04
"""Share of letters in words that nobody spells so; sound documents have under 0.02, one whose marks were lost 0.42."""
LEAST_MARKED = 0.6
"""Share of Vietnamese words with marks, in their right places; sound documents have 0.87, the lost one 0.07."""
LEAST_AGREEMENT = 0.8
"""Share of words that the sample says alike when it is read from the image."""
MOST_UNSEEN = 0.5
"""Share of the page's ink outside of the words: more is a picture of text with a little text upon it."""
SAMPLE_LINES = 8
MOST_CHARACTERS = 60_000
CONTROL = "Cc"


@dataclass(frozen=True, slots=True)
class Letter:
    """A character and its box in pixels of the drawn page: left, top, right, bottom."""

    text: str
    box: tuple[float, float, float, float]


def read_embedded(path: Path, number: int, image: PageImage, model: str = DEFAULT_MODEL) -> PageReading | None:
    """What the PDF's page `number` (from 1) says by itself; None where that is missing or not proven."""
    started = time.monotonic()
    words = embedded_words(path, number, image)
    if len(words) < LEAST_WORDS or not is_good_text(plain_text(words)):
        return None
    dpi = round(image.shape.dpi * image.scale)
    page = PreparedPage(image.grey, dpi, np.eye(3), ())
    if Pass(page, words, model).unread > MOST_UNSEEN:
        return None
    agreement = agreement_with_image(page, words, model)
    if agreement < LEAST_AGREEMENT:
        return None
    arranged = arrange([(with_confidence(words, agreement), page, 0)], image.scale)
    text = arranged.text(arranged.words)
    return PageReading(
        text=text,
        raw_text=text,
        words=arranged.words,
        regions=arranged.regions,
        confidence=round(100 * agreement, 1),
        engine="pdfium",
        engine_version=str(pdfium.PYPDFIUM_INFO),
        model="embedded text",
        steps=(),
        width=image.shape.width,
        height=image.shape.height,
        dpi=image.shape.dpi,
        seconds=round(time.monotonic() - started, 3),
        measures=measure(image.grey, dpi),
        language=language_of(text),
        second_pass=agreement,
        reader="embedded",
    )


def is_good_text(text: str) -> bool:
    """Spelled as a language is, and, where it is Vietnamese, with its marks."""
    judged = [token for token in judge(text) if token.letters]
    letters = sum(token.letters for token in judged)
    odd = sum(token.letters for token in judged if token.verdict == "odd")
    if not letters or odd > MOST_ODD * letters:
        return False
    return language_of(text) != "vi" or marked_share(text) >= LEAST_MARKED


def agreement_with_image(page: PreparedPage, words: Sequence[Word], model: str) -> float:
    """A few lines from the middle of the page, read from its image and compared with what the PDF says there."""
    lines = sorted({word.line for word in words})
    start = max(0, (len(lines) - SAMPLE_LINES) // 2)
    chosen = set(lines[start : start + SAMPLE_LINES])
    sample = [word for word in words if word.line in chosen]
    x, y, width, height = bounds(sample)
    edge = max(word.height for word in sample) // 2
    top, left = max(0, y - edge), max(0, x - edge)
    crop = np.ascontiguousarray(page.pixels[top : y + height + edge, left : x + width + edge])
    read = recognise(loaded(model), PreparedPage(crop, page.dpi, np.eye(3), ()))
    beside = [word for word in words if top <= word.y + word.height / 2 <= y + height + edge]
    return agreement_of(beside, read)


def with_confidence(words: Sequence[Word], agreement: float) -> list[Word]:
    return [word.model_copy(update={"confidence": round(100 * agreement, 1)}) for word in words]


def embedded_words(path: Path, number: int, image: PageImage) -> tuple[Word, ...]:
    """The page's words in the PDF's order, boxes in pixels of the drawn page."""
    with open_pdf(path) as document:
        try:
            with closing(document[number - 1]) as page, closing(page.get_textpage()) as text:
                return tuple(words_of(letters_of(page, text, image)))
        except pdfium.PdfiumError:
            return ()


def letters_of(page: pdfium.PdfPage, text: pdfium.PdfTextPage, image: PageImage) -> Iterator[Letter]:
    height, width = image.grey.shape
    for place in range(min(text.count_chars(), MOST_CHARACTERS)):
        code = pdfium.raw.FPDFText_GetUnicode(text, place)
        left, bottom, right, top = text.get_charbox(place, loose=True)
        corners = [on_image(page, width, height, x, y) for x, y in ((left, bottom), (right, top))]
        (x, y), (far_x, far_y) = corners
        yield Letter(chr(code), (min(x, far_x), min(y, far_y), max(x, far_x), max(y, far_y)))


def on_image(page: pdfium.PdfPage, width: int, height: int, x: float, y: float) -> tuple[int, int]:
    """A point of the page (in points, from the bottom left, before its rotation) in pixels of its drawing."""
    across, down = ctypes.c_int(), ctypes.c_int()
    pdfium.raw.FPDF_PageToDevice(page, 0, 0, width, height, 0, x, y, across, down)
    return across.value, down.value


def words_of(letters: Iterator[Letter]) -> Iterator[Word]:
    line = 1
    run: list[Letter] = []
    for letter in letters:
        if not letter.text.isspace() and unicodedata.category(letter.text) != CONTROL:
            run.append(letter)
            continue
        if run:
            yield word_of(run, line)
            run = []
        line += letter.text == "\n"
    if run:
        yield word_of(run, line)


def word_of(run: Sequence[Letter], line: int) -> Word:
    x, y, width, height = box_of(run)
    text = unicodedata.normalize("NFC", "".join(letter.text for letter in run))
    return Word(text=text, x=x, y=y, width=width, height=height, confidence=0.0, block=1, line=line)


def box_of(run: Sequence[Letter]) -> Box:
    left, top = min(letter.box[0] for letter in run), min(letter.box[1] for letter in run)
    right, bottom = max(letter.box[2] for letter in run), max(letter.box[3] for letter in run)
    return max(0, round(left)), max(0, round(top)), max(1, round(right - left)), max(1, round(bottom - top))

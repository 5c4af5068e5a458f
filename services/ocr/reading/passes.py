"""Reads a page: one pass of the engine, and more only where the first is doubtful; the better one is kept."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from services.ocr.reading.arrangement import arrange
from services.ocr.reading.correction import corrected
from services.ocr.reading.engine import (
    DEFAULT_MODEL,
    PageReading,
    engine_version,
    has_model,
    loaded,
    mean_confidence,
    recognise,
    recognise_part,
)
from services.ocr.reading.kinds import Script
from services.ocr.reading.languages import language_of
from services.ocr.reading.limits import PASSES
from services.ocr.reading.marks import with_marks
from services.ocr.reading.measures import PageMeasures, measure, shrink
from services.ocr.reading.pages import PageImage, Pixels
from services.ocr.reading.preparation import PreparedPage, prepare, whitened
from services.ocr.reading.regions import paragraphs_of
from services.ocr.reading.script import is_han
from services.ocr.reading.second import seconded
from services.ocr.reading.sheets import excerpt, sheets, turned, turns_to_try
from services.ocr.reading.word import Word, bounds
from services.ocr.spelling.words import judge
from shared.imaging.shapes import Limits

MODELS = {"fr": "fra", "en": "eng"}
SCRIPT_MODEL = "Vietnamese"


@dataclass(frozen=True)
class Pass:
    """One pass over one prepared page; boxes in pixels of `page`."""

    page: PreparedPage
    words: tuple[Word, ...]
    model: str
    """What read the page."""
    also: tuple[str, ...] = ()
    """What read paragraphs of it again."""

    @cached_property
    def odd(self) -> float:
        """Share of letters in words that no language here spells so; 1 without letters."""
        judged = list(judge(plain_text(self.words)))
        letters = sum(token.letters for token in judged)
        return sum(token.letters for token in judged if token.verdict == "odd") / letters if letters else 1.0

    @cached_property
    def letters(self) -> int:
        return sum(len(word.text) for word in self.words)

    @cached_property
    def confidence(self) -> float:
        return mean_confidence(self.words)

    @property
    def worth(self) -> float:
        """Letters that are probably right, less a part of those that are probably wrong: to compare passes by."""
        sure = sum(len(word.text) * max(0.0, word.confidence - 50) / 50 for word in self.words)
        return sure * (1 - self.odd) - PASSES.cost_of_odd * self.letters * self.odd

    @property
    def level(self) -> float:
        """Share of words that are wider than high: the engine also reads lines that run up or down the page."""
        long = [word for word in self.words if len(word.text) >= PASSES.long_word]
        return sum(word.width > word.height for word in long) / len(long) if long else 0.0

    @cached_property
    def unread(self) -> float:
        """Share of the ink that lies outside of all words."""
        ink = letters_ink(self.page.pixels)
        total = int(ink.sum())
        for word in self.words:
            ink[word.y // 4 : (word.y + word.height) // 4 + 1, word.x // 4 : (word.x + word.width) // 4 + 1] = False
        return float(ink.sum()) / total if total else 0.0

    @property
    def doubtful(self) -> bool:
        return self.confidence < PASSES.sure or self.odd > PASSES.mostly_spelled or self.unread > PASSES.little_unread

    @property
    def hopeless(self) -> bool:
        return (
            self.odd > PASSES.hopeless
            or self.confidence < PASSES.least_confidence
            or len(self.words) < PASSES.least_words
        )


@dataclass(frozen=True)
class SheetReading:
    """The pass that was kept for one sheet, where the sheet begins, and how far a second pass agreed."""

    chosen: Pass
    left: int
    agreement: float | None
    measures: PageMeasures


def letters_ink(pixels: Pixels) -> NDArray[np.bool_]:
    """Where a quarter-size page has ink, but for the rules of tables and other long lines."""
    small = shrink(pixels, 4)
    dark, light = np.percentile(small[::2, ::2], [0.5, 50])
    ink = (small < (dark + light) / 2).astype(np.uint8)
    for shape in ((1, PASSES.long_line), (PASSES.long_line, 1)):
        ink &= ~np.asarray(cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones(shape, np.uint8)), np.uint8)
    return np.asarray(ink > 0)


def read_image(image: PageImage, limits: Limits, model: str = DEFAULT_MODEL) -> PageReading:
    """Prepares and reads one page image. The engine's own failures surface as RuntimeError."""
    started = time.monotonic()
    dpi = round(image.shape.dpi * image.scale)
    measures = measure(image.grey, dpi)
    turn = upright(image.grey, dpi, measures, model)
    read = read_upright(turned(image.grey, turn), dpi, measures, limits, model)
    if all(sheet.chosen.hopeless for sheet in read) and any(sheet.chosen.letters for sheet in read):
        for other_turn in (turn + 180, turn + 90, turn + 270):
            other = read_upright(turned(image.grey, other_turn), dpi, measures, limits, model)
            if worth(other) > max(0.0, worth(read)):
                turn, read = other_turn % 360, other
    script: Script = "latin"
    if all(sheet.chosen.hopeless for sheet in read) and is_han(image.grey, dpi, measures):
        script, read = "han", []
    else:
        read = [rescued(sheet) if sheet.chosen.hopeless else sheet for sheet in read]
    return reading_of(read, image, measures, turn=turn, script=script, model=model, seconds=time.monotonic() - started)


def rescued(sheet: SheetReading) -> SheetReading:
    """A sheet that reads badly for no other reason than its image: what else can be tried."""
    if not sheet.chosen.letters:
        return sheet
    chosen, agreement = reconsidered(sheet.chosen, sheet.measures)
    return replace(sheet, chosen=chosen, agreement=agreement)


def worth(read: Sequence[SheetReading]) -> float:
    return sum(sheet.chosen.worth * sheet.chosen.level for sheet in read)


def upright(grey: Pixels, dpi: int, measures: PageMeasures, model: str) -> int:
    """Degrees clockwise that stand the page upright, tried on a part of it; 0 where its lines lie level."""
    turns = turns_to_try(measures.sideways)
    if not turns:
        return 0
    part = excerpt(grey)
    tried = {turn: first_pass(prepare(turned(part, turn), dpi, part.size), model) for turn in (0, *turns)}
    return max(tried, key=lambda turn: tried[turn].worth * tried[turn].level)


def read_upright(grey: Pixels, dpi: int, measures: PageMeasures, limits: Limits, model: str) -> list[SheetReading]:
    read = []
    parts = sheets(grey, dpi)
    for sheet in parts:
        own = measures if len(parts) == 1 else measure(sheet.pixels, dpi)
        page = prepare(sheet.pixels, dpi, limits.rendered_pixels, own)
        first = in_language_of_page(first_pass(page, model))
        chosen, agreement = (first, None) if first.hopeless else reconsidered(first, own)
        whole = replace(chosen, words=with_marks(chosen.page, chosen.words, chosen.model))
        read.append(SheetReading(in_own_language(whole), sheet.left, agreement, own))
    return read


def first_pass(page: PreparedPage, model: str) -> Pass:
    return Pass(page, recognise(loaded(model), page), model)


def in_language_of_page(first: Pass) -> Pass:
    """The whole page read again where it is mostly French or English: as Vietnamese it would only seem doubtful."""
    model = MODELS.get(language_of(plain_text(first.words)), first.model)
    if model == first.model or not has_model(model):
        return first
    return max(first, first_pass(first.page, model), key=lambda candidate: candidate.worth)


def reconsidered(first: Pass, measures: PageMeasures) -> tuple[Pass, float | None]:
    """The best pass, and how far the second agrees with the first; a page that reads well is read once."""
    if not first.doubtful:
        return first, None
    best, agreement = first, None
    for other in other_passes(first, measures):
        agreement = agreement_of(first.words, other.words) if agreement is None else agreement
        best = max(best, other, key=lambda candidate: candidate.worth)
        if not best.doubtful:
            break
    return best, agreement


def other_passes(first: Pass, measures: PageMeasures) -> Iterator[Pass]:
    """Other preparations for lines that were not found, then another model for letters that were not known."""
    if not measures.bilevel and "whiten" not in first.page.steps:
        yield first_pass(
            first.page.after("whiten", whitened(first.page.pixels, first.page.dpi, measures.grain)), first.model
        )
    words = recognise(loaded(first.model), first.page, local_threshold=True)
    yield Pass(replace(first.page, steps=(*first.page.steps, "local threshold")), words, first.model)
    if has_model(SCRIPT_MODEL) and first.model == DEFAULT_MODEL:
        yield first_pass(first.page, SCRIPT_MODEL)


def agreement_of(first: Sequence[Word], second: Sequence[Word]) -> float:
    """Share of words that both passes have, 0 to 1."""
    one, two = Counter(word.text for word in first), Counter(word.text for word in second)
    total = one.total() + two.total()
    return round(2 * (one & two).total() / total, 3) if total else 1.0


def in_own_language(chosen: Pass) -> Pass:
    """French and English paragraphs read again by their own models, where these are installed; of the others the
    doubtful words by another model.
    """
    words: list[Word] = []
    also = set(chosen.also)
    for block in paragraphs(chosen):
        model = MODELS.get(language_of(plain_text(block)), chosen.model)
        if model == chosen.model or not has_model(model):
            words += seconded(chosen.page, block, chosen.model)
            continue
        words += reread(chosen.page, block, model)
        also.add(model)
    return replace(chosen, words=tuple(words), also=tuple(sorted(also)))


def reread(page: PreparedPage, block: Sequence[Word], model: str) -> Sequence[Word]:
    """The block by the other model, kept where that is surer; line numbers stay apart from those of other blocks."""
    x, y, width, height = bounds(block)
    edge = height // (4 * max(1, len({word.line for word in block})))
    height_of_page, width_of_page = page.pixels.shape
    left, top = max(0, x - edge), max(0, y - edge)
    box = left, top, min(width_of_page, x + width + edge) - left, min(height_of_page, y + height + edge) - top
    again = recognise_part(loaded(model), page, box)
    if mean_confidence(again) < mean_confidence(block):
        return block
    first_line = block[0].line * 1000
    return [word.model_copy(update={"block": block[0].block, "line": first_line + word.line}) for word in again]


def paragraphs(chosen: Pass) -> list[list[Word]]:
    height, width = chosen.page.pixels.shape
    found = paragraphs_of(chosen.words, width, height)
    return [[chosen.words[place] for place in paragraph.places] for paragraph in found]


def plain_text(words: Sequence[Word]) -> str:
    """Words in the engine's order, a line each."""
    lines: dict[int, list[str]] = {}
    for word in words:
        lines.setdefault(word.line, []).append(word.text)
    return "\n".join(" ".join(line) for line in lines.values())


def models_of(read: Sequence[SheetReading]) -> Iterable[str]:
    """Every model that read some of it, once, in the order of the sheets."""
    return dict.fromkeys(model for sheet in read for model in (sheet.chosen.model, *sheet.chosen.also))


def reading_of(
    read: Sequence[SheetReading],
    image: PageImage,
    measures: PageMeasures,
    *,
    turn: int,
    script: Script,
    model: str,
    seconds: float,
) -> PageReading:
    width, height = image.shape.width, image.shape.height
    if turn in {90, 270}:
        width, height = height, width
    arranged = arrange([(sheet.chosen.words, sheet.chosen.page, sheet.left) for sheet in read], image.scale)
    words = corrected(arranged.words) if script == "latin" else arranged.words
    agreements = [sheet.agreement for sheet in read if sheet.agreement is not None]
    text = arranged.text(words)
    return PageReading(
        text=text,
        raw_text=arranged.text(arranged.words),
        words=words,
        regions=arranged.regions,
        confidence=mean_confidence(words),
        engine="tesseract",
        engine_version=engine_version(),
        model="+".join(dict.fromkeys(one for sheet in read for one in (sheet.chosen.model, *sheet.chosen.also)))
        or model,
        steps=steps_of(read, turn),
        width=width,
        height=height,
        dpi=image.shape.dpi,
        seconds=round(seconds, 3),
        measures=measures,
        language=language_of(text),
        script=script,
        second_pass=min(agreements, default=None),
        turn=turn,
    )


def steps_of(read: Sequence[SheetReading], turn: int) -> tuple[str, ...]:
    steps = [f"turn {turn}"] if turn else []
    steps += ["split"] if len(read) > 1 else []
    return (*steps, *dict.fromkeys(step for sheet in read for step in sheet.chosen.page.steps))

"""The verdict on a page, a document or a bare text: how many wrong characters to expect, and what to do about it."""

from collections.abc import Sequence
from functools import cache
from itertools import chain, groupby
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

from services.ocr.reading.engine import PageReading, Word
from services.ocr.spelling.words import odd_words
from services.ocr.trust.model import expected_error
from services.ocr.trust.signals import Signals, page_signals, text_signals

Decision = Literal["publish", "review", "re-read", "re-scan"]
GRAVITY: tuple[Decision, ...] = ("publish", "review", "re-read", "re-scan")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Limits(_Frozen):
    """Expected character error rates up to which a page is published, and up to which a person can put it right;
    beyond them, what puts the blame on the image rather than on the reading.
    """

    publish: float
    review: float
    blank_ink: float
    coarsest_dpi: int
    widest_blur: float
    faintest_contrast: float
    doubtful_confidence: float
    doubtful_odd_confidence: float
    pages_to_review: float


class TextTrust(_Frozen):
    """expected_cer: 0 to 1. signals: what it was told from, by name (services/ocr/trust/signals.py)."""

    expected_cer: float
    decision: Decision
    signals: dict[str, float]

    @property
    def refused(self) -> bool:
        """Neither to be published nor worth correcting."""
        return self.decision in {"re-read", "re-scan"}


class PageTrust(TextTrust):
    """doubtful: places in the reading's `words`, from 0, that a reviewer should look at."""

    doubtful: tuple[int, ...] = ()


class DocumentTrust(_Frozen):
    """expected_cer: over all characters. decision: of the document. pages: how many pages got which decision."""

    expected_cer: float
    decision: Decision
    pages: dict[Decision, int]


@cache
def limits() -> Limits:
    return Limits.model_validate(yaml.safe_load(Path(__file__).with_name("limits.yaml").read_text("utf-8")))


def trust_of(reading: PageReading) -> PageTrust:
    """How far this page's reading can be trusted; uses the agreement with a second pass where the reading has one.

    Text that was embedded in a PDF has no engine's confidence and is judged as a text.
    """
    signals = page_signals(reading)
    if reading.script == "han":
        return PageTrust(expected_cer=1.0, decision="review", signals=signals)
    if not reading.words:
        return trust_without_words(reading, signals)
    error = expected_error("text" if reading.reader == "embedded" else "page", signals)
    return PageTrust(
        expected_cer=error, decision=decide(error, reading), signals=rounded(signals), doubtful=doubtful(reading.words)
    )


def trust_without_words(reading: PageReading, signals: Signals) -> PageTrust:
    """A blank page is right as it is; ink in which nothing was found may be a picture or a ruined page."""
    blank = reading.measures.ink <= limits().blank_ink
    decision: Decision = "publish" if blank else "re-scan" if poor_image(reading) else "review"
    return PageTrust(expected_cer=0.0 if blank else 1.0, decision=decision, signals=rounded(signals))


def trust_of_text(text: str) -> TextTrust:
    """How far a text can be trusted that came without an image (embedded in a PDF, delivered by a firm).

    "re-read" means that the page's image has to be read instead.
    """
    signals = text_signals(text)
    error = expected_error("text", signals) if signals["brevity"] < 1 else 1.0
    decision: Decision = "publish" if error <= limits().publish else "review" if error <= limits().review else "re-read"
    return TextTrust(expected_cer=error, decision=decision, signals=rounded(signals))


def trust_of_document(pages: Sequence[tuple[PageTrust, int]]) -> DocumentTrust:
    """pages: each with its number of characters. A few pages to review hold no document back; one refused page does."""
    characters = sum(count for _, count in pages)
    error = sum(page.expected_cer * count for page, count in pages) / characters if characters else 0.0
    counts: dict[Decision, int] = {one: sum(page.decision == one for page, _ in pages) for one in GRAVITY}
    gravest = max((page.decision for page, _ in pages), key=GRAVITY.index, default="publish")
    few = counts["review"] <= limits().pages_to_review * len(pages)
    if gravest == "review" and few and error <= limits().publish:
        gravest = "publish"
    return DocumentTrust(expected_cer=round(error, 4), decision=gravest, pages=counts)


def decide(error: float, reading: PageReading) -> Decision:
    if error <= limits().publish:
        return "publish"
    if error <= limits().review:
        return "review"
    return "re-scan" if poor_image(reading) or reading.second_pass is not None else "re-read"


def poor_image(reading: PageReading) -> bool:
    """Whether no engine could do better with this image."""
    measures = reading.measures
    return (
        measures.dpi < limits().coarsest_dpi
        or measures.blur > limits().widest_blur
        or measures.contrast < limits().faintest_contrast
    )


def doubtful(words: Sequence[Word]) -> tuple[int, ...]:
    """Words that the engine was unsure of, and those that nobody spells so of which it was only nearly sure."""
    lines = [[word.text for word in row] for _, row in groupby(words, key=lambda word: word.line)]
    odd = chain.from_iterable(odd_words(lines))
    return tuple(
        place for place, (word, is_odd) in enumerate(zip(words, odd, strict=True)) if is_doubtful(word, odd=is_odd)
    )


def is_doubtful(word: Word, *, odd: bool) -> bool:
    least = limits().doubtful_odd_confidence if odd else limits().doubtful_confidence
    return word.confidence < least


def rounded(signals: Signals) -> Signals:
    return {name: round(value, 4) for name, value in signals.items()}

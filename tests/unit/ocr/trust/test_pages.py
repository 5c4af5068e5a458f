"""Pages and documents: what is decided about them."""

import random

import pytest

from services.ocr.reading.engine import PageReading, Word
from services.ocr.reading.measures import PageMeasures
from services.ocr.trust import PageTrust, trust_of, trust_of_document
from shared.vietnamese import fold
from tests.pages.grammar import grammar

GOOD_IMAGE = PageMeasures(
    dpi=300,
    bilevel=False,
    paper=245,
    unevenness=4,
    contrast=190,
    grain=1.2,
    specks=0,
    blur=2.4,
    ink=0.06,
    show_through=0,
    border=0,
    letter=30,
    sideways=0.3,
)


def prose() -> str:
    return "\n".join(grammar("held_out").say("sentence", random.Random(number)) for number in range(30))


def reading(text: str, confidence: float = 95, measures: PageMeasures = GOOD_IMAGE) -> PageReading:
    """Ten words a line, boxes that hold about the page's ink."""
    words = tuple(
        Word(
            text=word,
            x=150 * (place % 10),
            y=60 * (place // 10),
            width=120,
            height=32,
            confidence=confidence,
            block=1,
            line=1 + place // 10,
        )
        for place, word in enumerate(text.split())
    )
    return PageReading(
        text=text,
        words=words,
        confidence=confidence,
        engine="tesseract",
        engine_version="5",
        model="vie",
        steps=(),
        width=1748,
        height=2480,
        dpi=300,
        seconds=1,
        measures=measures,
    )


def test_a_sure_reading_of_good_prose_is_published() -> None:
    trust = trust_of(reading(prose()))
    assert trust.decision == "publish"
    assert trust.doubtful == ()


def test_sure_words_without_marks_are_refused() -> None:
    assert trust_of(reading(fold(prose()))).refused


def test_a_page_of_ink_without_a_word_is_never_published() -> None:
    assert trust_of(reading("")).decision == "review"
    faint = GOOD_IMAGE.model_copy(update={"contrast": 14.0})
    assert trust_of(reading("", measures=faint)).decision == "re-scan"


def test_an_empty_sheet_is_right_as_it_is() -> None:
    empty = trust_of(reading("", measures=GOOD_IMAGE.model_copy(update={"ink": 0.0002})))
    assert (empty.expected_cer, empty.decision) == (0.0, "publish")


def test_han_pages_go_to_a_person() -> None:
    assert trust_of(reading("").model_copy(update={"script": "han"})).decision == "review"


def test_a_bad_reading_of_a_good_image_is_read_again_once() -> None:
    bad = reading("tnuy ẻhn qx zzw kjh " * 40, confidence=40)
    assert trust_of(bad).decision == "re-read"
    assert trust_of(bad.model_copy(update={"second_pass": 0.4})).decision == "re-scan"


def test_doubtful_words_are_those_the_engine_doubts_and_those_nobody_spells_so() -> None:
    one = reading("Bến đò tnuyx vắng khách")
    words = (*one.words[:3], one.words[3].model_copy(update={"confidence": 35.0}), one.words[4])
    words = (*words[:2], words[2].model_copy(update={"confidence": 85.0}), *words[3:])
    assert trust_of(one.model_copy(update={"words": words})).doubtful == (2, 3)


def test_a_french_word_is_no_doubtful_one() -> None:
    line = "Le marché se tient tous les cinq jours près du bac."
    assert trust_of(reading(line, confidence=85)).doubtful == ()


def test_embedded_text_is_judged_without_confidence() -> None:
    embedded = reading(fold(prose()), confidence=100).model_copy(update={"reader": "embedded"})
    assert trust_of(embedded).refused
    good = reading(prose(), confidence=0).model_copy(update={"reader": "embedded"})
    assert trust_of(good).decision == "publish"


@pytest.mark.parametrize(
    ("decisions", "expected"),
    [
        (["publish"] * 10, "publish"),
        (["publish"] * 99 + ["review"], "publish"),
        (["publish"] * 5 + ["review"] * 5, "review"),
        (["publish"] * 99 + ["re-read"], "re-read"),
        (["publish", "re-scan", "re-read"], "re-scan"),
        ([], "publish"),
    ],
)
def test_a_document_is_as_good_as_its_pages(decisions: list[str], expected: str) -> None:
    pages = [PageTrust.model_validate({"expected_cer": 0.01, "decision": one, "signals": {}}) for one in decisions]
    assert trust_of_document([(page, 1000) for page in pages]).decision == expected


def test_a_document_counts_its_characters() -> None:
    good, bad = (PageTrust(expected_cer=error, decision="publish", signals={}) for error in (0.0, 0.5))
    assert trust_of_document([(good, 3000), (bad, 1000)]).expected_cer == 0.125

"""A text without an image is judged by its spelling and marks alone."""

import os
import random
import unicodedata
from pathlib import Path

import pytest

from services.ocr.spelling.words import judge
from services.ocr.trust import trust_of_text
from shared.vietnamese import fold
from tests.pages.grammar import grammar

SEEDS = Path(os.environ.get("LIENTHONG_SHARED", Path(__file__).parents[5] / "shared")) / "seeds"


def prose() -> str:
    return "\n".join(grammar("held_out").say("sentence", random.Random(number)) for number in range(40))


def test_good_prose_is_published() -> None:
    trust = trust_of_text(prose())
    assert trust.decision == "publish"
    assert trust.expected_cer < 0.02


def test_the_normal_form_does_not_matter() -> None:
    assert trust_of_text(unicodedata.normalize("NFD", prose())) == trust_of_text(prose())


def test_text_that_lost_its_marks_is_refused() -> None:
    trust = trust_of_text(fold(prose()))
    assert trust.refused
    assert trust.signals["bare"] > 0.95


def test_marks_turned_into_other_letters_are_refused() -> None:
    broken = prose().translate({ord(letter): "q6"[place % 2] for place, letter in enumerate("ạảấầậắặếềệọốồộớờợụứừự")})
    assert trust_of_text(broken).refused


def test_more_errors_are_never_trusted_more() -> None:
    text = prose()
    chance = random.Random(4)
    expected = []
    for rate in (0, 0.02, 0.06, 0.15, 0.4):
        damaged = "".join(
            chance.choice("qwxz~^0'lđ") if letter.isalpha() and chance.random() < rate else letter for letter in text
        )
        expected.append(trust_of_text(damaged).expected_cer)
    assert expected == sorted(expected)
    assert expected[-1] > 10 * max(expected[0], 0.01)


def test_french_is_no_bad_vietnamese() -> None:
    text = "\n".join(grammar("held_out").say("french", random.Random(number)) for number in range(20))
    assert trust_of_text(text).decision == "publish"


def test_an_english_brochure_is_no_bad_vietnamese() -> None:
    bullets = "Ultra-fast disk drive stores complex songs in seconds\nAll tracks transposed at the touch of a key\n"
    text = f"The recorder is a tool for the musician and it is easy to learn to use it.\n{bullets}Optional remote\n"
    signals = trust_of_text(text * 5).signals
    assert signals["odd"] == signals["bare"] == 0


def test_nothing_is_not_trusted() -> None:
    assert trust_of_text("").expected_cer == 1.0
    assert trust_of_text("— — —\n...").refused


def test_what_words_can_be() -> None:
    verdicts = {
        token.text: token.verdict for token in judge("Nghiêng 02/QĐ-UBND Kế hoạch vIệt tnuy ểnh NĐ-CP XVIII 12,5%")
    }
    assert verdicts["Nghiêng"] == verdicts["hoạch"] == "vietnamese"
    assert verdicts["UBND"] == verdicts["CP"] == "name"
    assert all(token.verdict == "name" for token in judge("Ksor Blôm Stiêng"))
    assert verdicts["02"] == verdicts["XVIII"] == verdicts["12,5%"] == "number"
    assert verdicts["vIệt"] == verdicts["tnuy"] == "odd"


@pytest.mark.skipif(not SEEDS.is_dir(), reason=f"no sample plans in {SEEDS}")
def test_the_plan_that_lost_its_marks_is_refused_and_the_others_are_not() -> None:
    decisions = {path.name[:3]: trust_of_text(path.read_text("utf-8")) for path in SEEDS.glob("*.txt")}
    assert decisions.pop("004").refused
    assert {name for name, trust in decisions.items() if trust.decision == "publish"} == set(decisions)

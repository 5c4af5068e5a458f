"""The text inside a PDF is taken where it is good and is what the page shows, and only there."""

import os
from pathlib import Path

import pytest

from deploy.local.samples.render import all_sentences
from services.ocr.reading.embedded import is_good_text
from services.ocr.reading.pool import read_page
from shared.imaging.shapes import Limits
from shared.vietnamese import fold
from tests.resources.accuracy import character_error_rate
from tests.unit.ocr.reading.born_digital import text_pdf

LINES = [sentence for sentence in all_sentences() if 40 < len(sentence) < 85][:24]
SEEDS = Path(os.environ.get("LIENTHONG_SHARED", Path(__file__).parents[5] / "shared")) / "seeds"


def test_good_text_is_taken_as_it_is(tmp_path: Path) -> None:
    reading = read_page(text_pdf(tmp_path / "good.pdf", LINES), "application/pdf", 1, Limits()).reading
    assert reading.reader == "embedded"
    assert reading.text.split() == " ".join(LINES).split()
    first = reading.words[0]
    assert 245 < first.x < 255
    assert 200 < first.y < 265


@pytest.mark.parametrize(
    "said", [[fold(line) for line in LINES], LINES[12:] + LINES[:12], [line[::-1] for line in LINES]]
)
def test_bad_text_is_not_believed_and_the_page_is_read(tmp_path: Path, said: list[str]) -> None:
    """Marks lost; other lines than those shown; nonsense: over a picture of the true text."""
    scan = text_pdf(tmp_path / "scan.pdf", LINES, said)
    reading = read_page(scan, "application/pdf", 1, Limits()).reading
    assert reading.reader == "tesseract"
    assert character_error_rate(" ".join(LINES), reading.text) < 0.01


def test_good_text_under_a_picture_is_taken(tmp_path: Path) -> None:
    scan = text_pdf(tmp_path / "scan.pdf", LINES, LINES)
    assert read_page(scan, "application/pdf", 1, Limits()).reading.reader == "embedded"


@pytest.mark.skipif(not SEEDS.is_dir(), reason=f"no plans in {SEEDS}")
@pytest.mark.parametrize(
    ("number", "good"), [("000", True), ("001", True), ("002", True), ("003", True), ("004", False)]
)
def test_the_plans_texts(number: str, *, good: bool) -> None:
    (file,) = SEEDS.glob(f"{number}_*.txt")
    assert is_good_text(file.read_text("utf-8")) is good


def test_french_is_good_text_too() -> None:
    assert is_good_text("La pagode, élevée au XVIIIe siècle, possède une cloche de bronze d'une forme très élégante.")

"""Reading keeps its promises on tuned-on pages in small size, and on all held-out pages in full size."""

from pathlib import Path

import pytest

from services.ocr.reading.pool import read_page
from services.ocr.trust import trust_of
from shared.imaging.shapes import Limits
from tests.benchmarks.ocr_accuracy import Score, score
from tests.benchmarks.ocr_quality import engine_alone, measure, summary
from tests.pages.sets import Page, page, strip, wordless

LIMITS = Limits()
MOST_ERRORS = {
    "clean": 0.01,
    "scan": 0.01,
    "yellowed": 0.02,
    "stained": 0.02,
    "bleed_through": 0.02,
    "skewed": 0.01,
    "noisy": 0.02,
    "blurred": 0.02,
    "low_contrast": 0.02,
    "bilevel": 0.02,
    "jpeg_q30": 0.01,
    "bad": 0.03,
}
"""Share of characters, a few times what was measured: a strip of twelve lines is a small sample."""
SMALL_SAMPLE = 4
"""Characters by which chance may make a strip worse."""


def read(drawn: Page, folder: Path) -> tuple[Score, Score]:
    """The product's score and the bare engine's."""
    path = drawn.save(folder / "page.png")
    text = read_page(path, "image/png", 1, LIMITS).reading.text
    return score(drawn.texts, text), score(drawn.texts, engine_alone(path))


@pytest.mark.parametrize("kind", MOST_ERRORS)
def test_damage_is_read_and_never_worse_than_by_the_engine_alone(kind: str, tmp_path: Path) -> None:
    found, bare = read(strip("tuned", kind, 2, harsh=False), tmp_path)
    assert found.unordered_edits <= MOST_ERRORS[kind] * found.characters
    assert found.unordered_edits <= bare.unordered_edits + SMALL_SAMPLE


def test_columns_are_read_one_after_the_other(tmp_path: Path) -> None:
    drawn = page("tuned", "scan", 1)
    assert drawn.layout == "columns"
    found, _ = read(drawn, tmp_path)
    assert found.in_order == 1.0
    assert found.cer < 0.01


def test_ruined_strips_are_not_published(tmp_path: Path) -> None:
    for kind in ("faint", "noisy", "bad"):
        path = strip("tuned", kind, 3, harsh=True).save(tmp_path / "page.png")
        assert trust_of(read_page(path, "image/png", 1, LIMITS).reading).decision != "publish"


def test_good_strips_are_published_and_empty_sheets_too(tmp_path: Path) -> None:
    for drawn in (strip("tuned", "scan", 2, harsh=False), wordless("tuned", 0)):
        reading = read_page(drawn.save(tmp_path / "page.png"), "image/png", 1, LIMITS).reading
        assert trust_of(reading).decision == "publish"


@pytest.mark.prove
def test_no_kind_of_damage_is_read_worse_than_by_the_engine_alone() -> None:
    for kind in summary(measure("held_out", (), None)):
        assert kind["unordered"] <= kind["bare_unordered"] + 0.05, kind


@pytest.mark.prove
def test_two_columns_are_read_in_order() -> None:
    (columns,) = (
        one for one in summary(measure("held_out", ("clean", "scan"), None), "layout") if one["layout"] == "columns"
    )
    assert columns["in_order"] == 1.0

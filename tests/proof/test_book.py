"""A book with a poison page, a killed worker, and others who want a page read meanwhile."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest

from tests.proof.book_run import SINGLES, BookRun, Outcome
from tests.proof.figures import write_figures
from tests.proof.stacks import running_stack

pytestmark = [pytest.mark.stack, pytest.mark.kafka]
SECONDS_PER_PAGE = 10
"""Twenty times what a page of the book takes, so that three attempts at the poison do not take long."""
AT_WORK = {
    *("ingest-api", "ingest-relay", "ingest-steps"),
    *("ocr-relay", "ocr-documents", "ocr-reading", "ocr-editions"),
    *("catalog-api", "catalog-relay"),
}
"""The roles through which pages go, and those by which libraries register."""
MOST_SECONDS_BEHIND_A_BOOK = 60
MOST_GROWTH_MEGABYTES = 40


def _run(folder: Path, pages: int, workers: int, only: Collection[str] | None = None) -> Outcome:
    env = {"OCR_PROCESSES": str(workers), "OCR_SECONDS_PER_PAGE": str(SECONDS_PER_PAGE)}
    with running_stack(folder / "var", real_kafka=True, nodes=1, env=env, only=only) as stack:
        return BookRun(stack, folder, pages, workers).run()


def _check(outcome: Outcome) -> None:
    """Every page but one is read once; that one is marked; everybody else got a page in the midst."""
    assert outcome.states == {"read": outcome.pages - 1, "failed": 1}
    assert outcome.reasons == ["took-too-long"]
    assert outcome.poison_attempts == 3
    assert (outcome.readings, outcome.pages_read_twice) == (outcome.pages - 1, 0)
    assert outcome.single_pages_seconds.keys() == SINGLES.keys()
    assert outcome.left_behind == 0


def test_a_book_is_read_whole_around_its_poison_page(tmp_path: Path) -> None:
    _check(_run(tmp_path, pages=16, workers=2, only=AT_WORK))


@pytest.mark.prove
@pytest.mark.parametrize("workers", [1, 2])
def test_a_book_of_500_pages_keeps_nobody_waiting(tmp_path: Path, workers: int) -> None:
    outcome = _run(tmp_path, pages=500, workers=workers)
    write_figures(f"book.workers-{workers}", outcome.figures())
    _check(outcome)
    assert max(outcome.single_pages_seconds.values()) < MOST_SECONDS_BEHIND_A_BOOK
    assert max(outcome.grown().values()) < MOST_GROWTH_MEGABYTES

"""Which reading of a page counts, and which pages are worth another."""

from datetime import UTC, datetime
from typing import Any

import pytest
from packaging.version import Version

from services.ocr.documents.progress import after_failure, after_reading, correction_id, may_try_again, to_be_read_again
from services.ocr.documents.rereading import OlderThan, is_stale, version_of


def page(**given: Any) -> dict[str, Any]:
    return {"_id": "d-1:0001", "reading": None, "corrections": 0, "attempt": 1, "attempts_before": 0, **given}


def test_the_newest_reading_is_chosen() -> None:
    assert after_reading(page(reading="d-1:0001:1"), "d-1:0001:2")["reading"] == "d-1:0001:2"


def test_what_a_person_wrote_stays_chosen() -> None:
    assert after_reading(page(reading="d-1:0001:c1", corrections=1), "d-1:0001:2")["reading"] == "d-1:0001:c1"
    assert correction_id(page(corrections=1)) == "d-1:0001:c2"


def test_a_page_that_was_read_is_not_lost_by_a_failure() -> None:
    assert after_failure(page(reading="d-1:0001:1"), "crashed") == {"state": "read", "reason": None}
    assert after_failure(page(), "crashed") == {"state": "failed", "reason": "crashed"}


def test_attempts_are_counted_anew_when_a_page_is_read_again() -> None:
    again = page() | {"attempt": 3} | to_be_read_again(page(attempt=3), datetime.now(UTC))
    assert may_try_again(again, 4, 3, "crashed")
    assert may_try_again(again, 5, 3, "crashed")
    assert not may_try_again(again, 6, 3, "crashed")
    assert not may_try_again(again, 4, 3, "truncated")


@pytest.mark.parametrize(
    ("reading", "older_than", "stale"),
    [
        (None, None, True),
        ({"engine": "tesseract", "engine_version": "5.5.4"}, None, True),
        ({"engine": "tesseract", "engine_version": "5.5.4"}, "5.5.4", False),
        ({"engine": "tesseract", "engine_version": "5.5.4"}, "5.10", True),
        ({"engine": "tesseract", "engine_version": "5.5.4-20-gabc"}, "5.5.3", False),
        ({"engine": "tesseract", "engine_version": ""}, "0.1", True),
        ({"engine": "pdfium", "engine_version": "5.15.2"}, "99", False),
        ({"engine": "person", "engine_version": ""}, None, False),
    ],
)
def test_stale_is_what_an_older_engine_read(
    reading: dict[str, str] | None, older_than: str | None, stale: bool
) -> None:
    assert is_stale(reading, OlderThan("tesseract", Version(older_than)) if older_than else None) is stale


def test_versions_are_compared_as_numbers() -> None:
    assert version_of("v5.9") < version_of("5.10.0")

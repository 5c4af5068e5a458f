"""What a scanning firm is told of pages to scan again."""

from datetime import UTC, datetime

import pytest

from services.ingest.app import messages
from services.ingest.batches.batch import Arrived, ExpectedItem, progress
from services.ingest.documents.answers import reason_teller
from services.ingest.rescans.rescan import due_of
from services.ocr.quality.profile import Flaw
from services.ocr.rescans.rescan import MANY_ERRORS

ROW = {
    "rescan": {
        "state": "open",
        "note": "Mờ",
        "by": None,
        "at": datetime(2026, 3, 2, tzinfo=UTC),
        "pages": [{"number": 3, "reasons": ["blur", "of-a-later-day"]}],
    }
}


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_reason_that_ocr_gives_has_a_text(language: str) -> None:
    say = reason_teller(messages(), language)
    reasons = [*map(str, Flaw), MANY_ERRORS]
    assert [reason for reason in reasons if say(reason) == reason] == []
    assert say("of-a-later-day") == "of-a-later-day"


def test_a_batch_is_not_complete_while_pages_must_be_scanned_again() -> None:
    due = due_of(ROW, reason_teller(messages(), "vi"))
    came = [Arrived(item="a", document="d-1", accepted=True, rescan=due)]
    found = progress([ExpectedItem(item="a")], came)
    assert not found.complete
    (told,) = found.rescans
    assert (told.item, told.document, told.pages[0].reasons[0].text) == ("a", "d-1", "Ảnh mờ.")


def test_a_new_scan_stands_for_the_old_one_as_long_as_it_is_kept() -> None:
    old = Arrived(item="a", document="d-1", accepted=True, read=True, replaced_by="d-2")
    expected = [ExpectedItem(item="a")]
    taken = progress(expected, [old, Arrived(item="a", document="d-2", accepted=True)])
    assert (taken.arrived, taken.repeated, taken.read, taken.complete) == (1, [], 0, True)
    refused = progress(expected, [old, Arrived(item="a", document="d-2", accepted=False, reason="state-secret")])
    assert (refused.arrived, refused.read) == (1, 1)


def test_nothing_is_due_where_nothing_is_asked() -> None:
    for row in ({}, {"rescan": None}, {"rescan": {"state": "done", "successor": "d-2", "version": 4}}):
        assert due_of(row, str) is None

"""Which pages are asked for again, of which scans, and when the rules keep silent."""

import pytest

from services.ocr.quality.profile import Finding, Flaw
from services.ocr.rescans.rescan import (
    MANY_ERRORS,
    asked_by_person,
    asked_by_rule,
    may_ask_by_rule,
    page_numbers,
    scans_of,
    unreadable,
)
from shared.events.documents import PageToRescan
from shared.events.manifest import PageManifest


def page(number: int, **known: object) -> PageManifest:
    nothing = {"image": None, "width": 0, "height": 0, "text": "", "words": None, "confidence": 0, "reading": None}
    return PageManifest.model_validate({**nothing, "number": number, **known})


def finding(number: int, flaw: Flaw, *, rescan: bool = True) -> Finding:
    return Finding(page=number, flaw=flaw, rescan=rescan)


def test_image_and_text_ask_together_and_a_failing_worker_asks_nothing() -> None:
    pages = [page(1), page(2, decision="re-scan"), page(3, failed="crashed"), page(4, failed="broken", decision=None)]
    findings = [
        finding(1, Flaw.NEAR_IDENTICAL, rescan=False),
        finding(2, Flaw.BLUR),
        finding(3, Flaw.UNREADABLE),
        finding(4, Flaw.UNREADABLE),
    ]
    asked = asked_by_rule(findings, pages)
    assert [(one.number, one.reasons) for one in asked] == [(2, ("blur", MANY_ERRORS)), (4, ("unreadable",))]


def test_what_no_attempt_could_read_is_asked_for_unless_by_chance() -> None:
    rows = [
        {"number": 1, "state": "failed", "reason": "broken-image"},
        {"number": 2, "state": "failed", "reason": "took-too-long"},
        {"number": 3, "state": "read", "reason": None},
    ]
    assert [one.number for one in unreadable(rows)] == [1]


ASKED = (PageToRescan(number=2, reasons=("blur",)),)


@pytest.mark.parametrize(
    ("document", "may"),
    [
        ({}, True),
        ({"rescan": {"state": "open", "by": None, "pages": [{"number": 2, "reasons": ["blur"]}]}}, False),
        ({"rescan": {"state": "withdrawn", "by": None, "pages": [{"number": 2, "reasons": ["blur"]}]}}, False),
        ({"rescan": {"state": "withdrawn", "by": "x/an", "pages": []}}, True),
        ({"rescan": {"state": "open", "by": None, "pages": [{"number": 2, "reasons": ["dark"]}]}}, True),
        ({"rescan": {"state": "open", "by": "x/an", "pages": []}}, False),
        ({"ruling": "approved"}, False),
        ({"origins": ["d-1"]}, False),
    ],
)
def test_rules_ask_once_and_never_against_a_person(document: dict[str, object], *, may: bool) -> None:
    assert may_ask_by_rule(document, ASKED) is may


def test_nothing_wrong_asks_for_nothing() -> None:
    assert not may_ask_by_rule({}, ())


def test_a_person_names_pages_and_the_rules_say_what_they_saw_there() -> None:
    row = {"rescan": {"state": "open", "by": None, "pages": [{"number": 2, "reasons": ["blur"]}]}}
    asked = asked_by_person(row, (5, 2, 2))
    assert [(one.number, one.reasons) for one in asked] == [(2, ("blur",)), (5, ())]


def test_pages_of_a_merged_document_are_asked_for_where_they_were_scanned() -> None:
    pages = [
        {"number": number, "origin": f"d-{scan}:{there:04d}"} for number, scan, there in ((1, "a", 7), (2, "b", 1))
    ]
    assert {scan: [one.number for one in asked] for scan, asked in scans_of(pages, ()).items()} == {
        "d-a": [7],
        "d-b": [1],
    }
    assert scans_of(pages, ASKED) == {"d-b": (PageToRescan(number=1, reasons=("blur",)),)}


def test_page_numbers_as_people_write_them() -> None:
    assert page_numbers("3, 7-9; 7 – 8") == (3, 7, 8, 9)
    assert page_numbers("  ") == ()


@pytest.mark.parametrize("text", ["x", "0", "9-7", "1-99999", "1,", "٣x", "999999", ",".join(["1-4000", "5000-9000"])])
def test_what_names_no_pages_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        page_numbers(text)

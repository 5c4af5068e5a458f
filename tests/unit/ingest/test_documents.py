"""What a document is, by rules alone."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.documents.document import (
    LONGEST_NAME,
    MOST_FILES,
    display_name,
    document_id,
    steps_in_order,
    worst_verdict,
)
from services.ingest.documents.upload import MAX_METADATA_BYTES
from shared.bus.work import LARGEST_BODY_BYTES
from shared.events.documents import DocumentScanned
from shared.events.envelope import Event, encode
from shared.events.vocabulary import DocumentMetadata, ObjectRef, ScannedFile, Verdict


def test_the_same_files_in_the_same_order_are_the_same_document():
    assert document_id("thu-vien-tinh", ["a", "b"]) == document_id("thu-vien-tinh", ["a", "b"])


@pytest.mark.parametrize(
    ("library", "digests"), [("thu-vien-tinh", ["b", "a"]), ("thu-vien-tinh", ["ab"]), ("x", ["a", "b"])]
)
def test_other_order_files_or_library_is_another_document(library, digests):
    assert document_id(library, digests) != document_id("thu-vien-tinh", ["a", "b"])


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("Trang 1.tif", "Trang 1.tif"),
        ("../../etc/passwd", "passwd"),
        ("C:\\quet\\Trang 1.tif", "Trang 1.tif"),
        ("..", "tep-3"),
        ("", "tep-3"),
        ("a\x00b\u202ec.pdf", "abc.pdf"),
        (unicodedata.normalize("NFD", "Địa chí.pdf"), "Địa chí.pdf"),
    ],
)
def test_a_file_name_is_only_ever_shown(given_name, shown):
    assert display_name(given_name, 3) == shown


@given(st.text(st.characters(), max_size=300))
def test_no_name_is_a_path_or_empty_or_cannot_be_written(given_name):
    shown = display_name(given_name, 1)

    assert shown
    assert len(shown) <= LONGEST_NAME
    assert not {"/", "\\", "\x00"} & set(shown)
    assert shown not in {".", ".."}
    assert shown.encode()


@pytest.mark.parametrize(
    ("verdicts", "worst"),
    [
        (["clear", "clear"], "clear"),
        (["clear", "too_large"], "too_large"),
        (["too_large", "unscanned", "clear"], "unscanned"),
        (["unscanned", "infected"], "infected"),
    ],
)
def test_a_document_is_as_suspect_as_its_worst_file(verdicts, worst):
    assert worst_verdict(verdicts) == worst


def test_every_step_is_shown_and_withdrawal_only_where_it_was():
    names = [step["name"] for step in steps_in_order({"received": {"at": 1}})]

    assert names == ["received", "scanned", "recognised", "drafted", "reviewed", "appraised", "published"]
    assert steps_in_order({"withdrawn": {"by": "x"}})[-1] == {"name": "withdrawn", "by": "x"}


def test_as_many_files_as_are_allowed_fit_into_one_message():
    """With the longest names and the longest description that come through the door."""
    name = "𠀀" * LONGEST_NAME
    original = ObjectRef(key="originals/" + "0" * 64, media_type="application/pdf", sha256="0" * 64, size=10**12)
    summary = "𠀀" * 10_000
    subjects = tuple("x" * 250 for _ in range(95))
    event = DocumentScanned(
        document="d-" + "0" * 24,
        library="x" * 60,
        metadata=DocumentMetadata(title="x", summary=summary, subjects=subjects),
        files=tuple(ScannedFile(name=name, original=original, pages=1000) for _ in range(MOST_FILES)),
        pages=10**6,
        verdict=Verdict.CLEAR,
        submitted_by="x" * 200,
    )

    assert len(event.metadata.model_dump_json().encode()) > MAX_METADATA_BYTES * 0.95
    assert len(encode(Event(event, source="urn:lienthong:ingest", aggregate_version=1))) < LARGEST_BODY_BYTES

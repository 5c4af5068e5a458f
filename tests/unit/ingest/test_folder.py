"""What lies in the drop folder and when it is taken."""

import os
import time

import pytest

from services.ingest.intake.folder import Ending, candidates, is_complete, natural_order, settle


@pytest.fixture
def home(tmp_path):
    home = tmp_path / "drop" / "thu-vien-tinh"
    home.mkdir(parents=True)
    return home


def found(home):
    return {one.name: one for one in candidates(home.parent)}


def complete(one, *, seconds_later: float) -> bool:
    return is_complete(one, now=time.time() + seconds_later, quiet=30, patience=3600)


def test_a_folder_is_a_submission_with_its_files_in_page_order(home):
    folder = home / "so-bo"
    folder.mkdir()
    for name in ("trang 10.tif", "trang 2.tif", "metadata.json", ".hidden"):
        (folder / name).write_text("x")

    assert [path.name for path in found(home)["so-bo"].files] == ["trang 2.tif", "trang 10.tif"]


def test_a_lone_file_is_a_submission_and_what_stands_beside_it_is_not(home):
    for name in ("a.pdf", "a.pdf.json", "a.pdf.done", "b.pdf.part", ".c.pdf"):
        (home / name).write_text("x")
    (home / "accepted" / "old").mkdir(parents=True)

    assert list(found(home)) == ["a.pdf"]


def test_a_marker_completes_at_once(home):
    for name in ("a.pdf", "a.pdf.json", "b.pdf", "b.pdf.json", "b.pdf.done"):
        (home / name).write_text("x")

    assert not complete(found(home)["a.pdf"], seconds_later=0)
    assert complete(found(home)["b.pdf"], seconds_later=0)


@pytest.mark.parametrize(("seconds_later", "expected"), [(20, False), (40, True)])
def test_without_a_marker_it_is_complete_when_it_has_been_quiet(home, seconds_later, expected):
    (home / "a.pdf").write_text("x")
    (home / "a.pdf.json").write_text("{}")

    assert complete(found(home)["a.pdf"], seconds_later=seconds_later) is expected


@pytest.mark.parametrize("missing", ["metadata", "unfinished"])
def test_what_lacks_something_is_given_more_time(home, missing):
    folder = home / "so-bo"
    folder.mkdir()
    (folder / ("a.pdf" if missing == "metadata" else "a.pdf.part")).write_text("x")
    if missing == "unfinished":
        (folder / "metadata.json").write_text("{}")

    assert not complete(found(home)["so-bo"], seconds_later=40)
    assert complete(found(home)["so-bo"], seconds_later=4000)


def test_a_copy_that_keeps_the_old_time_of_change_is_still_fresh(home):
    (home / "a.pdf").write_text("x")
    (home / "a.pdf.json").write_text("{}")
    os.utime(home / "a.pdf", (0, 0))
    os.utime(home / "a.pdf.json", (0, 0))

    assert not complete(found(home)["a.pdf"], seconds_later=10)


def test_settling_moves_everything_with_a_note_and_overwrites_nothing(home):
    for _ in range(2):
        (home / "a.pdf").write_text("x")
        (home / "a.pdf.json").write_text("{}")
        settle(found(home)["a.pdf"], Ending("rejected", "reason.txt", "vì sao"))

    assert sorted(path.name for path in home.iterdir()) == ["rejected"]
    assert sorted(path.name for path in (home / "rejected").iterdir()) == ["a.pdf", "a.pdf-2"]
    assert (home / "rejected" / "a.pdf-2" / "reason.txt").read_text() == "vì sao"
    assert (home / "rejected" / "a.pdf-2" / "a.pdf.json").exists()


def test_natural_order_takes_any_name(tmp_path):
    names = ["b", "a10", "10", "²", "2", "a2"]

    assert [path.name for path in sorted((tmp_path / name for name in names), key=natural_order)] == [
        "2",
        "10",
        "a2",
        "a10",
        "b",
        "²",
    ]


def test_what_cannot_be_looked_at_keeps_nothing_else_waiting(home):
    for name in ("a" * 253, "b.pdf"):
        (home / name).write_text("x")
    (home.parent / os.fsdecode(b"\xff")).mkdir()

    assert list(found(home)) == ["b.pdf"]

"""Damaged and odd records: each is told, mended as far as it can be, and never stops the rest."""

import io

import pytest

from services.catalog.formats import Format, Found, Severity, read
from tests.resources.catalog.formats.damaged import CASES, Case, bomb, codes, workbook
from tests.resources.catalog.formats.samples import TITLES


def found_in(data: bytes, form: Format) -> list[Found]:
    return list(read(io.BytesIO(data), form))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.form}: {case.name}")
def test_is_told_and_mended_and_stops_nothing(case: Case) -> None:
    first, *damaged, last = found_in(case.file, case.form)

    kept = [one.record for one in damaged if one.record is not None]
    assert [one.record is not None and one.record["245"]["a"] for one in (first, last)] == [TITLES[0], TITLES[0]]
    assert len(kept) == case.kept
    assert set(case.told.split()) <= set().union(*(codes(one.faults) for one in damaged))
    if case.title:
        assert kept[0]["245"]["a"] == case.title
    if not case.told:
        assert all(fault.severity == Severity.NOTE for one in damaged for fault in one.faults)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.form}: {case.name}")
def test_every_piece_can_be_resumed_behind(case: Case) -> None:
    whole = found_in(case.file, case.form)

    for place, one in enumerate(whole):
        rest = list(read(io.BytesIO(case.file), case.form, start_at=one.end))
        assert [str(other.record) for other in rest] == [str(other.record) for other in whole[place + 1 :]]


def test_there_are_enough_kinds() -> None:
    assert len({(case.form, case.name) for case in CASES}) >= 80


def test_a_workbook_that_would_fill_the_memory_is_refused() -> None:
    (only,) = found_in(bomb(), Format.XLSX)

    assert only.record is None
    assert codes(only.faults) == {"too-large:lost"}


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04 not a zip", workbook([["a", "b"]])[:-200]], ids=["empty", "no-zip", "cut"]
)
def test_a_workbook_that_is_none_is_told(data: bytes) -> None:
    (only,) = found_in(data, Format.XLSX)

    assert codes(only.faults) == {"unreadable:lost"}


def test_a_table_without_headings_is_told() -> None:
    (only,) = found_in(b"1,2,3\n4,5,6\n", Format.CSV)

    assert codes(only.faults) == {"no-columns:lost"}


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize(
    "data", [b"", b"\x1d", b"\0" * 5000, b"<", b"{", b'"', b"\xff" * 300, bytes(range(256)) * 40], ids=len
)
def test_bytes_that_are_nothing_crash_nothing(form: Format, data: bytes) -> None:
    assert all(one.record is None and one.faults for one in found_in(data, form))

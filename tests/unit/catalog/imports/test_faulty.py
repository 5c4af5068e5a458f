"""Records cut out of a file are a file of the same kind, and say what they said there."""

import codecs
import csv
import io
from contextlib import closing
from dataclasses import replace

import openpyxl
import pymarc
import pytest

from services.catalog.formats import Format, read, tables, write
from services.catalog.formats.limits import LIMITS
from services.catalog.imports import faulty
from services.catalog.imports.faulty import Cutting
from tests.integration.catalog.union.shelves import books, catalogue

KNOWN = books(6)
WANTED = (2, 3, 6)
WRITTEN = (Format.MARC21, Format.MARCXML, Format.MARCJSON, Format.MODS, Format.DC, Format.CSV)


def cut(body: bytes, form: Format, wanted: tuple[int, ...] = WANTED) -> bytes:
    places = {one.number: one.position for one in read(io.BytesIO(body), form)}
    positions = [places[number] for number in wanted]
    with io.BytesIO(body) as stream, closing(Cutting(stream, form, None)) as cutting:
        pieces = [cutting.begin()]
        while positions:
            piece, done = cutting.take(positions)
            pieces.append(piece)
            del positions[:done]
        return b"".join(pieces) + cutting.end()


def titles(body: bytes, form: Format) -> list[str | None]:
    found = [one.record for one in read(io.BytesIO(body), form)]
    return [record.title if record else None for record in found]


@pytest.mark.parametrize(("leap", "step"), [(10**9, 500), (0, 500), (10**9, 1)], ids=["read", "leapt", "by steps"])
@pytest.mark.parametrize("form", WRITTEN)
def test_what_is_cut_out_can_be_read_again(form: Format, leap: int, step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faulty, "WORTH_A_LEAP", leap)
    monkeypatch.setattr(faulty, "RECORDS_A_STEP", step)
    body = b"".join(write(catalogue(KNOWN), form))
    whole = titles(body, form)
    assert len(whole) == len(KNOWN)
    assert titles(cut(body, form), form) == [whole[number - 1] for number in WANTED]


def test_damage_comes_along() -> None:
    body = b"".join(record.as_marc() for record in catalogue(KNOWN[:1])) + b"no record at all\x1d"
    body += b"".join(record.as_marc() for record in catalogue(KNOWN[1:5]))
    assert cut(body, Format.MARC21).startswith(b"no record at all\x1d")


def test_of_a_workbook_comes_a_table_with_its_own_headings() -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    rows = [("Tên sách", "Tác giả", "Ô lạ"), *((f"Sách {number}\ndòng hai", "=1+1", "\tx") for number in range(1, 7))]
    for row in rows:
        sheet.append(row)
    written = io.BytesIO()
    workbook.save(written)
    found = list(csv.reader(io.StringIO(cut(written.getvalue(), Format.XLSX).decode("utf-8-sig"), newline="")))
    assert found[0] == list(rows[0])
    assert [row[0] for row in found[1:]] == [f"Sách {number}\ndòng hai" for number in WANTED]
    assert not any(cell.startswith(("=", "\t")) for row in found for cell in row)


def test_marcxml_with_prefixes_is_well_formed() -> None:
    records = list(catalogue(KNOWN))
    body = b"".join(write(records, Format.MARCXML)).replace(b"<", b"<marc:").replace(b"<marc:/", b"</marc:")
    body = body.replace(b"<marc:?xml", b"<?xml").replace(b'xmlns="', b'xmlns:marc="')
    found = pymarc.parse_xml_to_array(io.BytesIO(cut(body, Format.MARCXML)))
    assert [record.title for record in found] == [records[number - 1].title for number in WANTED]


class Counted(io.BytesIO):
    """How much of it is read."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size)
        self.taken += len(found)
        return found


def test_what_is_far_is_leapt_to() -> None:
    body = b"".join(record.as_marc() for record in catalogue(KNOWN)) * 5_000
    last = body.rindex(b"\x1d", 0, -1) + 1
    with Counted(body) as stream, closing(Cutting(stream, Format.MARC21, None)) as cutting:
        assert cutting.take([last]) == (body[last:], 1)
        assert stream.taken < len(body) / 10


def test_a_workbook_that_unpacks_to_too_much_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in (("Tên sách", "Tác giả"), *(("Sách", "Ai") for _ in range(3))):
        sheet.append(row)
    written = io.BytesIO()
    workbook.save(written)
    monkeypatch.setattr(tables, "LIMITS", replace(LIMITS, workbook_bytes=1000))
    assert cut(written.getvalue(), Format.XLSX, (1,)).strip(b"\r\n") == codecs.BOM_UTF8


@pytest.mark.parametrize("form", [Format.XLSX, Format.CSV])
@pytest.mark.parametrize("body", [b"PK\x03\x04 broken", b"no headings;here\n"])
def test_of_a_table_that_cannot_be_read_nothing_is_cut(form: Format, body: bytes) -> None:
    assert cut(body, form, (1,)).strip(b"\r\n") == codecs.BOM_UTF8

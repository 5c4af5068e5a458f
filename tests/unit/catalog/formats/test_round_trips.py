"""What is written is read again as it was, here and by programs that others wrote."""

import io
import json
import subprocess
import unicodedata
from pathlib import Path

import pymarc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymarc import Field, Indicators, Subfield

from services.catalog.formats import (
    Fault,
    FaultCode,
    Format,
    Severity,
    Unwritable,
    as_marc21,
    as_marcxml,
    read,
    write,
)
from tests.editions.sets import descriptions
from tests.resources.catalog.formats.samples import book, field, full_book

SCHEMA = Path("tests/resources/xsd/MARC21slim.xsd")
VIETNAMESE = st.text(
    st.sampled_from("aăâbcdđeêghiklmnoôơpqrstuưvxyÁẠẢÃÀẤẬĐƯỢỄỹ  .,:;/()'\"<>&-0123456789"), min_size=1, max_size=40
)
# Of other scripts; signs of Latin-1 inside words are what tells an old encoding.
ANYTHING = st.text(st.characters(min_codepoint=0x370, categories=("Lu", "Ll", "Lo", "Nd", "So", "Po")), max_size=30)
VALUES = (VIETNAMESE | ANYTHING).map(lambda text: f"x{text}x")
INDICATOR = st.sampled_from(" 0123456789")
CODES = st.sampled_from("abcdefghnpqtvxyz0123456789")
CONTROL = st.builds(lambda tag, data: Field(tag, data=data), st.sampled_from(["001", "003", "005", "007"]), VALUES)
DATA = st.builds(
    lambda tag, one, two, parts: Field(f"{tag:03}", Indicators(one, two), [Subfield(*part) for part in parts]),
    st.integers(10, 999),
    INDICATOR,
    INDICATOR,
    st.lists(st.tuples(CODES, VALUES), min_size=1, max_size=5),
)


def records() -> st.SearchStrategy[pymarc.Record]:
    return st.builds(
        lambda control, data: pymarc.Record(fields=[*control, *data], leader="00000nam a2200000 a 4500"),
        st.lists(CONTROL, max_size=3),
        st.lists(DATA, min_size=1, max_size=12),
    )


@pytest.mark.parametrize("form", [Format.MARC21, Format.MARCXML, Format.MARCJSON])
@given(given_records=st.lists(records(), min_size=1, max_size=4))
@settings(max_examples=30, deadline=None)
def test_what_is_written_is_read(form: Format, given_records: list[pymarc.Record]) -> None:
    file = b"".join(write(given_records, form))

    found = list(read(io.BytesIO(file), form))

    normal = [_normal(record) for record in given_records]
    assert [one.record and one.record.as_dict()["fields"] for one in found] == normal
    assert not [fault for one in found for fault in one.faults if fault.severity != Severity.NOTE]


@given(record=records())
@settings(max_examples=30, deadline=None)
def test_pymarc_reads_what_is_written(record: pymarc.Record) -> None:
    (theirs,) = pymarc.MARCReader(as_marc21(record))

    assert theirs is not None
    assert theirs.as_dict()["fields"] == record.as_dict()["fields"]


@given(record=records())
@settings(max_examples=30, deadline=None)
def test_what_pymarc_writes_is_read(record: pymarc.Record) -> None:
    (found,) = read(io.BytesIO(record.as_marc()), Format.MARC21)

    assert found.record is not None
    assert found.record.as_dict()["fields"] == _normal(record)


@given(data=st.binary(max_size=400), form=st.sampled_from(list(Format)))
@settings(max_examples=100, deadline=None)
def test_no_bytes_crash_a_reader(data: bytes, form: Format) -> None:
    for found in read(io.BytesIO(data), form):
        assert found.record is not None or found.faults


@given(place=st.integers(0, 5_000), byte=st.integers(0, 255))
@settings(max_examples=100, deadline=None)
def test_one_wrong_byte_costs_no_other_record(place: int, byte: int) -> None:
    file = bytearray(b"".join(write([book(1), full_book(), book(3)], Format.MARC21)))
    first, last = len(as_marc21(book(1))), len(as_marc21(book(3)))
    hurt = first + place % (len(file) - first - last - 1)
    file[hurt] = byte

    found = list(read(io.BytesIO(bytes(file)), Format.MARC21))

    assert str(found[0].record) == str(book(1))
    assert str(found[-1].record) == str(book(3))
    assert len(file) - sum(len(one.raw) for one in found) <= 1  # a blank before a record is part of none


def test_yaz_marcdump_reads_every_record_without_a_warning(tmp_path: Path) -> None:
    given_records = [full_book(), *(each.record for each in descriptions("tuned"))]
    for form, name in ((Format.MARC21, "marc"), (Format.MARCXML, "marcxml")):
        file = tmp_path / name
        file.write_bytes(b"".join(write(given_records, form)))

        back = subprocess.run(
            ["yaz-marcdump", "-i", name, "-o", "marc", "-f", "utf-8", "-t", "utf-8", file],
            capture_output=True,
            check=True,
        )

        found = list(read(io.BytesIO(back.stdout), Format.MARC21))
        assert back.stderr == b""
        assert [one.record and one.record.as_dict()["fields"] for one in found] == list(map(_normal, given_records))


def test_marcxml_is_valid_by_its_schema(tmp_path: Path) -> None:
    file = tmp_path / "records.xml"
    odd = book(7, "Điều khiển & <tự động> \x0b hoá")
    odd.add_ordered_field(Field("009", data="sau"))
    odd.fields.append(Field("006", data="m"))
    file.write_bytes(
        b"".join(write([full_book(), odd, *(each.record for each in descriptions("tuned"))], Format.MARCXML))
    )

    checked = subprocess.run(["xmllint", "--noout", "--schema", SCHEMA, file], capture_output=True, check=False)

    assert checked.returncode == 0, checked.stderr.decode()[:2_000]


def test_a_record_too_long_for_iso_2709_is_told_and_left_out_whole() -> None:
    long_field = book(2, "x" * 10_000)
    long_record = book(3, "Dài", *[field("653", "  ", "a" + "y" * 9_000)] * 12)
    refused: list[Fault] = []

    file = b"".join(
        write(
            [book(1), long_field, long_record, book(4)], Format.MARC21, refused=lambda _, fault: refused.append(fault)
        )
    )

    assert [one.record and one.record["001"].data for one in read(io.BytesIO(file), Format.MARC21)] == [
        "vn000001",
        "vn000004",
    ]
    assert [(fault.code, fault.field) for fault in refused] == [
        (FaultCode.TOO_LARGE, "245"),
        (FaultCode.TOO_LARGE, ""),
    ]
    with pytest.raises(Unwritable):
        as_marc21(long_record)
    assert len(as_marcxml(long_record)) > 99_999


def test_a_format_that_is_only_read_is_not_written() -> None:
    with pytest.raises(ValueError, match="not written"):
        list(write([book()], Format.UNIMARC))


def _normal(record: pymarc.Record) -> object:
    """The fields as every reader gives them: letters composed."""
    written = json.dumps(record.as_dict()["fields"], ensure_ascii=False)
    return json.loads(unicodedata.normalize("NFC", written))

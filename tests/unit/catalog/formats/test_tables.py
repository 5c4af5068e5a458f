"""Tables as schools keep them, and telling which format a file is in."""

import io
from collections.abc import Callable

import openpyxl
import pymarc
import pytest

from services.catalog.formats import (
    ColumnMapping,
    FaultCode,
    Format,
    as_marc21,
    as_marcjson,
    as_marcxml,
    as_mods,
    as_oai_dc,
    detect,
    read,
    template,
    write,
)
from tests.resources.catalog.formats.damaged import rebuilt, workbook
from tests.resources.catalog.formats.samples import as_tcvn3, as_windows_1258, book, full_book

SHEET = """TRƯỜNG THCS NGUYỄN ĐÌNH CHIỂU;;;;;;;
Danh mục sách năm học 2023;;;;;;;
STT;Tên sách;Tác giả;Nhà XB;Năm XB;Số trang;Khổ;Môn loại
1;Dế Mèn phiêu lưu ký;Tô Hoài;Kim Đồng;2010;160;21 cm;895.922
2;Ngữ văn 6;Nguyễn Khắc Phi (tổng chủ biên), Lê Xuân Thại;Giáo dục;2002;180;24 cm;807
3;Hai vạn dặm dưới biển;Verne, Jules; Đỗ Ca Sơn (dịch);Văn học;2005;;;843
"""


def records(data: bytes, form: Format = Format.CSV, mapping: ColumnMapping | None = None) -> list[pymarc.Record]:
    return [one.record for one in read(io.BytesIO(data), form, mapping=mapping) if one.record is not None]


def titles(data: bytes, form: Format = Format.CSV) -> list[str]:
    return [record["245"]["a"] for record in records(data, form)]


@pytest.mark.parametrize(
    "encode",
    [str.encode, lambda text: text.encode("utf-8-sig"), lambda text: text.encode("utf-16"), as_windows_1258, as_tcvn3],
    ids=["utf-8", "with a mark", "utf-16", "windows-1258", "tcvn3"],
)
@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_encoding_delimiter_and_row_of_headings_are_found(encode: Callable[[str], bytes], delimiter: str) -> None:
    sheet = SHEET.replace("Verne, Jules; Đỗ", "Verne, Jules và Đỗ").replace(";", delimiter)

    found = records(encode(sheet))

    assert [record["245"]["a"] for record in found] == ["Dế Mèn phiêu lưu ký", "Ngữ văn 6", "Hai vạn dặm dưới biển"]
    assert found[0]["300"].subfields == [("a", "160 tr."), ("c", "21 cm")]
    assert found[0]["008"].data[7:11] == "2010"
    people = [(one["a"], one.get("e"), one.get("4")) for one in found[1].get_fields("100", "700")]
    assert people == [("Nguyễn Khắc Phi", "tổng chủ biên", "edt"), ("Lê Xuân Thại", None, None)]
    assert [one["a"] for one in found[2].get_fields("100", "700")] == ["Verne, Jules", "Đỗ Ca Sơn"]


@pytest.mark.parametrize(
    ("heading", "tag", "code"),
    [
        ("Nhà xuất bản", "260", "b"),
        ("NXB", "260", "b"),
        ("nha xuat ban", "260", "b"),
        ("Ký hiệu kho:", "852", "j"),
        ("Số ĐKCB", "852", "p"),
        ("Môn loại (DDC)", "082", "a"),
        ("Khổ", "300", "c"),
        ("Kho", "852", "b"),
        ("Số bản", "852", "9"),
        ("GIÁ TIỀN *", "020", "c"),
    ],
)
def test_headings_are_known_with_marks_or_without(heading: str, tag: str, code: str) -> None:
    (found,) = records(f"Nhan đề\t{heading}\nMột cuốn sách\tgì đó\n".encode())

    assert found[tag][code] == "gì đó"


def test_a_mapping_names_what_headings_do_not() -> None:
    data = "Cột A,Cột B,Cột C,Cột D\nSố đỏ,Vũ Trọng Phụng,x,xanh\n".encode()
    mapping = ColumnMapping({"cột a": "title", "Cột B": "author", "Cột C": "ignored"}, header_row=1)

    (found,) = read(io.BytesIO(data), Format.CSV, mapping=mapping)

    assert found.record is not None
    assert (found.record["245"]["a"], found.record["100"]["a"]) == ("Số đỏ", "Vũ Trọng Phụng")
    assert found.record["599"].subfields == [("a", "Cột D"), ("b", "xanh")]
    assert (found.faults[0].code, found.faults[0].field) == (FaultCode.UNKNOWN_COLUMN, "Cột D")


def test_a_row_says_where_it_stands() -> None:
    found = list(read(io.BytesIO(SHEET.encode()), Format.CSV))

    assert [(one.position, one.end) for one in found] == [(4, 5), (5, 6), (6, 7)]
    assert titles(SHEET.encode()) == [one.record["245"]["a"] for one in found if one.record]
    (last,) = read(io.BytesIO(SHEET.encode()), Format.CSV, start_at=6)
    assert last.position == 6


def test_a_workbook_reads_as_its_cells_look() -> None:
    rows: list[list[object]] = [
        ["Nhan đề", "Năm", "ISBN", "Số trang", "Ghi chú"],
        ["Số đỏ", 2010, 9786042088107, 320.0, None],
        [None, None, None, None, None],
        ["Giông tố", "1936", None, "320tr", True],
    ]

    found = list(read(io.BytesIO(workbook(rows)), Format.XLSX))

    assert [one.position for one in found] == [2, 4]
    first = found[0].record
    assert first is not None
    assert (first["260"]["c"], first["020"]["a"], first["300"]["a"]) == ("2010", "9786042088107", "320 tr.")


def test_a_sheet_is_chosen_by_name() -> None:
    made = openpyxl.Workbook()
    made.active.append(["không có gì"])
    made.create_sheet("Sách").append(["Nhan đề", "Năm"])
    made["Sách"].append(["Số đỏ", 1936])
    file = io.BytesIO()
    made.save(file)

    found = [one.record for one in read(file, Format.XLSX, mapping=ColumnMapping(sheet="Sách"))]
    (missing,) = read(file, Format.XLSX, mapping=ColumnMapping(sheet="Báo"))

    assert [record and record["245"]["a"] for record in found] == ["Số đỏ"]
    assert [fault.code for fault in missing.faults] == [FaultCode.UNREADABLE]


def test_the_template_is_read_without_a_word_on_it() -> None:
    (found,) = read(io.BytesIO(template()), Format.XLSX)

    assert found.record is not None
    assert found.faults == ()
    assert [one["p"] for one in found.record.get_fields("852") if one.get("p")] == ["TK.00123", "TK.00124"]


def test_what_is_written_as_a_table_is_read_again() -> None:
    (found,) = read(io.BytesIO(template()), Format.XLSX)
    assert found.record is not None

    assert [str(record) for record in records(b"".join(write([found.record], Format.CSV)))] == [str(found.record)]


def test_a_cell_is_no_formula_to_a_spreadsheet() -> None:
    written = b"".join(write([book(1, "@SUM(1+1)*cmd")], Format.CSV)).decode()

    assert ",@SUM" not in written
    assert ",'@SUM" in written


@pytest.mark.parametrize("sign", ["+", "-", "@"])  # "=" before a title is punctuation (ISBD), and is not kept
def test_what_was_written_beside_a_formula_is_read_without_it(sign: str) -> None:
    written = b"".join(write([book(1, f"{sign}1+1")], Format.CSV))
    assert f",'{sign}1+1".encode() in written
    assert titles(written) == [f"{sign}1+1"]
    mended = workbook([["Nhan đề", "Tác giả"], [f"'{sign}1+1", "An"]])
    assert titles(mended, Format.XLSX) == [f"{sign}1+1"]


UNIMARC = rebuilt([(b"001", b"u1"), (b"100", b"  \x1fa20110305d2010"), (b"200", b"1 \x1faT")])


@pytest.mark.parametrize(
    ("head", "name", "form"),
    [
        (as_marc21(full_book()), "export", Format.MARC21),
        (b"\xef\xbb\xbf" + as_marc21(full_book()), "export.txt", Format.MARC21),
        (UNIMARC, "export.mrc", Format.UNIMARC),
        (b"<?xml version='1.0'?><collection>" + as_marcxml(full_book()), "a.xml", Format.MARCXML),
        (b'<record><datafield tag="200" ind1="1" ind2=" ">', "a.xml", Format.UNIMARC),
        (b"<modsCollection>" + as_mods(full_book()), "a.xml", Format.MODS),
        (b"<OAI-PMH><ListRecords><record><metadata>" + as_oai_dc(full_book()), "a.xml", Format.DC),
        (as_marcjson(full_book()), "a", Format.MARCJSON),
        (b"[\n" + as_marcjson(full_book()), "a.json", Format.MARCJSON),
        (SHEET.encode(), "sach.csv", Format.CSV),
        (as_tcvn3(SHEET), "sach", Format.CSV),
        (template()[:4096], "mau.xlsx", Format.XLSX),
        (b"%PDF-1.7", "a.pdf", None),
        (b"<html><body>", "a.xml", None),
        (b"", "a.mrc", None),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "sach.xls", None),
    ],
)
def test_the_format_is_told_by_its_first_bytes(head: bytes, name: str, form: Format | None) -> None:
    assert detect(head[:4096], name) == form

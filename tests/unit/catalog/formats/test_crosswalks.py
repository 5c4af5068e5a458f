"""Between MARC 21 and the other formats: golden files for each way out, and what each way in makes of a record."""

import io
import json
from pathlib import Path

import pymarc
import pytest

from services.catalog.formats import (
    FaultCode,
    Format,
    Style,
    as_citation,
    as_json_ld,
    as_marc21,
    as_marcjson,
    as_marcxml,
    as_mods,
    as_oai_dc,
    read,
    write,
)
from tests.resources.catalog.formats.damaged import rebuilt
from tests.resources.catalog.formats.samples import book, field, full_book

GOLDEN = Path("tests/resources/catalog/formats/golden")
WRITERS = {
    "full.mrc": as_marc21,
    "full.marc.xml": as_marcxml,
    "full.marc.json": as_marcjson,
    "full.mods.xml": as_mods,
    "full.dc.xml": as_oai_dc,
    "full.jsonld": as_json_ld,
    "full.csv": lambda record: b"".join(write([record], Format.CSV)),
    **{f"full.{style}.txt": lambda record, style=style: as_citation(record, style).encode() for style in Style},
}


@pytest.mark.parametrize("name", WRITERS)
def test_is_written_as_the_golden_file_says(name: str) -> None:
    assert WRITERS[name](full_book()).decode() == (GOLDEN / name).read_bytes().decode()


@pytest.mark.parametrize(
    ("form", "kept"),
    [
        (Format.MODS, ("001", "082", "250", "260", "300", "490", "500", "520", "650", "856")),
        (Format.DC, ("520",)),
    ],
)
def test_a_record_that_went_out_comes_back_with_what_the_format_holds(form: Format, kept: tuple[str, ...]) -> None:
    (found,) = read(io.BytesIO(b"".join(write([full_book()], form))), form)

    assert found.record is not None
    assert found.faults == ()
    assert found.record["245"]["a"].startswith("Lịch sử & văn hoá Đàng Trong")
    assert found.record["020"]["a"].replace("-", "") == "9786042088107"
    assert found.record["008"].data[7:11] == "2010"
    assert found.record["008"].data[35:38] == "vie"
    for tag in kept:
        assert _bare(found.record[tag]) == _bare(full_book()[tag])


def test_mods_keeps_roles_and_the_order_of_vietnamese_names() -> None:
    (found,) = read(io.BytesIO(as_mods(full_book())), Format.MODS)

    assert found.record is not None
    people = [(one["a"], one.get("4")) for one in found.record.get_fields("110", "700")]
    assert people == [
        ("Viện Sử học", None),
        ("Nguyễn Văn Đạt", "edt"),
        ("Trần Thị Ước", "trl"),
        ("Dumoutier, Gustave", "aui"),
    ]


def test_unimarc_becomes_marc21() -> None:
    data = rebuilt(
        [
            (b"001", b"u1"),
            (b"010", b"  \x1fa978-604-2-08810-7\x1fdBr\x1fb8000"),
            (b"100", b"  \x1fa20110305d2010    m  y0viey50      ba"),
            (b"101", b"0 \x1favie"),
            (b"102", b"  \x1faVN"),
            (
                b"200",
                "1 \x1faĐất rừng phương Nam\x1fetruyện\x1ffĐoàn Giỏi\x1fgLê Lam\x1fh2\x1fiNgười đi săn".encode(),
            ),
            (b"210", "  \x1faHà Nội\x1fcKim Đồng\x1fd2010".encode()),
            (b"215", b"  \x1fa320 tr.\x1fcminh ho\x1fd21 cm"),
            (b"225", "2 \x1faTủ sách Vàng\x1fv7".encode()),
            (b"410", b" 0\x1f1001s9\x1f12001 \x1faNam"),
            (b"606", "  \x1faThiếu nhi\x1fxTruyện\x1fyViệt Nam".encode()),
            (b"676", b"  \x1fa895.922\x1fv23"),
            (b"700", b" 1\x1faVerne\x1fbJules\x1f4070"),
            (b"702", " 0\x1faĐoàn\x1fbGiỏi\x1f4340".encode()),
            (b"801", b" 0\x1faVN\x1fbTVQG"),
            (b"899", b"  \x1faTVT"),
        ],
        b"00000nam0 2200000   450 ",
    )

    (found,) = read(io.BytesIO(data), Format.UNIMARC)

    assert found.record is not None
    assert [str(one) for one in found.record.fields] == (GOLDEN / "unimarc.txt").read_text("utf-8").splitlines()
    assert [(fault.code, fault.field) for fault in found.faults] == [(FaultCode.UNMAPPED, "899")]


def test_unimarc_comes_in_xml_as_well() -> None:
    inside = '<datafield tag="200" ind1="1" ind2=" "><subfield code="a">Số đỏ</subfield></datafield>'
    (found,) = read(io.BytesIO(f"<record>{inside}</record>".encode()), Format.UNIMARC)

    assert found.record is not None
    assert found.record["245"]["a"] == "Số đỏ"


def test_dublin_core_in_an_answer_of_oai_pmh() -> None:
    answer = """<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords>
      <record><header><identifier>oai:a:1</identifier></header><metadata>
        <oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" xmlns:dc="http://purl.org/dc/elements/1.1/">
          <dc:title>Gia Định thành thông chí</dc:title><dc:creator>Trịnh Hoài Đức; Lý Việt Dũng</dc:creator>
          <dc:date>1998-05</dc:date><dc:language>vi</dc:language><dc:identifier>ISBN 9786042088107</dc:identifier>
          <dc:identifier>https://a.example/1</dc:identifier><dc:mystery>gì đó</dc:mystery></oai_dc:dc>
      </metadata></record>
      <record><header status="deleted"><identifier>oai:a:2</identifier></header></record></ListRecords></OAI-PMH>"""

    first, gone = read(io.BytesIO(answer.encode()), Format.DC)

    assert first.record is not None
    assert [one["a"] for one in first.record.get_fields("100", "700")] == ["Trịnh Hoài Đức", "Lý Việt Dũng"]
    assert (first.record["020"]["a"], first.record["856"]["u"]) == ("9786042088107", "https://a.example/1")
    assert [(fault.code, fault.field) for fault in first.faults] == [(FaultCode.UNMAPPED, "mystery")]
    assert [(fault.code, fault.detail) for fault in gone.faults] == [(FaultCode.DELETED, "oai:a:2")]


def test_json_ld_names_a_person_once_and_in_order() -> None:
    described = json.loads(as_json_ld(full_book()))

    assert described["@type"] == "Book"
    assert described["editor"] == [{"@type": "Person", "name": "Nguyễn Văn Đạt"}]
    assert described["numberOfPages"] == 320
    assert {"@type": "Person", "name": "Gustave Dumoutier", "familyName": "Dumoutier", "givenName": "Gustave"} in (
        described["contributor"]
    )


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        (["1 |Nguyễn, Văn A"], "Nguyễn Văn A. Sách. Hà Nội: Nxb. Giáo dục, 2010."),
        (["1 |Rowling, J. K."], "Rowling, J. K. Sách. Hà Nội: Nxb. Giáo dục, 2010."),
        (["0 |Nam Cao", "0 |Tô Hoài"], "Nam Cao; Tô Hoài. Sách. Hà Nội: Nxb. Giáo dục, 2010."),
        (
            ["0 |Nam Cao", "0 |Tô Hoài", "0 |Kim Lân", "0 |Bùi Hiển"],
            "Nam Cao; và cộng sự. Sách. Hà Nội: Nxb. Giáo dục, 2010.",
        ),
        ([], "Sách. Hà Nội: Nxb. Giáo dục, 2010."),
    ],
)
def test_a_citation_of_a_vietnamese_library(entries: list[str], expected: str) -> None:
    assert as_citation(_by(entries), Style.TCVN) == expected


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        (["1 |Nguyễn, Văn A"], "Nguyễn Văn A (2010). Sách. Nxb. Giáo dục."),
        (["1 |Rowling, Joanne Kathleen"], "Rowling, J. K. (2010). Sách. Nxb. Giáo dục."),
        (["0 |Nam Cao", "0 |Tô Hoài"], "Nam Cao và Tô Hoài (2010). Sách. Nxb. Giáo dục."),
        ([], "Sách. (2010). Nxb. Giáo dục."),
    ],
)
def test_a_citation_by_apa(entries: list[str], expected: str) -> None:
    assert as_citation(_by(entries), Style.APA) == expected


def test_bibtex_cannot_be_broken_out_of() -> None:
    written = as_citation(book(1, "A } , author = {B} \\input{x} % $ #"), Style.BIBTEX)

    title = next(line for line in written.splitlines() if line.startswith("  title"))
    assert title == r"  title = {A \} , author = \{B\} \textbackslash{}input\{x\} \% \$ \#},"


def test_ris_has_one_line_for_each_value() -> None:
    written = as_citation(book(1, "Một\r\nER  - \r\nTY  - HAI"), Style.RIS)

    assert written.count("ER  - \r\n") == 1
    assert "TI  - Một ER - TY - HAI\r\n" in written


def _by(entries: list[str]) -> pymarc.Record:
    people = [entry.split("|") for entry in entries]
    fields = [field("700" if place else "100", who, f"a{name}", "4aut") for place, (who, name) in enumerate(people)]
    return book(1, "Sách", *fields)


def _bare(one: pymarc.Field) -> list[str]:
    if one.control_field:
        return [one.data or ""]
    return [part.value.rstrip(" :;,/.") for part in one.subfields if part.code != "2"]

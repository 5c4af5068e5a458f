"""Damaged and odd records of every format, and what must become of each.

Each stands between two intact ones, so that every case also shows that reading goes on.
"""

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

import openpyxl

from services.catalog.formats import Fault, Format, as_marc21, as_marcjson, as_marcxml
from tests.resources.catalog.formats.samples import (
    TITLES,
    as_tcvn3,
    as_utf8_twice,
    as_vni,
    as_windows_1258,
    book,
    field,
)

END, FIELD, SUB = b"\x1d", b"\x1e", b"\x1f"
NAME = "Nguyễn Đình Thắng"


@dataclass(frozen=True)
class Case:
    """`kept`: how many records come out of the damaged piece; `title`: what its 245 $a must say; `told`: the faults
    that its pieces must bear, "code:severity" each.
    """

    name: str
    form: Format
    data: bytes
    kept: int = 1
    title: str | None = TITLES[1]
    told: str = ""

    @property
    def file(self) -> bytes:
        return _AROUND[self.form](self.data)


def iso(title: str = TITLES[1], *more: object, leader: str = "00000nam a2200000 a 4500") -> bytes:
    return as_marc21(book(2, title, *more, leader=leader))  # type: ignore[arg-type]


def rebuilt(fields: list[tuple[bytes, bytes]], leader: bytes = b"00000nam a2200000 a 4500") -> bytes:
    """ISO 2709 of fields whose bytes are given as they stand, without the end-of-field sign."""
    directory, body = b"", b""
    for tag, data in fields:
        directory += b"%b%04d%05d" % (tag, len(data) + 1, len(body))
        body += data + FIELD
    base = 24 + len(directory) + 1
    size = base + len(body) + 1
    return b"%05d%b%05d%b%b%b%b%b" % (size, leader[5:12], base, leader[17:], directory, FIELD, body, END)


def titled(title: bytes, *more: tuple[bytes, bytes], leader: bytes = b"00000nam a2200000 a 4500") -> bytes:
    fixed = b"240115s2010    vm |||||||||||||||||vie||"
    return rebuilt([(b"001", b"vn2"), (b"008", fixed), (b"245", b"10\x1fa" + title), *more], leader)


def changed(data: bytes, start: int, new: bytes) -> bytes:
    return data[:start] + new + data[start + len(new) :]


GOOD = iso()
BASE = int(GOOD[12:17])
TITLE = TITLES[1].encode()
BLANK = b"00000nam  2200000 a 4500"


def _characters_for_bytes() -> bytes:
    """A directory that counts letters where it should count bytes, as of systems moved to Unicode in haste."""
    fields = [b"vn2", b"10\x1fa" + TITLE, "  \x1faHà Nội :\x1fbGiáo dục".encode()]
    counted = rebuilt(
        [
            (tag, data.decode().encode("ascii", "replace"))
            for tag, data in zip((b"001", b"245", b"260"), fields, strict=True)
        ]
    )
    base = int(counted[12:17])
    return counted[:base] + b"".join(data + FIELD for data in fields) + END


def _iso_cases() -> list[Case]:
    m = Format.MARC21
    length = "record-length:repaired"
    return [
        Case("length too small", m, b"00050" + GOOD[5:], told=length),
        Case("length too large", m, b"00999" + GOOD[5:], told=length),
        Case("length of zeros", m, b"00000" + GOOD[5:], told=length),
        Case("length without digits", m, b"  x1 " + GOOD[5:], told=length),
        Case("length over two records", m, b"%05d" % (2 * len(GOOD)) + GOOD[5:], told=length),
        Case("no end of record", m, GOOD[:-1], told="truncated:lost"),
        Case("cut in its fields", m, GOOD[: len(GOOD) - 40], told="truncated:lost directory:repaired"),
        Case("cut in its directory", m, GOOD[:40], 0, None, "not-a-record:lost"),
        Case("only a leader", m, b"00026nam a2200025 a 4500\x1e\x1d", 0, None, "not-a-record:lost"),
        Case("text between records", m, b"*** Trang 2 ***\x1d", 0, None, "not-a-record:lost"),
        Case("text before a record", m, b"xin chao " + GOOD, told="not-a-record:lost"),
        Case("line ends between records", m, b"\r\n\r\n" + GOOD + b"\r\n"),
        Case("zeros between records", m, b"\0" * 600 + GOOD),
        Case("wrong base address", m, changed(GOOD, 12, b"00030"), told="leader:repaired"),
        Case("base address without digits", m, changed(GOOD, 12, b"abcde"), told="leader:repaired"),
        Case("leader of spaces", m, changed(GOOD, 5, b"     "), told="leader:repaired"),
        Case("directory counts letters", m, _characters_for_bytes(), told="directory:repaired"),
        Case("letters in an entry", m, changed(GOOD, 24 + 12 + 3, b"00x1"), told="directory:repaired"),
        Case("entry beyond the end", m, changed(GOOD, 24 + 36 + 7, b"99999"), told="directory:repaired"),
        Case("entry left out", m, _without_entry(), told="directory:lost"),
        Case(
            "end of field in a title",
            m,
            titled(TITLE + b"\x1ebb"),
            title=TITLES[1] + " bb",
            told="control-characters:repaired",
        ),
        Case("end of record in a title", m, titled(TITLE + b"\x1fbph\x1d"), told="control-characters:repaired"),
        Case("UTF-8 under the flag of MARC-8", m, titled(TITLE, leader=BLANK), told="wrong-encoding-flag:repaired"),
        Case("MARC-8", m, titled(b"L\xf2ich s\xe0u \xa3\xe0ang b\xe3\xf2o", leader=BLANK), title="Lịch sủ Đảng bộ"),
        Case(
            "MARC-8 under the flag of UTF-8",
            m,
            titled(b"L\xf2ich s\xe0u \xa3\xe0ang b\xe3\xf2o"),
            title="Lịch sủ Đảng bộ",
            told="wrong-encoding-flag:repaired",
        ),
        Case("TCVN3", m, titled(as_tcvn3(TITLES[2]), leader=BLANK), title=TITLES[2], told="legacy-encoding:repaired"),
        Case("VNI", m, titled(as_vni(TITLES[2])), title=TITLES[2], told="legacy-encoding:repaired"),
        Case(
            "Windows-1258",
            m,
            titled(as_windows_1258(TITLES[2]), leader=BLANK),
            title=TITLES[2],
            told="legacy-encoding:repaired",
        ),
        Case(
            "TCVN3 written as UTF-8",
            m,
            titled(as_tcvn3(TITLES[2]).decode("latin-1").encode()),
            title=TITLES[2],
            told="legacy-encoding:repaired",
        ),
        Case("UTF-8 twice", m, titled(as_utf8_twice(TITLES[2])), title=TITLES[2], told="legacy-encoding:repaired"),
        Case(
            "French in Latin-1",
            m,
            titled("Économie générale de l'Indochine à l'été".encode("latin-1"), leader=BLANK),
            title="Économie générale de l'Indochine à l'été",
            told="legacy-encoding:repaired",
        ),
        Case(
            "a byte that is no UTF-8", m, titled(TITLE + b" \xff"), title=TITLES[1] + " \ufffd", told="bad-bytes:lost"
        ),
        Case("control characters", m, titled(b"L\x01" + TITLE[1:]), told="control-characters:repaired"),
        Case("tag of signs", m, titled(TITLE, (b"6 0", b"  \x1faTin")), told="tag:lost"),
        Case("no indicators", m, rebuilt([(b"245", b"\x1fa" + TITLE)]), told="indicators:repaired"),
        Case("three indicators", m, rebuilt([(b"245", b"10x\x1fa" + TITLE)]), told="indicators:repaired"),
        Case("no subfields", m, rebuilt([(b"245", TITLE)]), told="subfields:repaired"),
        Case("a space for a subfield code", m, rebuilt([(b"245", b"10\x1f " + TITLE)]), told="subfields:repaired"),
        Case("subfields in 001", m, titled(TITLE, (b"003", b"  \x1faTVT")), told="subfields:repaired"),
        Case("empty field", m, titled(TITLE, (b"650", b"  ")), told="empty-field:note"),
        Case("empty subfield", m, titled(TITLE, (b"650", b"  \x1fa\x1fxb"))),
        Case(
            "no title",
            m,
            rebuilt([(b"001", b"vn2"), (b"100", b"0 \x1faT\xc3\xb4 Ho\xc3\xa0i")]),
            title=None,
            told="no-title:note",
        ),
        Case("running number for an ISBN", m, iso(TITLES[1], field("020", "  ", "a000123")), told="bad-isbn:note"),
        Case("price for an ISBN", m, iso(TITLES[1], field("020", "  ", "c25.000đ"))),
        Case("bad ISSN", m, iso(TITLES[1], field("022", "  ", "a1234-5678")), told="bad-issn:note"),
        Case(
            "year in the imprint alone",
            m,
            rebuilt([(b"245", b"10\x1fa" + TITLE), (b"260", b"  \x1faH.\x1fc1998")]),
            told="year-from-imprint:note",
        ),
        Case(
            "no year in the date",
            m,
            rebuilt([(b"245", b"10\x1fa" + TITLE), (b"260", b"  \x1fc20018")]),
            told="bad-year:note",
        ),
        Case("an authority record", m, iso(leader="00000nz  a2200000n  4500"), told="not-bibliographic:note"),
        Case(
            "the same field thousands of times",
            m,
            titled(TITLE, *[(b"653", b"  \x1faa")] * 5_500),
            told="too-many-fields:lost",
        ),
        Case("decomposed letters", m, titled("Lịch sử Đảng bộ thành phố Hồ Chí Minh".encode())),
    ]


def _without_entry() -> bytes:
    """The entry of 260 taken out; its field still stands."""
    taken = GOOD[: BASE - 13] + GOOD[BASE - 1 :]
    return b"%05d%b%05d%b" % (len(taken), taken[5:12], BASE - 12, taken[17:])


def xml(title: str = TITLES[1]) -> str:
    return as_marcxml(book(2, title)).decode()


def _xml_cases() -> list[Case]:
    x = Format.MARCXML
    good = xml()
    bomb = '<!DOCTYPE record [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    return [
        Case("loose ampersand", x, xml("Q & A").replace("&amp;", "&").encode(), title="Q & A", told="markup:repaired"),
        Case(
            "entities of HTML",
            x,
            good.replace("Lịch", "L&igrave;ch").encode(),
            title="Lìch" + TITLES[1][4:],
            told="markup:repaired",
        ),
        Case(
            "entities of its own",
            x,
            (bomb + good.replace("Lịch", "&b;")).encode(),
            title="&b;" + TITLES[1][4:],
            told="markup:repaired",
        ),
        Case(
            "a file of the machine",
            x,
            ('<!DOCTYPE r [<!ENTITY f SYSTEM "file:///etc/passwd">]>' + good.replace("Lịch", "&f;")).encode(),
            title="&f;" + TITLES[1][4:],
            told="markup:repaired",
        ),
        Case(
            "end tag of a field missing",
            x,
            good.replace('</subfield></datafield><datafield tag="260"', '</subfield><datafield tag="260"').encode(),
            told="markup:lost",
        ),
        Case("end tag of the record missing", x, good.removesuffix("</record>").encode(), told="truncated:lost"),
        Case("start tag of the record missing", x, good[good.index("<controlfield") :].encode(), told="truncated:lost"),
        Case("control characters", x, good.replace("Lịch", "L\x01ịch").encode(), told="control-characters:repaired"),
        Case("references to control characters", x, good.replace("Lịch", "Lịch&#2;").encode(), told="markup:lost"),
        Case(
            "a byte that is no UTF-8",
            x,
            good.encode().replace("Lịch".encode(), "Lịch".encode() + b"\xff"),
            title="Lịch\ufffd" + TITLES[1][4:],
            told="bad-bytes:lost",
        ),
        Case(
            "TCVN3 written as UTF-8",
            x,
            xml(as_tcvn3(TITLES[2]).decode("latin-1")).encode(),
            title=TITLES[2],
            told="legacy-encoding:repaired",
        ),
        Case(
            "elements of no format",
            x,
            good.replace("</record>", "<extra>gì đó</extra></record>").encode(),
            told="unmapped:lost",
        ),
        Case("an empty record", x, b"<record></record>", 0, None, "no-fields:lost"),
        Case(
            "a deleted record",
            x,
            b'<record><header status="deleted"><identifier>oai:x:1</identifier></header></record>',
            0,
            None,
            "deleted:note",
        ),
        Case("a record in a comment", x, b"<!-- " + good.encode() + b" -->", 0, None),
        Case("a prefix nobody declared", x, good.replace("<", "<marc:").replace("<marc:/", "</marc:").encode()),
        Case("no leader", x, good.replace("<leader>00000nam a2200000 a 4500</leader>", "").encode()),
        Case(
            "control fields behind data fields",
            x,
            good.replace("</record>", '<controlfield tag="005">20240101</controlfield></record>').encode(),
        ),
        Case(
            "elements a thousand deep",
            x,
            good.replace("</record>", "<a>" * 1000 + "</record>").encode(),
            told="markup:lost",
        ),
    ]


def _json_cases() -> list[Case]:
    j = Format.MARCJSON
    good = as_marcjson(book(2, TITLES[1])).decode()
    return [
        Case("quotation mark missing", j, good.replace('"001"', '"001').encode() + b"\n", 0, None, "truncated:lost"),
        Case("brace missing", j, good[:-1].encode(), 0, None, "truncated:lost"),
        Case("comma missing", j, good.replace(",", " ", 1).encode(), 0, None, "unreadable:lost"),
        Case(
            "control characters in a string",
            j,
            good.replace("Lịch", "Lịch\x07").encode(),
            told="control-characters:repaired",
        ),
        Case("numbers for strings", j, good.replace('"vn000002"', "2").encode(), told="unreadable:lost"),
        Case("no record", j, b'{"ten": "khong phai bieu ghi"}', 0, None, "not-a-record:lost"),
        Case("lists a thousand deep", j, b'{"a": ' + b"[" * 2000 + b"]" * 2000 + b"}", 0, None, "unreadable:lost"),
        Case(
            "fields with tag and value",
            j,
            b'{"leader": "00000nam a2200000 a 4500", "fields": [{"tag": "001", "value": "2"}, '
            b'{"tag": "245", "ind1": "1", "ind2": "0", "subfields": [{"code": "a", "value": "' + TITLE + b'"}]}]}',
        ),
        Case("a record inside an object", j, b'{"id": 2, "marc": ' + good.encode() + b"}"),
        Case(
            "signs of ISO 2709 in a string",
            j,
            good.replace("Lịch", "Lịch\\u001e").encode(),
            title="Lịch " + TITLES[1][4:],
        ),
    ]


HEADINGS = "STT;Nhan đề;Tác giả;Nhà xuất bản;Năm;ISBN;Giá"


def _csv_cases() -> list[Case]:
    c = Format.CSV
    row = f"2;{TITLES[1]};{NAME};Giáo dục;2010;9786042088107;"
    return [
        Case(
            "quotation mark not closed",
            c,
            row.replace("Lịch", '"Lịch').encode(),
            title='"' + TITLES[1],
            told="quotes:repaired",
        ),
        Case(
            "quotation mark inside a cell",
            c,
            row.replace("Đảng", '"Đảng"').encode(),
            title=TITLES[1].replace("Đảng", '"Đảng"'),
        ),
        Case("more cells than headings", c, (row + ";thừa").encode(), told="row-length:lost"),
        Case("fewer cells than headings", c, f"2;{TITLES[1]}".encode()),
        Case("empty rows", c, b";;;;;;\n\n;;;", 0, None),
        Case("a failed formula", c, row.replace("2010", "#REF!").encode(), told="formula:lost"),
        Case(
            "an ISBN that a spreadsheet rounded",
            c,
            row.replace("9786042088107", "9.78604E+12").encode(),
            told="bad-isbn:note",
        ),
        Case("zero bytes", c, row.replace("Lịch", "Lịch\0").encode()),
        Case(
            "a cell over two lines",
            c,
            row.replace(TITLES[1], f'"{TITLES[1]}\nphần hai"').encode(),
            title=f"{TITLES[1]} phần hai",
        ),
        Case("a cell of a novel", c, row.replace(NAME, "a" * 40_000).encode(), told="too-large:lost"),
        Case("no title", c, b"2;;T\xc3\xb4 Ho\xc3\xa0i", title=None, told="no-title:note"),
    ]


def _in_csv(row: bytes) -> bytes:
    return b"\n".join((HEADINGS.encode(), b"1;" + TITLES[0].encode(), row, b"3;" + TITLES[0].encode())) + b"\n"


_AROUND: dict[Format, Callable[[bytes], bytes]] = {
    Format.MARC21: lambda data: as_marc21(book(1)) + data + as_marc21(book(3)),
    Format.MARCXML: lambda data: (
        b"<collection>" + as_marcxml(book(1)) + b"\n" + data + b"\n" + as_marcxml(book(3)) + b"</collection>"
    ),
    Format.MARCJSON: lambda data: as_marcjson(book(1)) + b"\n" + data + b"\n" + as_marcjson(book(3)) + b"\n",
    Format.CSV: _in_csv,
}
CASES = (*_iso_cases(), *_xml_cases(), *_json_cases(), *_csv_cases())


def bomb() -> bytes:
    """A workbook that becomes 200 MB: its sheet is blanks."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 200_000_000)
    return made.getvalue()


def workbook(rows: list[list[object]]) -> bytes:
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    written = io.BytesIO()
    made.save(written)
    return written.getvalue()


def codes(faults: tuple[Fault, ...]) -> set[str]:
    return {f"{fault.code}:{fault.severity}" for fault in faults}

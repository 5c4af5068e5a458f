"""Vietnamese records made for the tests: MARC 21 as a library enters it, and the old encodings that it may come in."""

import unicodedata

import pymarc
from pymarc import Field, Indicators, Subfield

from services.catalog.formats.encodings import DATA

TITLES = (
    "Từ điển tiếng Việt phổ thông",
    "Lịch sử Đảng bộ thành phố Hồ Chí Minh",
    "Nghệ thuật chèo cổ vùng châu thổ sông Hồng",
    "Kỹ thuật trồng lúa nước trên đất phèn",
    "Đường lối cách mạng của nước Việt Nam dân chủ cộng hòa",
)


def field(tag: str, indicators: str, *subfields: str) -> Field:
    """`subfields`: code and value in one, `aHà Nội :`."""
    return Field(tag, Indicators(*indicators), [Subfield(one[0], one[1:]) for one in subfields])


def book(
    number: int = 1, title: str = TITLES[0], *more: Field, leader: str = "00000nam a2200000 a 4500"
) -> pymarc.Record:
    """A plain record without a fault."""
    record = pymarc.Record(leader=leader)
    record.add_field(
        Field("001", data=f"vn{number:06d}"),
        Field("008", data="240115s2010    vm |||||||||||||||||vie||"),
        field("245", "10", f"a{title}"),
        field("260", "  ", "aHà Nội :", "bNxb. Giáo dục,", "c2010"),
        *more,
    )
    return record


def full_book() -> pymarc.Record:
    """A record with something in every area."""
    record = pymarc.Record(leader="00000nam a2200000 a 4500")
    record.add_field(
        Field("001", data="vn000042"),
        Field("003", data="TVT"),
        Field("005", data="20240115093000.0"),
        Field("008", data="240115s2010    vm a||||||||||||||||vie||"),
        field("020", "  ", "a978-604-2-08810-7 :", "c50000đ"),
        field("041", "1 ", "avie", "hrus"),
        field("082", "04", "a959.7029", "223"),
        field("100", "0 ", "aNguyễn Văn Đạt,", "d1950-", "echủ biên"),
        field("245", "10", "aLịch sử & văn hoá Đàng Trong :", "bgiáo trình.", "nTập 2,", "pThời các chúa Nguyễn /",
              "cNguyễn Văn Đạt chủ biên ; Trần Thị Ước dịch"),
        field("246", "3 ", "aSử Đàng Trong"),
        field("250", "  ", "aTái bản lần thứ 5"),
        field("260", "  ", "aHà Nội :", "bNxb. Giáo dục,", "c2010"),
        field("300", "  ", "aXV, 320 tr. ;", "c21 cm"),
        field("490", "0 ", "aTủ sách Sử học ;", "v3"),
        field("500", "  ", "aThư mục cuối sách"),
        field("520", "  ", "aQuá trình mở cõi về phương Nam."),
        field("650", " 4", "aLịch sử", "zViệt Nam", "yThế kỷ 17"),
        field("653", "  ", "aChúa Nguyễn", "aĐàng Trong"),
        field("700", "0 ", "aTrần Thị Ước", "4trl"),
        field("700", "1 ", "aDumoutier, Gustave", "4aui"),
        field("710", "2 ", "aViện Sử học"),
        field("852", "  ", "aTVT", "bKho đọc", "jVN.000123"),
        field("856", "40", "uhttps://thuvien.example/vn000042?a=1&b=2"),
    )  # fmt: skip
    return record


_TO_TCVN3 = {ord(letter): shown for shown, letter in zip(DATA["tcvn3"]["shown"], DATA["tcvn3"]["letters"], strict=True)}
_TCVN3_CAPITALS = {ord(chr(code).upper()): shown for code, shown in _TO_TCVN3.items() if chr(code).upper() != chr(code)}
_MARKS = {marks: shown for shown, marks in DATA["vni"]["marks"].items()}
_SINGLES = {letter: shown for shown, letter in DATA["vni"]["letters"].items()}


def as_tcvn3(text: str) -> bytes:
    """The bytes that TCVN3 (ABC fonts) has for the text; capitals with tones become small letters."""
    return text.translate(_TCVN3_CAPITALS | _TO_TCVN3).encode("latin-1")


def as_vni(text: str) -> bytes:
    """The bytes that VNI has for the text."""
    return "".join(map(_vni_letter, text)).encode("latin-1")


def _vni_letter(letter: str) -> str:
    small = letter.lower()
    if small in _SINGLES or small in "íì":
        shown = _SINGLES.get(small, small)
    else:
        base, tone = _without_tone(small)
        vowel = _SINGLES.get(base, base)
        marks = unicodedata.normalize("NFD", base)[1:] if base not in _SINGLES else ""
        shown = (vowel if base in _SINGLES else unicodedata.normalize("NFD", base)[0]) + _MARKS.get(marks + tone, "")
    return shown.upper() if letter.isupper() else shown


def _without_tone(letter: str) -> tuple[str, str]:
    parts = unicodedata.normalize("NFD", letter)
    tone = "".join(part for part in parts if part in "\u0300\u0301\u0303\u0309\u0323")
    return unicodedata.normalize("NFC", "".join(part for part in parts if part not in tone)), tone


def as_windows_1258(text: str) -> bytes:
    """The bytes of Windows-1258: letters with their quality mark, tones behind them."""
    return "".join("".join(_without_tone(letter)) for letter in unicodedata.normalize("NFC", text)).encode("cp1258")


def as_utf8_twice(text: str) -> bytes:
    """UTF-8 of UTF-8 that was taken for Latin-1."""
    return text.encode().decode("latin-1").encode()

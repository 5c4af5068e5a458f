"""What letters bytes mean: the old encodings of Vietnamese are told by evidence, and nothing else is taken for them."""

import io
import unicodedata
from collections.abc import Callable

import pymarc
import pytest
from pymarc.marc8 import marc8_to_unicode

from services.catalog.formats import FaultCode, Format, read
from services.catalog.formats.encodings import from_tcvn3, from_vni, from_windows_1258, legacy_of, windows_1252
from services.catalog.formats.marc8 import marc8
from tests.editions.sets import descriptions
from tests.resources.catalog.formats.damaged import rebuilt
from tests.resources.catalog.formats.samples import as_tcvn3, as_utf8_twice, as_vni, as_windows_1258

Encoder = Callable[[str], bytes]
EVERY_LETTER = "aăâbcdđeêghiklmnoôơpqrstuưvxy àảãáạ ằẳẵắặ ầẩẫấậ èẻẽéẹ ềểễếệ ìỉĩíị òỏõóọ ồổỗốộ ờởỡớợ ùủũúụ ừửữứự ỳỷỹýỵ"


@pytest.mark.parametrize(
    ("encode", "decode"), [(as_tcvn3, from_tcvn3), (as_vni, from_vni), (as_windows_1258, from_windows_1258)]
)
def test_every_letter_comes_back(encode: Encoder, decode: Callable[[str], str]) -> None:
    assert decode(windows_1252(encode(EVERY_LETTER))) == EVERY_LETTER


@pytest.mark.parametrize("encode", [as_vni, as_windows_1258])
def test_every_capital_comes_back(encode: Encoder) -> None:
    decode = {as_vni: from_vni, as_windows_1258: from_windows_1258}[encode]

    assert decode(windows_1252(encode(EVERY_LETTER.upper()))) == EVERY_LETTER.upper()


@pytest.mark.parametrize(
    ("shown", "meant"),
    [
        ("§¹I HäC QUèC GIA Hµ NéI", "ĐẠI HỌC QUỐC GIA HÀ NỘI"),
        ("Hµ Néi", "Hà Nội"),
        ("NguyÔn V¨n ¸nh", "Nguyễn Văn ánh"),
    ],
)
def test_words_in_capitals_stay_in_capitals(shown: str, meant: str) -> None:
    assert from_tcvn3(shown) == meant


@pytest.mark.parametrize(
    ("encode", "least"), [(as_tcvn3, 0.97), (as_vni, 0.97), (as_windows_1258, 0.96), (as_utf8_twice, 0.97)]
)
def test_records_as_libraries_type_them_come_back(encode: Encoder, least: float) -> None:
    records = [each.record for each in descriptions("held_out") if not "".join(_values(each.record)).isascii()]
    came_back = [
        [value.casefold() for value in _values(_through(record, encode))]
        == [value.casefold() for value in _values(record)]
        for record in records
    ]

    assert len(records) > 800
    assert sum(came_back) / len(records) >= least


def test_unicode_is_taken_for_nothing_else() -> None:
    for each in descriptions("held_out"):
        data = _bytes(each.record, lambda text: unicodedata.normalize("NFD", text).encode())
        (found,) = read(io.BytesIO(data), Format.MARC21)
        assert FaultCode.LEGACY_ENCODING not in {fault.code for fault in found.faults}
        assert found.record is not None
        assert _values(found.record) == _values(each.record)


@pytest.mark.parametrize(
    "text",
    [
        "L'été à Hanoï : Économie générale de l'Indochine française",
        "Über die Größe der Städte in Südostasien : Aufsätze für Müller",
        "Año nuevo en España : ¿Qué pasó mañana?",
        "På så många år når vi också fjällen",
        "« Né à Huế » ; l'œuvre d'un poète",
        "São João e a canção das crianças portuguesas",
        "The price is £5 or ©1999 · naïve façade",
    ],
)
def test_other_languages_are_left_alone(text: str) -> None:
    assert legacy_of(text) is None


@pytest.mark.parametrize(
    "data",
    [
        b"Nguy\xe3\xe8en V\xe6an Ti\xe2\xe6en",
        b"\xbc \xbd \xac \xad \xb3 \xa3",
        b"H\x1bb2\x1bsO and \x1bgabc\x1bs",
        b"\x1b$1!0A!0B\x1b(B end",
        b"\x1b(N\x4e\x4f\x1b(B mixed",
        b"plain",
    ],
)
def test_marc8_reads_as_pymarc_does(data: bytes) -> None:
    assert unicodedata.normalize("NFC", marc8(data)) == marc8_to_unicode(data, hide_utf8_warnings=True)


def test_marc8_drops_no_byte() -> None:
    assert marc8(b"a\xff") == "a\ufffd"
    assert marc8(b"a\xe2") == "a\ufffd"


def _values(record: pymarc.Record) -> list[str]:
    parts = (part.value for field in record.fields if not field.control_field for part in field.subfields)
    return [unicodedata.normalize("NFC", value) for value in parts if value]


def _through(record: pymarc.Record, encode: Encoder) -> pymarc.Record:
    (found,) = read(io.BytesIO(_bytes(record, lambda text: encode(unicodedata.normalize("NFC", text)))), Format.MARC21)
    assert found.record is not None
    return found.record


def _bytes(record: pymarc.Record, encode: Encoder) -> bytes:
    return rebuilt([(field.tag.encode(), _field(field, encode)) for field in record.fields])


def _field(field: pymarc.Field, encode: Encoder) -> bytes:
    if field.control_field:
        return (field.data or "").encode()
    parts = [b"\x1f" + part.code.encode() + encode(part.value) for part in field.subfields]
    return "".join(field.indicators or "  ").encode() + b"".join(parts)

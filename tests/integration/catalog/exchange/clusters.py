"""Rows of clusters as the union keeps them, made of titles that are ours."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pymarc
from pymarc import Field, Indicators, Subfield

from services.catalog.exchange.sets import sets_of
from services.catalog.identity import describe
from services.catalog.search.entry import Holder, SearchEntry

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
SUBJECTS = ("Lịch sử địa phương", "Nông nghiệp", "Văn học dân gian", "Giáo dục", "Y học cổ truyền")
PLACES = ("Hạ Lôi", "Bến Gỗ", "Đồng Văn", "Phú Yên", "Ngã Bảy", "Kẻ Chợ", "Đường Lâm")
NAMES = ("Nguyễn Thị Lý", "Trần Đức Ánh", "Lê Hoà", "Phạm Đình Hổ", "Vũ Thuỷ")
CLASSES = ("959.7", "630", "398.209597", "370.9597", "615.8")
LIBRARIES = ("thu-vien-tinh", "thu-vien-xa", "truong-le-loi")


def cluster_id(number: int) -> str:
    return f"c-{number:024x}"


def field(tag: str, indicators: str, *subfields: str) -> Field:
    pairs = [Subfield(piece[0], piece[1:]) for piece in subfields]
    return Field(tag, Indicators(*indicators), pairs)


def record(number: int) -> pymarc.Record:
    place, name, kind = PLACES[number % 7], NAMES[number % 5], number % 5
    made = pymarc.Record(leader="00000nam a2200000 a 4500", force_utf8=True)
    year = 1960 + number % 65
    made.add_field(
        Field("001", data=cluster_id(number)),
        Field("008", data=f"2603{number % 28 + 1:02d}s{year}    vm            000 0 vie d"),
        field("041", "0 ", "avie"),
        field("082", "04", f"a{CLASSES[kind]}", "223"),
        field("100", "0 ", f"a{name},", "etác giả."),
        field("245", "10", f"aChuyện {place}, quyển số {number} /", f"c{name}."),
        field("260", "  ", "aĐà Lạt :", f"bNhà xuất bản Làng {place},", f"c{year}."),
        field("300", "  ", f"a{100 + number % 400} tr. ;", "c21 cm."),
        field("650", " 7", f"a{SUBJECTS[kind]}.", "2bộ TK TVQG"),
    )
    return made


def row(number: int, **given: Any) -> dict[str, Any]:
    """The cluster of a number; three in each second, in the order of their numbers."""
    library = LIBRARIES[number % 3]
    return {
        "_id": cluster_id(number),
        "version": 1,
        "members": [f"b-{number:024x}"],
        "marc": record(number).as_marc(),
        "sets": sets_of([library], [CLASSES[number % 5]], open_copy=number % 10 == 0),
        "changed_at": START + timedelta(seconds=number // 3),
        "redirect_to": None,
        "deleted": False,
        "public": True,
        **given,
    }


def rows(numbers: Iterable[int]) -> Iterator[dict[str, Any]]:
    return (row(number) for number in numbers)


def entry(number: int) -> SearchEntry:
    """The same cluster as search takes it in."""
    described = describe(record(number))
    return SearchEntry(
        id=cluster_id(number),
        version=1,
        title=described.title,
        creators=tuple(name.display for name in described.people),
        subjects=described.subjects,
        publishers=described.publishers,
        year=described.year,
        extent=described.extent,
        language=described.language,
        classes=described.classes,
        libraries=(Holder(library=LIBRARIES[number % 3]),),
        added_at=START,
    )


def nearly_too_large() -> bytes:
    """A record without 001 that ISO 2709 can just hold, so that it cannot with its number."""
    large = pymarc.Record(leader="00000nam a2200000 a 4500", force_utf8=True)
    for length in (*[9900] * 9, 9755, 917):
        large.add_field(field("500", "  ", "a" + "a" * length))
    marc = large.as_marc()
    assert 99_960 < len(marc) < 99_999
    return marc

"""A record framed from its bytes is the record that merging it alone gives."""

from datetime import UTC, datetime

import pymarc
import pytest
from pymarc import Field, Indicators, Subfield

from services.catalog.union.merging import framed_alone, has_room, is_local, merge

AT = datetime(2026, 4, 2, 9, 15, tzinfo=UTC)
CLUSTER = "c-0123456789abcdef01234567"
NONE = Indicators(" ", " ")


def record(*fields: Field) -> pymarc.Record:
    made = pymarc.Record(leader="00000cam a2200000 i 4500", force_utf8=True)
    made.fields = list(fields)
    return made


def text(tag: str, value: str) -> Field:
    return Field(tag, NONE, [Subfield("a", value)])


@pytest.mark.parametrize(
    "fields",
    [
        [Field("001", data="x1"), Field("008", data="990101s1999    vm"), text("245", "Lịch sử Đảng bộ")],
        [text("852", "Kho"), text("020", "9786040000002"), text("245", "Ở"), text("990", "riêng"), text("650", "ử")],
        [Field("005", data="20200101000000.0"), text("700", "Lê"), text("100", "Nguyễn"), text("245", "Truyện")],
    ],
)
def test_a_record_is_framed_alone_as_it_is_merged_alone(fields: list[Field]) -> None:
    made = record(*fields)
    assert framed_alone(CLUSTER, AT, made.as_marc()) == merge(CLUSTER, AT, [("b-1", made)]).marc


def test_what_is_the_librarys_own_business_is_in_no_merged_record() -> None:
    local = ("001", "035", "049", "090", "541", "590", "599", "852", "876", "900", "999")
    assert all(map(is_local, local))
    assert not any(map(is_local, ("020", "100", "245", "500", "650", "856", "880")))


def test_records_too_long_together_are_merged_as_far_as_there_is_room() -> None:
    """Nothing of the survivor's is given up for it."""
    long = [text("500", "x" * 9_000) for _ in range(10)]
    survivor = record(text("245", "Toàn tập"), *long)
    other = record(text("245", "Toàn tập"), text("520", "y" * 9_950), text("653", "từ khóa"))
    merged = merge(CLUSTER, AT, [("b-1", survivor), ("b-2", other)])
    assert (len(merged.record.get_fields("500")), merged.provenance) == (10, {})
    assert not has_room(b"x" * 99_900)


def test_united_fields_say_each_value_once() -> None:
    first = record(text("245", "A"), text("650", "Lịch sử."), text("020", "9786040000002"))
    second = record(text("245", "A"), text("650", "Lịch sử"), text("650", "Văn hóa"), text("020", "978-604-0-00000-2"))
    merged = merge(CLUSTER, AT, [("b-1", first), ("b-2", second)])
    assert [field["a"] for field in merged.record.get_fields("650")] == ["Lịch sử.", "Văn hóa"]
    assert len(merged.record.get_fields("020")) == 1
    assert merged.provenance == {"650": ["b-2"]}

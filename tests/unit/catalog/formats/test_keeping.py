"""What is kept of a record is the record, however long it is."""

import pymarc
import pytest
from pymarc import Field, Indicators, Subfield

from services.catalog.formats import Unwritable, as_kept, as_marc21, restored
from services.catalog.formats.keeping import is_iso2709

NONE = Indicators(" ", " ")


def long_record(items: int) -> pymarc.Record:
    """A serial of a library that names every issue it has."""
    record = pymarc.Record(leader="00000cas a2200000 a 4500", force_utf8=True)
    record.add_field(Field("001", data="bao-0001"), Field("245", NONE, [Subfield("a", "Báo Nhân dân Đồng Tháp")]))
    for number in range(items):
        issue = [Subfield("a", f"Kho báo, số {number}"), Subfield("j", f"ĐT-{number:05}"), Subfield("z", "x" * 40)]
        record.add_field(Field("852", NONE, issue))
    return record


@pytest.mark.parametrize("items", [3, 2000])
def test_a_record_comes_back_as_it_was_kept(items: int) -> None:
    record = long_record(items)
    kept = as_kept(record)
    again = restored(kept)
    assert [str(field) for field in again.fields] == [str(field) for field in record.fields]
    assert str(again.leader)[5:8] == "cas"
    assert as_kept(again) == kept
    assert is_iso2709(kept) == (items == 3)


def test_what_iso_2709_can_hold_is_kept_in_it() -> None:
    assert as_kept(long_record(3)) == as_marc21(long_record(3))
    with pytest.raises(Unwritable):
        as_marc21(long_record(2000))


def test_a_field_longer_than_iso_2709_allows_is_kept_whole() -> None:
    record = long_record(1)
    record.add_field(Field("520", NONE, [Subfield("a", "tóm tắt " * 5_000)]))
    assert restored(as_kept(record))["520"]["a"] == "tóm tắt " * 5_000


def test_what_is_too_long_to_keep_is_refused() -> None:
    record = long_record(0)
    record.add_field(*(Field("520", NONE, [Subfield("a", "x" * 400_000)]) for _ in range(21)))
    with pytest.raises(Unwritable):
        as_kept(record)

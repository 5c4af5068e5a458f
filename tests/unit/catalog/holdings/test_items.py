"""Which items a record names: MARC holdings fields, Koha's, lists as Libol writes them, the columns of the template."""

from io import BytesIO

import pymarc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.formats import Format, read
from services.catalog.holdings.items import Item, Lending, count_items, key_of, stock_of, together


def record(*lines: str) -> pymarc.Record:
    """Of fields written as "852 $bKho mượn$pTK.1"."""
    made = pymarc.Record(leader="00000nam a2200000 a 4500", force_utf8=True)
    for line in lines:
        tag, _, rest = line.partition(" ")
        parts = [pymarc.Subfield(part[0], part[1:]) for part in rest.split("$") if part]
        made.add_field(pymarc.Field(tag, pymarc.Indicators(" ", " "), parts))
    return made


def items(*lines: str) -> tuple[Item, ...]:
    return stock_of(record(*lines)).items


def numbers(*lines: str) -> list[str | None]:
    return [item.number for item in items(*lines)]


def test_a_place_with_a_number_is_an_item() -> None:
    assert items("852 $aTVT$bKho địa chí$cTầng 2$kĐC$h959.7$iL302S$pDC.00123$zBản quý") == (
        Item("DC.00123", "Kho địa chí Tầng 2", "ĐC 959.7 L302S", note="Bản quý"),
    )


def test_a_place_alone_is_one_copy_and_its_institution_a_place_where_nothing_else_is() -> None:
    assert items("852 $aThư viện huyện") == (Item(location="Thư viện huyện"),)
    assert items("852 $81.1", "500 $aKhông phải kho") == ()


def test_several_numbers_stand_in_one_field() -> None:
    assert numbers("852 $bKho mượn$pTK.1; TK.2$pTK.3") == ["TK.1", "TK.2", "TK.3"]


def test_the_rows_of_the_template_count_each_copy_once() -> None:
    table = "Nhan đề,Kho,Ký hiệu kho,Số đăng ký cá biệt,Số bản\nDế Mèn,Kho đọc,VN.12,TK.1; TK.2,3\n"
    (found,) = read(BytesIO(table.encode()), Format.CSV)
    assert found.record
    where = {"location": "Kho đọc", "shelf_mark": "VN.12"}
    assert stock_of(found.record).items == (Item("TK.1", **where), Item("TK.2", **where), Item(**where, copies=1))
    assert count_items(found.record) == 3


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("(3): MT.001234-6", ["MT.001234", "MT.001235", "MT.001236"]),
        ("(4): 000099-101, 000200", ["000099", "000100", "000101", "000200"]),
        ("(2) VN05.01, VN05.02", ["VN05.01", "VN05.02"]),
    ],
)
def test_lists_with_their_count_are_written_out(written: str, expected: list[str]) -> None:
    assert numbers(f"852 $bKho M$j{written}") == expected


@pytest.mark.parametrize("written", ["(5): MT.001234-6", "(999): 1-9", "(2): A-B-C"])
def test_a_list_that_is_not_as_long_as_it_says_stays_as_it_is_written(written: str) -> None:
    (item,) = items(f"852 $bKho M$j{written}")
    assert (item.number, item.copies) == (None, int(written[1:].partition(")")[0]))
    assert item.shelf_mark == written.partition(": ")[2]


def test_lists_are_written_out_only_as_far_as_there_is_room() -> None:
    found = items(*(f"852 $bKho {kho}$j(999): {kho}-00001-999" for kho in range(15)))
    assert sum(item.number is not None for item in found) == 2 * 999
    assert sum(item.copies for item in found) == 15 * 999


def test_pieces_stand_where_their_link_says() -> None:
    found = items(
        "852 $81$bKho đọc$h895", "852 $82$bKho mượn$h895", "876 $81.1$p11$3T. 1", "877 $82.1$p22", "876 $p33$lTrưng bày"
    )
    assert [(item.number, item.location, item.part) for item in found] == [
        ("11", "Kho đọc", "T. 1"),
        ("33", "Trưng bày", ""),
        ("22", "Kho mượn", ""),
    ]


def test_a_number_counts_once_however_often_it_is_said() -> None:
    assert numbers("852 $bKho$pTK.1", "876 $pTK.1", "952 $bKho$ptk. 1", "852 $bKho khác$pTK.2") == ["TK.1", "TK.2"]


def test_records_of_one_library_say_each_number_once() -> None:
    one, other = (
        stock_of(record("852 $bKho$pTK.1", "866 $aSố 1-9")),
        stock_of(record("852 $bKho$ptk.1$pTK.2", "866 $aSố 1-9")),
    )
    both = together([one, other])
    assert [item.number for item in both.items] == ["TK.1", "TK.2"]
    assert both.statements == ("Số 1-9",)


def test_what_koha_says_of_an_item() -> None:
    said = "952 $aTVT$bTVT$cKD$o959.7 L"
    found = items(f"{said}$p1$70$10", f"{said}$p2$71", f"{said}$p3$7-1", f"{said}$p4$11", f"{said}$p5$01")
    assert [(item.number, item.lending) for item in found] == [
        ("1", Lending.LENDABLE),
        ("2", Lending.ON_SITE),
        ("3", Lending.AWAY),
        ("4", Lending.LOST),
    ]
    assert (found[0].location, found[0].shelf_mark) == ("TVT KD", "959.7 L")


def test_field_952_of_others_is_no_item() -> None:
    assert items("952 $a49365496$zPUL$bPRINCETON UNIV$hLess-than-full batch") == ()


def test_volumes_of_a_serial_are_said_in_words() -> None:
    stock = stock_of(record("852 $bKho báo", "866 $80$aSố 1 (1990) - 52 (1999)"))
    assert stock.statements == ("Số 1 (1990) - 52 (1999)",)


def test_what_is_not_for_the_public_is_not_read() -> None:
    said = repr(stock_of(record("852 $bKho$pTK.1$xmua của ông Nguyễn Văn A$q Nguyễn Văn A", "876 $pTK.2$xmượn: An$c1")))
    assert "Nguyễn" not in said
    assert "An" not in said


@pytest.mark.parametrize(("one", "other"), [("TK 00123", "tk00123"), ("12/ĐC.5", "12đc.5"), ("Đ1", "Đ1")])
def test_numbers_are_compared_as_events_can_carry_them(one: str, other: str) -> None:
    assert key_of(one) == key_of(other)


@given(st.lists(st.tuples(st.sampled_from(["852", "866", "876", "952"]), st.text(max_size=60)), max_size=8))
def test_nothing_written_breaks_it(lines: list[tuple[str, str]]) -> None:
    made = record(*(f"{tag} ${code}{text}" for tag, text in lines for code in "bjp89"))
    assert count_items(made) == sum(item.copies for item in stock_of(made).items) >= 0

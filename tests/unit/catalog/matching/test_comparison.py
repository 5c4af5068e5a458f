"""What makes two descriptions one edition, what rules it out, and what a person has to decide."""

from dataclasses import replace
from itertools import islice
from typing import Any

import pytest

from services.catalog.identity import Description, Form, Kind, Level, Name, Part, describe
from services.catalog.matching import Verdict, compare
from services.catalog.matching.comparison import Evidence
from services.catalog.matching.fields import FIELDS, title
from services.catalog.matching.wording import Difference, difference
from tests.editions.sets import pairs

BOOK = Description(
    title="Kỹ thuật trồng lúa nước",
    title_exact="kĩ thuật trồng lúa nước",
    title_folded="ki thuat trong lua nuoc",
    main_title="ki thuat trong lua nuoc",
    people=(Name("Nguyễn Văn An", "an nguyen van"),),
    publishers=("Nông nghiệp",),
    publisher_keys=("nong nghiep",),
    year=2003,
    pages=86,
    isbns=("9786040000019",),
    language="vi",
)


def titled(text: str) -> Description:
    """The same book under another title."""
    from services.catalog.identity.spelling import compared

    exact, folded = compared(text)
    return replace(BOOK, title=text, title_exact=exact, title_folded=folded, main_title=folded)


FULL = replace(titled("Kỹ thuật trồng lúa"), isbns=())


def test_the_same_description_is_merged() -> None:
    found = compare(BOOK, BOOK)
    assert found.verdict is Verdict.MERGE
    assert found.score > 0.99
    assert not found.vetoes


@pytest.mark.parametrize(
    ("other", "veto"),
    [
        (replace(BOOK, parts=(Part("2"),)), "volume"),
        (replace(BOOK, parts=(Part("", "Phần hai"),)), "volume"),
        (replace(BOOK, edition_number=3), "edition"),
        (replace(BOOK, form=Form.SOUND), "form"),
        (replace(BOOK, carrier="braille"), "form"),
        (replace(BOOK, language="en"), "language"),
        (replace(BOOK, level=Level.PIECE, host="tap chi a 1"), "level"),
        (replace(BOOK, isbns=("9786040000026",), year=2007), "isbn"),
    ],
)
def test_what_rules_one_edition_out(other: Description, veto: str) -> None:
    first = replace(
        BOOK, parts=(Part("1", "Phần một" if other.parts and not other.parts[0].number else ""),), edition_number=2
    )
    one = first if veto in {"volume", "edition"} else BOOK
    if veto == "volume" and not other.parts[0].number:
        one = replace(BOOK, parts=(Part("", "Đại cương"),))
    found = compare(one, other if veto != "edition" else replace(other, parts=one.parts))
    assert found.vetoes == (veto,)
    assert found.verdict is Verdict.APART


def test_all_volumes_at_once_are_not_one_of_them() -> None:
    assert compare(replace(BOOK, volumes=3), replace(BOOK, parts=(Part("1"),))).vetoes == ("volume",)


@pytest.mark.parametrize(
    "other",
    [
        titled("Kỹ thuật trồng lạc nước"),
        titled("Bài tập Kỹ thuật trồng lúa nước"),
        replace(BOOK, title_exact="", title_folded="", title=""),
        replace(BOOK, people=(Name("Trần Thị Bình", "binh thi tran"),)),
        replace(BOOK, people=(Name("Nguyễn Văn Ân", "an nguyen van"),)),
        replace(BOOK, parts=(Part("1"),)),
        replace(BOOK, year=2004),
        replace(BOOK, pages=120),
        replace(BOOK, year=None, isbns=()),
    ],
)
def test_an_equal_isbn_alone_never_merges(other: Description) -> None:
    """Titles, names, volumes, years or pages that speak against it leave the answer to a person."""
    assert compare(BOOK, other).verdict is not Verdict.MERGE


def test_title_name_and_year_alone_never_merge() -> None:
    poor = replace(BOOK, publishers=(), publisher_keys=(), pages=None, isbns=())
    short = replace(poor, title="Thơ", title_exact="thơ", title_folded="tho", main_title="tho")
    assert compare(short, short).verdict is not Verdict.MERGE


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("Tiếng vọng", "Tiếng võng", "marks-short"),
        ("Kính vạn hoa", "Kínhh vạn hoa", "slip"),
        ("Luật Đất đai", "LuậtĐ ất đai", "slip"),
        ("Kỹ thuật trồng lúa", "Kỹ thuật trồng lạc", "word"),
        ("Niên giám thống kê 2005", "Niên giám thống kê 2006", "number"),
        ("Toán 6", "Toán 7", "number"),
        ("Toán 6", "Bài tập Toán 6", "much"),
        ("Luật Đất đai năm 2003", "Bộ Luật Đất đai năm 2003", "added"),
        ("Ngôn ngữ C cơ bản", "Ngôn ngữ cơ bản", "added"),
        ("Biến đổi ở vùng đô", "Biến đổi vùng đô", "slip"),
        ("Lập trình C", "Lập trình R", "word"),
        ("Tiếng Anh B1 căn bản", "Tiếng Anh B2 căn bản", "number"),
        ("Lịch sử Đảng", "1ịch sử Đảng", "slip"),
        ("Toán 6", "Toán 6 : sách giáo viên", "more-telling"),
        ("Số đỏ", "Số đỏ : tiểu thuyết", "more-genre"),
        ("Phong thủy thực hành", "Phong thuy thực hành", "bare"),
        ("Niên giám thống kê", "Niên giám thống kê : 2001", "more-number"),
        ("Lập trình C", "Lập trình C++", "word"),
    ],
)
def test_titles_differ_in_kind(left: str, right: str, expected: str) -> None:
    assert title(titled(left), titled(right)) == expected
    assert title(titled(right), titled(left)) == expected


def test_marks_count_only_where_both_typed_them() -> None:
    bare = replace(titled("Tieng vong"), people=(Name("Nguyen Van An", "an nguyen van"),), publishers=("Nong nghiep",))
    assert title(titled("Tiếng vọng"), bare) == "same-short"  # pages and ISBN say that it is not "Tiếng võng"
    assert title(titled("Tiếng vọng"), replace(bare, pages=None, isbns=())) == "bare-short"


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({}, Verdict.MERGE),
        ({"publishers": (), "publisher_keys": ()}, Verdict.PRESUME),
        ({"people": ()}, Verdict.PRESUME),
        ({"year": None}, Verdict.REVIEW),
        ({"people": (), "publishers": (), "publisher_keys": ()}, Verdict.REVIEW),
    ],
)
def test_one_silent_field_leaves_a_presumption_but_never_the_year(change: dict[str, Any], verdict: Verdict) -> None:
    assert compare(FULL, replace(FULL, **change)).verdict is verdict


@pytest.mark.parametrize(
    ("change", "field", "expected"),
    [
        ({"pages": 68}, "pages", "differs"),
        ({"pages": 286}, "pages", "differs"),
        ({"year": 2004, "other_years": (2003,)}, "year", "either"),
        ({"year": 2004, "other_years": (2005,)}, "year", "next"),
        ({"publishers": ("Nhã Nam",), "publisher_keys": ("nha nam",)}, "publisher", "missing"),
        ({"publishers": ("NN",), "publisher_keys": ("nn",)}, "publisher", "near"),
    ],
)
def test_what_one_field_says(change: dict[str, Any], field: str, expected: str) -> None:
    assert FIELDS[field](BOOK, replace(BOOK, **change)) == expected
    assert FIELDS[field](replace(BOOK, **change), BOOK) == expected


def test_pages_whose_figures_changed_places_are_near() -> None:
    assert FIELDS["pages"](replace(BOOK, pages=428), replace(BOOK, pages=482)) == "near"


def test_a_slip_counts_though_one_side_says_what_kind_of_text_it_is() -> None:
    fuller = replace(titled("Vợ nhặt tập truyện ngắn"), main_title="vo nhat")
    assert title(titled("Vợợ nhặt"), fuller) == title(fuller, titled("Vợợ nhặt")) == "slip-short"


def test_a_maker_may_be_named_in_the_statement_alone() -> None:
    other = replace(BOOK, people=(Name("Trần Thị Bình", "binh thi tran"),), statement="Nguyễn Văn An, Trần Thị Bình")
    assert FIELDS["people"](BOOK, other) == "near"


def test_a_volume_may_be_counted_to_the_title() -> None:
    plain, named = titled("Kính vạn hoa 1"), replace(titled("Kính vạn hoa"), parts=(Part("1", "Nhà ảo thuật"),))
    assert compare(plain, named).verdict is Verdict.MERGE
    assert compare(titled("Kính vạn hoa 2"), named).verdict is Verdict.APART


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (Name("Victor Hugo", "hugo victor"), Name("V. Huygô", "huygo v"), "near"),
        (Name("Nguyễn Văn An", "an nguyen van"), Name("NguyễnVăn An", "an nguyenvan"), "near"),
        (Name("Nguyễn Thị Hoa", "hoa nguyen thi"), Name("Nguyễn Thị Hòa", "hoa nguyen thi"), "marks"),
        (Name("Nguyễn Thị Hoa", "hoa nguyen thi"), Name("Nguyễn Thị Hoài", "hoai nguyen thi"), "letter"),
        (Name("Nguyễn Thị Hoa", "hoa nguyen thi"), Name("Nguyễn Thị Hương", "huong nguyen thi"), "differs"),
        (
            Name("Thư viện Hà Nam", "thu vien ha nam", "", Kind.BODY),
            Name("Thư viện Hà Tây", "thu vien ha tay", "", Kind.BODY),
            "differs",
        ),
    ],
)
def test_names_are_near_by_slips_and_initials_only(left: Name, right: Name, expected: str) -> None:
    assert FIELDS["people"](replace(BOOK, people=(left,)), replace(BOOK, people=(right,))) == expected


def test_two_translations_are_two_editions() -> None:
    one, other = (replace(BOOK, people=(*BOOK.people, Name(name, name.lower(), "trl"))) for name in ("Lê A", "Vũ Hồng"))
    assert compare(one, other).vetoes == ("translators",)


def test_the_order_of_the_sides_does_not_matter() -> None:
    for pair in islice(pairs("tuned"), 0, None, 3):
        left, right = describe(pair.left.record), describe(pair.right.record)
        one, other = compare(left, right), compare(right, left)
        assert (one.score, one.verdict, set(one.vetoes)) == (other.score, other.verdict, set(other.vetoes))


def test_evidence_explains_the_score_and_can_be_kept() -> None:
    found = compare(BOOK, replace(BOOK, year=2009))
    by_field = {each.field: each for each in found.evidence}
    assert by_field["year"].agreement == "differs"
    assert (by_field["year"].left, by_field["year"].right) == ("2003", "2009")
    assert by_field["year"].weight < 0 < by_field["publisher"].weight
    assert all(Evidence.of_row(each.as_row()) == each for each in found.evidence)


def test_differences_have_an_order_of_gravity() -> None:
    assert difference("an binh chung dung", "an binh chang dung") is Difference.WORD
    assert difference("a b c", "x y z") is Difference.MUCH
    assert difference("toan 6 1", "toan 6 2") is Difference.NUMBER

"""What calls for a person, and what must not."""

import os
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ocr.concerns.concerns import MOST_CONCERNS, concerns_of, masked, rules
from shared.events.concerns import ConcernKind

ON = date(2026, 3, 2)
SHARED = Path(os.environ.get("LIENTHONG_SHARED", Path(__file__).parents[5] / "shared"))


def found(text: str) -> list[tuple[str, str, int]]:
    return [(concern.kind, concern.rule, concern.found) for concern in concerns_of({1: text}, ON)]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("MẬT", "stamp-mat"),
        ("TỐI MẬT", "stamp-toi-mat"),
        ("  | TUYỆT MẬT |", "stamp-tuyet-mat"),
        ("UBND TỈNH KON TUM        MẬT        CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "stamp-mat"),
        ("Số: 12/BC-UBND MẬT", "stamp-mat"),
        ("Độ mật: Tối mật", "stamp-toi-mat"),
        ("TUYET MAT", "stamp-tuyet-mat"),
        ("MA\u0302\u0323T", "stamp-mat"),
    ],
)
def test_a_stamp_seals(line, rule):
    page = f"ỦY BAN NHÂN DÂN\n{line}\nBÁO CÁO\nVề tình hình quý I"
    assert found(page) == [("state-secret", rule, 1)]


@pytest.mark.parametrize(
    "line",
    [
        "BẢO VỆ BÍ MẬT NHÀ NƯỚC",
        "LUẬT BẢO VỆ BÍ MẬT NHÀ NƯỚC",
        "MẬT ONG RỪNG KON TUM",
        "MAT",
        "Nghề nuôi ong lấy mật",
        "mật",
        "tôi mất",
        "BẢO MẬT",
        "quy định độ mật của tài liệu",
    ],
)
def test_words_that_are_no_stamp(line):
    assert found(f"Trang sách\n{line}\nTiếp theo") == []


def test_a_lifted_secret_is_for_a_person_and_not_sealed():
    assert found("TỐI MẬT\nĐÃ GIẢI MẬT\nKế hoạch năm 1972") == [("sensitive-mark", "declassified-stamp", 1)]


@pytest.mark.parametrize("mark", ["LƯU HÀNH NỘI BỘ", "(LƯU HÀNH NỘI BỘ)", "CONFIDENTIEL"])
def test_marks_of_restriction(mark):
    assert found(f"{mark}\nTài liệu học tập") == [("sensitive-mark", "sensitive-mark", 1)]


def test_a_mark_inside_a_sentence_is_none():
    assert found("Tài liệu này không LƯU HÀNH NỘI BỘ mà công bố rộng rãi.") == []


@pytest.mark.parametrize(
    "text",
    [
        "Họ tên: Nguyễn Văn A, số CCCD: 062085001234",
        "Căn cước công dân số 062 085 001 234 cấp ngày 01/02/2021",
        "CMND số: 233.123.456 do Công an tỉnh cấp",
        "Hộ chiếu: B1234567",
        "1  062085001234\n2  062190004321\n3  001201009876",
    ],
)
def test_identity_numbers(text):
    assert [kind for kind, _, _ in found(text)] == [ConcernKind.IDENTITY_NUMBER]


@pytest.mark.parametrize(
    "text",
    [
        "Kinh phí: 062.085.001.234 đồng",
        "ISBN 9786040123456",
        "Một thẻ: 062085001234",
        "123456789012 234567890123 345678901234",
        "Cấp đổi căn cước công dân cho nhân dân trong năm 2024",
    ],
)
def test_numbers_that_are_no_identity(text):
    assert found(text) == []


def test_a_list_of_mobile_numbers_and_an_office():
    assert found("0905 123 456\n0914.123.457\n+84 935123458")[0][0] == "contact-list"
    assert found("Điện thoại: 0260.3862.123 - Hotline: 0905 123 456") == []
    assert found("0905123456 0905 123 456 0905.123.456") == []


def test_health_needs_a_person_beside_it():
    assert found("BỆNH ÁN\nHọ và tên: …\nChẩn đoán: viêm phổi")[0][:1] == ("health",)
    assert found("Lịch sử bệnh án y học và cách chẩn đoán qua các thời kỳ") == []


def test_children_by_age_on_the_day():
    roll = "DANH SÁCH HỌC SINH LỚP 5A\nSTT Họ tên Ngày sinh\n1 A 01/02/{year}\n2 B 15.09.{year}"
    assert found(roll.format(year=2015))[0][0] == "minor"
    assert found(roll.format(year=1935)) == []
    assert found(roll.format(year=2050)) == []


def test_evidence_tells_no_number_whole():
    concern = concerns_of({7: "Số CCCD: 062085001234"}, ON)[0]
    assert concern.page == 7
    assert "062085001234" not in concern.evidence
    assert concern.evidence == "06••••••••••"


def test_the_gravest_come_first_and_there_is_an_end():
    pages = {1: "CCCD 062085001234"} | dict.fromkeys(range(2, 400), "TỐI MẬT")
    concerns = concerns_of(pages, ON)
    assert len(concerns) == MOST_CONCERNS
    assert concerns[0].kind == ConcernKind.STATE_SECRET
    assert [concern.page for concern in concerns] == sorted(concern.page for concern in concerns)


@given(st.text(max_size=300))
def test_any_text_can_be_asked(text):
    assert all(len(concern.evidence) <= 200 for concern in concerns_of({1: text}, ON))


@given(st.text(alphabet="0123456789 .,/abcđ", max_size=80))
def test_masking_hides_all_but_two_digits(text):
    assert sum(char.isdigit() for char in masked(text)) <= 2


def test_every_rule_names_its_source():
    assert all(rule["source"].strip() for rule in rules().values())
    assert set(rules()) == set(ConcernKind)


def test_published_plans_raise_no_concern():
    seeds = sorted((SHARED / "seeds").glob("*.txt"))
    if not seeds:
        pytest.skip(f"no published plans under {SHARED}")
    for seed in seeds:
        assert concerns_of(dict(enumerate(seed.read_text("utf-8").split("\f"), 1)), ON) == ()

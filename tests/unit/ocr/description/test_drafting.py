"""What a draft says, with which evidence, and what it does with text that is no document."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ocr.description.classes import class_rules
from services.ocr.description.drafting import draft_of
from services.ocr.description.page import DraftPage
from services.ocr.description.subjects import subjects
from shared.events.draft import Box, MetadataDraft
from tests.benchmarks.description.generator import cases

CASES = {(case.id, case.way): case for case in cases("tuning")}


def drafted(document: str, way: str = "boxes") -> MetadataDraft:
    return draft_of(CASES[document, way].pages)


def test_the_two_columns_of_a_heading_are_told_apart():
    draft = drafted("bao-cao-so")
    assert draft.issuer.value == "Sở Văn hóa, Thể thao và Du lịch"
    assert draft.superior.value == "Ủy ban nhân dân tỉnh Hà Tĩnh"
    assert draft.place.value == "Hà Tĩnh"


def test_evidence_is_the_words_and_their_box():
    page = CASES["bao-cao-so", "boxes"].pages[0]
    seen = drafted("bao-cao-so").number.evidence[0]
    read = [word for word in page.words if word.text in seen.quote.split()]
    assert seen.page == 1
    assert seen.quote == "Số: 45 /BC-SVHTTDL"
    assert seen.box == Box(
        x=min(word.x for word in read),
        y=min(word.y for word in read),
        width=max(word.x + word.width for word in read) - min(word.x for word in read),
        height=max(word.y + word.height for word in read) - min(word.y for word in read),
    )


def test_text_alone_gives_evidence_without_a_box():
    seen = drafted("bao-cao-so", "text").number.evidence[0]
    assert (seen.quote, seen.box) == ("Số: 45 /BC-SVHTTDL", None)


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("Số: 3063 /KH-UBND", "3063/KH-UBND"),
        ("Số: /KH-UBND", "/KH-UBND"),
        ("S6: l2/QD-UBND", "12/QĐ-UBND"),
        ("Số 12-CT/TU", "12-CT/TU"),
        ("Số: 15/2O20/NQ-HDND", "15/2020/NQ-HĐND"),
        ("Số: 214 VX/UB", "214 VX/UB"),
    ],
)
def test_numbers_are_written_as_the_decree_writes_them(line, number):
    page = DraftPage(
        1, f"ỦY BAN NHÂN DÂN\nCỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\n{line}\nHuế, ngày 2 tháng 3 năm 2020\nKẾ HOẠCH\nLàm"
    )
    assert draft_of([page]).number.value == number


@pytest.mark.parametrize(
    ("written", "date"),
    [
        ("ngày 02 tháng 3 năm 2020", "2020-03-02"),
        ("ngày   tháng 02 năm 2023", "2023-02"),
        ("ngay l2 thang 1O nam 2O21", "2021-10-12"),
        ("ngày 27-8-1971", "1971-08-27"),
    ],
)
def test_dates_are_iso_as_far_as_they_are_written(written, date):
    page = DraftPage(
        1, f"ỦY BAN NHÂN DÂN\nCỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nSố: 1/KH-UBND\nHuế, {written}\nKẾ HOẠCH\nLàm"
    )
    assert draft_of([page]).date.value == date


def test_an_impossible_date_is_none():
    page = DraftPage(
        1, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nSố: 1/KH-UBND\nHuế, ngày 45 tháng 3 năm 2020\nKẾ HOẠCH\nLàm"
    )
    assert draft_of([page]).date is None


REPUBLIC = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"


def test_those_who_issue_together_are_all_named():
    heading = f"SỞ TƯ PHÁP -\nSỞ TÀI CHÍNH\n{REPUBLIC}\nSố: 9/KHLT-STP-STC\nVinh, ngày 2 tháng 3 năm 2012"
    text = f"{heading}\nKẾ HOẠCH LIÊN TỊCH\nLàm"
    draft = draft_of([DraftPage(1, text)])
    assert (draft.issuer.value, draft.superior) == ("Sở Tư pháp - Sở Tài chính", None)
    assert (draft.title.value, draft.number.value) == ("Kế hoạch liên tịch làm", "9/KHLT-STP-STC")


def test_a_date_above_the_signature_is_the_documents():
    text = f"BỘ VĂN HÓA\n{REPUBLIC}\nSố 9/NĐ\nNGHỊ ĐỊNH\nLập thư viện\n\nNay lập.\n\nHà Nội, ngày 2 tháng 3 năm 1957"
    draft = draft_of([DraftPage(1, text)])
    assert (draft.date.value, draft.place.value) == ("1957-03-02", "Hà Nội")


def test_a_document_of_no_known_form_has_the_title_it_opens_with():
    draft = draft_of([DraftPage(1, "GIA PHẢ\nHỌ NGUYỄN BÁ\n\nNgười biên soạn: Nguyễn Bá Trạch\n\nVăn Phú, năm 1992")])
    assert (draft.form, draft.title.value, draft.date.value) == ("other", "Gia phả họ nguyễn bá", "1992")
    assert [author.value for author in draft.authors] == ["Nguyễn Bá Trạch"]


def test_a_periodical_without_an_owner_is_known_by_its_issue():
    draft = draft_of(
        [DraftPage(1, "THƯ VIỆN TỈNH SƠN LA\n\nBẢN TIN ĐỊA CHÍ\n\nSố 4, tháng 10 năm 2009\n\nTrong số này")]
    )
    found = (draft.form, draft.title.value, draft.number.value, draft.date.value, draft.issuer.value)
    assert found == ("newspaper", "Bản tin địa chí", "4", "2009-10", "Thư viện tỉnh Sơn La")


def test_a_french_decision_is_an_administrative_document():
    text = "RÉSIDENCE DE QUANG-NGAI\n\nN° 88\n\nDÉCISION\nfixant les heures\n\nQuang-Ngai, le 3 juin 1931"
    draft = draft_of([DraftPage(1, text)])
    found = (draft.form, draft.title.value, draft.number.value, draft.date.value)
    assert found == ("administrative", "Décision fixant les heures", "88", "1931-06-03")


def test_an_annex_says_what_a_lost_heading_was():
    pages = [
        DraftPage(1, "Trien khai chuyen doi so tren dia ban tinh Dong Thap\n\nCan cu cac van ban cua Tinh uy."),
        DraftPage(2, "(Kem theo Ke hoach so 412 /KH-UBND ngay 13 thang 12 nam 2022 cua UBND Tinh)"),
    ]
    draft = draft_of(pages)
    found = [draft.number.value, draft.date.value, draft.issuer.value, draft.number.evidence[0].page]
    assert found == ["412/KH-UBND", "2022-12-13", "Ủy ban nhân dân tỉnh Đồng Tháp", 2]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Sách này nói về làng xã và con người của vùng đất mới.", "vi"),
        ("La province est située dans le sud et elle est traversée par des canaux.", "fr"),
        ("The province is in the south of the country and it is crossed by canals.", "en"),
        ("大越史記全書 卷之一", "zh"),
        ("", None),
    ],
)
def test_languages(text, language):
    found = draft_of([DraftPage(1, text)]).language
    assert (found.value if found else None) == language


def test_prose_is_of_no_form_and_nothing_is_guessed():
    draft = draft_of(
        [DraftPage(1, "Sáng hôm ấy trời nhiều gió. Chúng tôi đi bộ qua cánh đồng đến bờ sông rồi quay về.")]
    )
    assert (draft.form, draft.title, draft.number, draft.issuer, draft.date) == ("other", None, None, None, None)


def test_tables_name_known_classes_and_summary_numbers():
    assert len({subject.term for subject in subjects()}) == len(subjects())
    assert all(len(subject.ddc) == 3 for subject in subjects())
    assert len({rule.rule for rule in class_rules()}) == len(class_rules())


def test_a_draft_survives_the_object_store():
    draft = drafted("dia-chi")
    assert MetadataDraft.model_validate_json(draft.model_dump_json()) == draft


HEADING = "ỦY BAN NHÂN DÂN Số: /KH-UBND V/v ngày tháng năm 2020 KẾ HOẠCH Kính gửi: - , / ( [ “ 1. NXB HÀ NỘI"
WORDS = st.sampled_from(HEADING.split())


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(WORDS | st.text(max_size=8), max_size=8).map(" ".join), max_size=14).map("\n".join))
def test_any_text_has_a_draft(text):
    assert isinstance(draft_of([DraftPage(1, text)]), MetadataDraft)


BOXED = st.tuples(WORDS | st.text(max_size=8), *[st.integers(-50, 4000)] * 4, st.floats(0, 100))


@settings(max_examples=100, deadline=None)
@given(st.lists(BOXED, max_size=40))
def test_any_boxes_have_a_draft(rows):
    assert isinstance(draft_of([DraftPage.of_rows(1, "", rows)]), MetadataDraft)

"""Spelling, language and marks of words."""

import pytest

from services.ocr.reading.correction import corrected, variants
from services.ocr.reading.languages import language_of
from services.ocr.reading.word import Word
from shared.vietnamese.orthography import is_syllable


@pytest.mark.parametrize(
    "word",
    ["Nghiêng", "giếng", "gì", "quốc", "hoà", "hòa", "khuỷu", "thuở", "nguyễn", "ẢNH", "đặc", "rượu", "khúc", "yêu"],
)
def test_vietnamese_syllables(word: str) -> None:
    assert is_syllable(word)


@pytest.mark.parametrize(
    "word", ["thuc", "vién", "trién", "fait", "the's", "kách", "ngiêng", "cể", "w", "đặn̂g", "hoạch́", "straße"]
)
def test_what_no_vietnamese_spells(word: str) -> None:
    assert not is_syllable(word)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Sông chảy qua làng, thuyền đậu dưới bến.", "vi"),
        ("Le marché se tient tous les cinq jours près du bac où s'arrêtent les sampans.", "fr"),
        ("The market is held every five days near the ferry where the boats stop.", "en"),
        ("", ""),
    ],
)
def test_languages(text: str, language: str) -> None:
    assert language_of(text) == language


def words(text: str, confidence: float) -> list[Word]:
    return [
        Word(text=word, x=0, y=0, width=9, height=9, confidence=confidence, block=1, line=1) for word in text.split()
    ]


LAW = "Bộ luật này có hiệu lực {} từ ngày được cơ quan nhà nước có thẩm quyền ban hành theo quy định của pháp luật"


def test_marks_are_put_right_where_the_text_is_familiar_and_the_engine_unsure() -> None:
    result = corrected(words(LAW.format("kế"), confidence=75))
    assert " ".join(word.text for word in result) == LAW.format("kể")
    assert [word.raw for word in result if word.raw] == ["kế"]


def test_what_the_engine_is_sure_of_stays() -> None:
    sure = words(LAW.format("kế"), confidence=96)
    assert list(corrected(sure)) == sure


def test_tales_of_villages_are_left_alone() -> None:
    tale = words("Theo sổ đinh còn giữ được, xóm Cây Thị bấy giờ có 431 suất đinh và 48 mẫu ruộng công.", confidence=60)
    assert list(corrected(tale)) == tale


def test_other_marks_on_the_same_letters() -> None:
    assert {"quyền", "quyển", "quyên"} <= set(variants("quyên"))
    assert all(is_syllable(word) for word in variants("đinh"))

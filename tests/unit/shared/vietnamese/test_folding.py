"""Forms of Vietnamese text hold whatever normal form, case or spelling of tones the text comes in."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.vietnamese import fold, fold_aligned, normalise

VIETNAMESE = st.text("aăâbcdđeêghiklmnoôơpqrstuưvxyàảãáạằầềệíọộợủựỷýĐĂÂÊÔƠƯẤỆỢ 1.,-\n", max_size=80)
ANY_TEXT = st.one_of(VIETNAMESE, st.text(max_size=60))


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Thư viện", "thu vien"),
        ("ĐƯỜNG ĐỜI", "duong doi"),
        ("Ðà Nẵng", "da nang"),
        ("  Truyện \t Kiều\n", "truyen kieu"),
        ("ngoằn ngoèo", "ngoan ngoeo"),
        ("Đổi mới 1986", "doi moi 1986"),
        ("詩經", "詩經"),
    ],
)
def test_fold_forgets_marks_case_and_spacing(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("left", "right"), [("Hoà Bình", "hòa bình"), ("thuý", "THÚY"), ("khoẻ", "khỏe"), ("uỷ ban", "ủy ban")]
)
def test_normalise_gives_one_spelling_to_a_tone_with_two_places(left: str, right: str) -> None:
    assert normalise(left) == normalise(right)


@pytest.mark.parametrize(
    ("left", "right"), [("má", "mạ"), ("quý", "qúy"), ("hoàn", "hòan"), ("đa", "da"), ("hoà", "hoá")]
)
def test_normalise_keeps_what_marks_tell_apart(left: str, right: str) -> None:
    assert normalise(left) != normalise(right)


@given(ANY_TEXT)
def test_normal_form_of_the_input_does_not_matter(text: str) -> None:
    composed, decomposed = unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)
    assert fold(text) == fold(composed) == fold(decomposed)
    assert normalise(text) == normalise(composed) == normalise(decomposed)


@given(ANY_TEXT)
def test_both_forms_are_fixed_points(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert normalise(normalise(text)) == normalise(text)


@given(ANY_TEXT)
def test_folding_sees_through_normalising(text: str) -> None:
    assert fold(normalise(text)) == fold(text)


@given(VIETNAMESE)
def test_case_does_not_matter(text: str) -> None:
    assert fold(text.upper()) == fold(text)
    assert normalise(text.upper()) == normalise(text)


@given(ANY_TEXT)
def test_aligned_form_keeps_every_position(text: str) -> None:
    assert len(fold_aligned(text)) == len(text)


@given(VIETNAMESE)
def test_aligned_form_agrees_with_the_folded_words(text: str) -> None:
    words_only = "".join(character if character.isalnum() else " " for character in text)
    assert fold_aligned(text).split() == fold(words_only).split()

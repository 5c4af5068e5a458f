"""Forms of Vietnamese text hold whatever normal form, case or spelling of tones the text comes in."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.vietnamese import fold, fold_aligned, fold_letters, normalise, respell

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


@pytest.mark.parametrize(
    ("one", "other"), [("vật lý", "vật lí"), ("Mỹ", "Mĩ"), ("thế kỷ", "thế kỉ"), ("quý", "quí"), ("tỷ lệ", "tỉ lệ")]
)
def test_respelling_gives_i_and_y_one_spelling(one: str, other: str) -> None:
    assert respell(one) == respell(other)


@pytest.mark.parametrize("word", ["tuyển", "yêu", "y tế", "thúy", "quyết", "ngày", "hay"])
def test_respelling_leaves_a_y_that_has_one_spelling(word: str) -> None:
    assert respell(word) == normalise(word)


@given(ANY_TEXT)
def test_respelling_is_a_fixed_point(text: str) -> None:
    assert respell(respell(text)) == respell(text)


@given(ANY_TEXT)
def test_letters_fold_in_their_places(text: str) -> None:
    folded = fold_letters(text)
    assert len(folded) == len(text)
    assert all(one == other for one, other in zip(text, folded, strict=True) if not one.isalpha())

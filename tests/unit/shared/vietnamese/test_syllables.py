"""Syllables carry offsets into the text they came from."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from shared.vietnamese import fold, normalise, syllables


def test_a_sentence_becomes_its_syllables() -> None:
    text = "Thư-viện (tỉnh), 1975: “Đọc”_sách"
    assert [found.exact for found in syllables(text)] == ["thư", "viện", "tỉnh", "1975", "đọc", "sách"]
    assert [found.folded for found in syllables(text)] == ["thu", "vien", "tinh", "1975", "doc", "sach"]


def test_every_ideograph_is_a_syllable() -> None:
    assert [found.exact for found in syllables("金雲翹新傳 𡨸喃Nôm")] == [*"金雲翹新傳𡨸喃", "nôm"]


def test_a_decomposed_syllable_is_one_syllable() -> None:
    text = unicodedata.normalize("NFD", "việt ngữ")
    assert [text[found.start : found.end] for found in syllables(text)] == text.split()


@given(st.text(max_size=80))
def test_offsets_point_at_the_original(text: str) -> None:
    end = 0
    for found in syllables(text):
        original = text[found.start : found.end]
        assert end <= found.start < found.end
        assert (found.exact, found.folded) == (normalise(original), fold(original))
        assert found.folded
        end = found.end


@given(st.text("aăđêơưàảãáạằầềệọộợ Ttnh.,", max_size=80))
def test_normal_form_of_the_input_does_not_change_the_syllables(text: str) -> None:
    composed, decomposed = unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)
    assert [found.exact for found in syllables(composed)] == [found.exact for found in syllables(decomposed)]

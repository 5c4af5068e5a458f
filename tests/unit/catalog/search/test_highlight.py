"""Highlights lie over the text as it was written."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.search.highlight import PASSAGE_CHARACTERS, Highlighted, Passages, highlight
from services.catalog.search.parsing import parse


def marked(text: str, query: str) -> list[str]:
    return [part for part, is_match in highlight(text, parse(query)).parts() if is_match]


def passage(text: str, query: str) -> Highlighted:
    return Passages(text, Passages.align(text)).best(parse(query))


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("Đường về Huế", "duong hue", ["Đường", "Huế"]),
        ("Thư viện tỉnh", "thu vien", ["Thư viện"]),
        ("thư, viện", "thu vien", ["thư", "viện"]),
        ("Nhà giáo, khoa học, giáo khoa", '"giao khoa"', ["giáo, khoa", "giáo khoa"]),
        ("đặc san", "dac", ["đặc"]),
        ("thanh than", "tha", []),
        ("金雲翹", "雲", ["雲"]),
        ("không có gì", "", []),
    ],
)
def test_matches_are_marked_in_the_original(text: str, query: str, expected: list[str]) -> None:
    assert marked(text, query) == expected


def test_a_decomposed_text_is_marked_with_all_its_marks() -> None:
    text = unicodedata.normalize("NFD", "về Huế xưa")
    assert marked(text, "hue") == [unicodedata.normalize("NFD", "Huế")]


@given(st.text("aăđêthuiv ,.\n<>&", max_size=80), st.text('aăđêthuiv "', max_size=20))
def test_parts_joined_are_the_text_and_spans_are_in_order(text: str, query: str) -> None:
    found = highlight(text, parse(query))
    assert "".join(part for part, _ in found.parts()) == text
    edges = [edge for span in found.spans for edge in span]
    assert edges == sorted(set(edges))


FILLER = "Trời xanh mây trắng bay qua đồng lúa chín vàng. "


def test_the_passage_is_where_the_words_stand_together() -> None:
    text = FILLER * 20 + "thư của viện. " + FILLER * 20 + "Cả làng đến thư viện đọc sách. " + FILLER * 20
    found = passage(text, "thu vien")
    assert "Cả làng đến thư viện đọc sách." in found.text
    assert [found.text[start:end] for start, end in found.spans] == ["thư viện"]


def test_the_passage_prefers_the_marks_that_were_typed() -> None:
    text = FILLER * 20 + "che mưa. " + FILLER * 20 + "hái chè trên đồi. " + FILLER * 20
    assert "hái chè trên đồi" in passage(text, "chè").text
    assert "che mưa" in passage(text, "che").text


def test_a_passage_is_short_whole_words_and_says_where_it_was_cut() -> None:
    text = (FILLER * 20 + "Đây là chợ nổi.\n\n" + FILLER * 20).strip()
    found = passage(text, "cho noi")
    assert found.text.startswith("… ")
    assert found.text.endswith(" …")
    assert len(found.text) <= PASSAGE_CHARACTERS + 4
    assert found.text.strip("… ") in " ".join(text.split())
    assert set(found.text.strip("… ").split()) <= set(text.split())


def test_the_beginning_is_shown_when_nothing_matches() -> None:
    assert passage(FILLER, "xyz") == Highlighted(text=FILLER.strip())
    assert passage("", "xyz") == Highlighted(text="")


@given(st.text("aăđ 文,\n", max_size=600), st.text("aăđ文 ", max_size=12))
def test_a_passage_is_found_for_any_text(text: str, query: str) -> None:
    assert passage(text, query).text.strip("… ") in " ".join(text.split())

"""The order of the Vietnamese alphabet."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.search.collation import beginning, sort_key


@pytest.mark.parametrize(
    "ordered",
    [
        ("an", "ăn", "ân", "ba", "ca", "da", "đa", "e", "ê", "o", "ô", "ơ", "u", "ư", "y"),
        ("ma", "mà", "mả", "mã", "má", "mạ", "man"),
        ("ca", "cá", "cà phê", "cam"),
        ("10 bài", "9 bài", "An Nam", "Bá Đa Lộc", "“Ba” Đình", "Điện Biên", "Zola"),
        ("hoá", "hoa bình", "hòa bình", "hoàn"),
    ],
)
def test_titles_stand_as_in_a_dictionary(ordered: tuple[str, ...]) -> None:
    keys = [sort_key(title) for title in ordered]
    assert keys == sorted(set(keys))
    begun = [beginning(key) for key in keys]
    assert begun == sorted(begun)


def test_case_normal_form_and_tone_placement_do_not_matter() -> None:
    assert sort_key("Hoà BÌNH") == sort_key(unicodedata.normalize("NFD", "hòa bình"))


@given(st.lists(st.text("aăâàbcđzw 09.Яö字", max_size=14), max_size=8))
def test_beginnings_stand_in_the_order_of_their_keys(titles: list[str]) -> None:
    keys = sorted(map(sort_key, titles))
    begun = [beginning(key) for key in keys]
    assert begun == sorted(begun)
    assert all(0 <= one < 1 << 60 for one in begun)

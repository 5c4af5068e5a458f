"""What differs is marked inside the value, and nothing else is."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.librarians.differing import Kind, Pieces, differences

WORDS = ["Hòa", "Hoà", "hoa", "Kiều", "kiêu", "2019", "2020", "tập", ",", "Đỗ"]
VALUES = st.lists(st.sampled_from(WORDS)).map(" ".join)


def marked(pieces: Pieces) -> list[tuple[str, str, str]]:
    """Kind, text and differing letters of what is not the same."""
    return [
        (piece.kind.value, piece.text, "".join(part for part, differs in piece.letters if differs))
        for piece in pieces
        if piece.kind is not Kind.SAME
    ]


@given(VALUES | st.text(max_size=80), VALUES | st.text(max_size=80))
def test_the_pieces_are_the_values(left: str, right: str) -> None:
    for value, pieces in zip((left, right), differences(left, right), strict=True):
        assert "".join(piece.text for piece in pieces) == unicodedata.normalize("NFC", value)


@given(st.text(max_size=80))
def test_equal_values_differ_in_nothing(value: str) -> None:
    assert [marked(pieces) for pieces in differences(value, unicodedata.normalize("NFD", value))] == [[], []]


@pytest.mark.parametrize(
    ("left", "right", "ours", "theirs"),
    [
        ("Truyện cổ Bến Gỗ", "Truyền cổ Bến Gỗ", [("marks", "Truyện", "ệ")], [("marks", "Truyền", "ề")]),
        ("Đường lên", "Dương lên", [("marks", "Đường", "Đờ")], [("marks", "Dương", "Dơ")]),
        ("Hoà bình, 2019", "hòa bình 2019.", [], []),
        ("Tập 2", "Tập 3", [("other", "2", "2")], [("other", "3", "3")]),
        ("Kỹ thuật", "Kỹ thuật trồng lúa", [], [("other", "trồng", "trồng"), ("other", "lúa", "lúa")]),
        ("Nguyễn Quang", "Nguyễn Quanh", [("other", "Quang", "g")], [("other", "Quanh", "h")]),
        ("", "2005", [], [("other", "2005", "2005")]),
    ],
)
def test_what_differs_is_marked(left: str, right: str, ours: list[object], theirs: list[object]) -> None:
    assert [marked(pieces) for pieces in differences(left, right)] == [ours, theirs]


def test_endless_values_are_shown_unmarked() -> None:
    one, other = differences("a " * 1000, "b " * 1000)
    assert (marked(one), marked(other)) == ([], [])

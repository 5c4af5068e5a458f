"""What becomes of words and boxes when a person corrects a line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ocr.reading.engine import Region, Word
from services.ocr.worklist.lines import changed_lines, corrected, lines_of, regions_of, retold, text_of, words_of

TEXT = "Đình làng\n\nđựng năm 18O2 ."


def words_in(text: str) -> tuple[Word, ...]:
    """Words of ten pixels a letter; blocks are parted by an empty line."""
    words, line = [], 0
    for block, paragraph in enumerate(text.split("\n\n"), start=1):
        for row in paragraph.split("\n"):
            line, x = line + 1, 0
            for token in row.split():
                box = {"x": x, "y": 30 * line, "width": 10 * len(token), "height": 20}
                words.append(Word(text=token, **box, confidence=50, block=block, line=line))
                x += 10 * len(token) + 10
    return tuple(words)


def boxes(words: tuple[Word, ...]) -> list[tuple[str, int, int]]:
    return [(word.text, word.x, word.width) for word in words]


def test_a_corrected_word_keeps_its_place_and_is_certain() -> None:
    words = corrected(words_in(TEXT), {2: "dựng năm 18O2 ."})
    assert boxes(words)[2:4] == [("dựng", 0, 40), ("năm", 50, 30)]
    assert [word.confidence for word in words] == [50, 50, 100, 50, 50, 50]


def test_joined_and_parted_words_share_the_room() -> None:
    joined = corrected(words_in("18 02 năm"), {1: "1802 năm"})
    assert boxes(joined) == [("1802", 0, 50), ("năm", 60, 30)]
    parted = corrected(words_in("a nămnay b"), {1: "a năm nay b"})
    assert boxes(parted) == [("a", 0, 10), ("năm", 20, 30), ("nay", 50, 30), ("b", 90, 10)]


def test_a_word_that_was_left_out_stands_between_its_neighbours() -> None:
    words = corrected(words_in("Đình làng"), {1: "Đình cổ làng"})
    assert boxes(words) == [("Đình", 0, 40), ("cổ", 40, 10), ("làng", 50, 40)]


def test_an_emptied_line_is_gone() -> None:
    assert text_of(corrected(words_in(TEXT), {1: ""})) == "đựng năm 18O2 ."


def test_the_text_is_told_in_place_or_anew() -> None:
    words = words_in(TEXT)
    assert retold(TEXT, words, {2: "dựng năm 1802."}) == "Đình làng\n\ndựng năm 1802."
    assert retold("bảng | khác", words, {1: "Đình cổ"}) == "Đình cổ\n\nđựng năm 18O2 ."


def test_only_what_says_something_else_counts() -> None:
    assert changed_lines(words_in(TEXT), {1: "  Đình \u0000 làng ", 2: "x\u0007y"}) == {2: "x y"}
    with pytest.raises(KeyError):
        changed_lines(words_in(TEXT), {9: "x"})


def test_regions_follow_their_lines() -> None:
    before = words_in(TEXT)
    regions = [
        Region(kind="heading", x=0, y=0, width=1, height=1, words=(0, 1)),
        Region(kind="paragraph", x=0, y=0, width=1, height=1, words=(2, 3, 4, 5)),
    ]
    after = corrected(before, {1: "Đình làng Hạ Lôi"})
    assert [region.words for region in regions_of(before, after, regions)] == [(0, 1, 2, 3), (4, 5, 6, 7)]
    gone = corrected(before, {1: ""})
    assert [(region.kind, region.words) for region in regions_of(before, gone, regions)] == [
        ("paragraph", (0, 1, 2, 3))
    ]


@given(st.lists(st.text("aăâđ b", max_size=12), min_size=1, max_size=3), st.text("aăâđ bc", max_size=20))
def test_whatever_is_typed_the_words_say_it_inside_the_page(rows: list[str], typed: str) -> None:
    words = words_in("\n".join(row for row in rows if row.strip()) or "a")
    (first, *others) = lines_of(words)
    after = corrected(words, {first.number: typed})
    assert [word.text for word in after] == [*typed.split(), *(word.text for line in others for word in line.words)]
    right = max(word.x + word.width for word in words)
    assert all(word.x >= 0 and word.x + word.width <= right + len(typed) for word in after)
    assert all(word.width >= 1 for word in after)


def test_what_is_no_page_of_ours_is_refused() -> None:
    for body in (b"", b"<html", b'<p><b class="ocr_carea"><i class="ocr_line"><u class="ocrx_word">x</u></i></b></p>'):
        with pytest.raises(ValueError, match=r"\S"):
            words_of(body)

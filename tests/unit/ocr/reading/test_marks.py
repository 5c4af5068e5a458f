"""Lines of lone marks, where the engine finds nothing more under them."""

import numpy as np

from services.ocr.reading.marks import with_marks
from services.ocr.reading.preparation import PreparedPage
from services.ocr.reading.word import Word


def word(text: str, line: int, *, y: int, height: int, confidence: float) -> Word:
    return Word(text=text, x=40, y=y, width=200, height=height, confidence=confidence, block=1, line=line)


def empty_page() -> PreparedPage:
    return PreparedPage(np.full((400, 400), 255, np.uint8), 300, np.eye(3), ())


def test_a_line_stands_whatever_is_read_with_its_marks() -> None:
    text = [word("chữ", line, y=100 * line, height=40, confidence=0.0) for line in (1, 2, 3)]
    marks = word("´ˋ", 4, y=199, height=10, confidence=20.0)
    assert [found.line for found in with_marks(empty_page(), [*text, marks], "vie")] == [1, 2, 3]


def test_marks_above_marks_are_no_line_of_text() -> None:
    upper = word("´ˋ", 1, y=104, height=8, confidence=20.0)
    lower = word("ˇ^", 2, y=106, height=10, confidence=20.0)
    text = [word("chữ", line, y=100 * line - 200, height=40, confidence=90.0) for line in (3, 4, 5)]
    assert with_marks(empty_page(), [upper, lower, *text], "vie") == tuple(text)

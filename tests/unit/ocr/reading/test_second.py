"""Two readings of the same words: which is kept, and where marks go that were taken for a line of their own."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from pydantic import ValidationError

from deploy.local.samples.drawing import draw_page
from services.ocr.reading.engine import loaded, recognise
from services.ocr.reading.limits import FILE, load
from services.ocr.reading.marks import with_marks
from services.ocr.reading.preparation import PreparedPage
from services.ocr.reading.second import merged, seconded, spans
from services.ocr.reading.word import Word


def words(*said: tuple[str, float], line: int = 1) -> list[Word]:
    return [
        Word(text=text, x=100 * place, y=50, width=90, height=40, confidence=confidence, block=1, line=line)
        for place, (text, confidence) in enumerate(said)
    ]


def texts(found: list[Word]) -> str:
    return " ".join(word.text for word in found)


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        ([("các", 96), ("tông", 60), ("phải", 97)], [("các", 96), ("tổng", 95), ("phải", 97)], "các tổng phải"),
        ([("các", 96), ("tổng", 91), ("phải", 97)], [("các", 96), ("tông", 60), ("phải", 97)], "các tổng phải"),
        ([("ngày", 96), ("21", 82)], [("ngày", 96), ("2l", 83)], "ngày 21"),
        ([("øốm", 91), ("men", 96)], [("gốm", 80), ("men", 96)], "gốm men"),
        ([("từ", 96), ("đó", 96)], [("từ", 96)], "từ đó"),
        ([("từ", 96)], [("từ", 96), ("đó", 96)], "từ"),
        ([("cóhiệu", 50), ("lực", 90)], [("có", 95), ("hiệu", 94), ("lực", 96)], "có hiệu lực"),
    ],
    ids=["surer", "surer-first", "digits", "spelled", "nothing-lost", "nothing-added", "other-ends"],
)
def test_the_likelier_word_is_kept(first: list[tuple[str, float]], second: list[tuple[str, float]], kept: str) -> None:
    assert texts(merged(words(*first), words(*second))) == kept


def test_neighbours_decide_between_readings_that_are_nearly_as_sure() -> None:
    first = words(("hiệu", 96), ("lực", 96), ("kê", 88), ("từ", 97))
    second = words(("hiệu", 96), ("lực", 96), ("kể", 85), ("từ", 97))
    assert texts(merged(first, second)) == "hiệu lực kể từ"


def test_only_what_is_near_a_doubtful_word_of_its_line_is_read_again() -> None:
    found = [*words(("một", 97), ("hai", 97), ("ba", 60)), *words(("bốn", 97), ("năm", 97), line=2)]
    assert [(texts(run), doubtful) for run, doubtful in spans(found)] == [
        ("một", False),
        ("hai ba", True),
        ("bốn năm", False),
    ]


def test_a_word_misread_is_put_right_by_the_other_model() -> None:
    grey = np.asarray(draw_page("Theo lời người già ở đình làng"), np.uint8)
    page = PreparedPage(grey, 300, np.eye(3), ())
    read = recognise(loaded("vie"), page)
    misread = {"text": "lãng", "confidence": 50.0}
    spoiled = [word.model_copy(update=misread) if word.text == "làng" else word for word in read]
    assert texts(spoiled) != texts(list(read))
    assert texts(list(seconded(page, spoiled, "vie"))) == texts(list(read))


def test_marks_that_were_a_line_of_their_own_go_back_to_it() -> None:
    grey = np.asarray(draw_page("Người làng kể rằng cây đa ấy đã đổ từ lâu"), np.uint8)
    page = PreparedPage(grey, 300, np.eye(3), ())
    read = recognise(loaded("vie"), page)
    first = min(read, key=lambda word: (word.line, word.x))
    marks = first.model_copy(update={"text": "^Ấ", "height": 12, "line": first.line - 1, "confidence": 40.0})
    assert texts(list(with_marks(page, [marks, *read], "vie"))) == texts(list(read))


def test_limits_must_say_what_they_mean(tmp_path: Path) -> None:
    described = yaml.safe_load(FILE.read_text("utf-8"))
    file = tmp_path / "limits.yaml"
    for spoil in ("means", "unit", "measured", "value"):
        spoiled = {**described, "marks": {**described["marks"], "low": {**described["marks"]["low"]}}}
        del spoiled["marks"]["low"][spoil]
        file.write_text(yaml.safe_dump(spoiled), "utf-8")
        with pytest.raises(ValidationError):
            load(file)
    file.write_text(yaml.safe_dump({**described, "marks": {}}), "utf-8")
    with pytest.raises(ValidationError):
        load(file)
    assert load().second.sure == described["second"]["sure"]["value"]

"""What is counted as an error."""

import unicodedata

from tests.benchmarks.ocr_accuracy import score

TRUTH = "Đình làng Hạ Lôi nằm trên gò đất cao\nbên tả ngạn sông Lam Giang,\ncách bến đò cũ chừng ba trăm bước chân."
COLUMNS = (
    "Người miền ngược mang xuống măng khô\nvà mật ong, sa nhân, vỏ quế đầy thuyền\n"
    "còn người miền xuôi chở lên muối trắng\nnước mắm, nồi đất, vải nâu từng gánh"
)


def test_a_right_reading_has_no_errors() -> None:
    found = score([TRUTH], unicodedata.normalize("NFD", f"  {TRUTH.replace(' ', '  ')}\n\n"))
    assert (found.edits, found.word_edits, found.unordered_edits, found.in_order) == (0, 0, 0, 1.0)


def test_a_lost_mark_is_told_from_another_letter() -> None:
    found = score([TRUTH], TRUTH.replace("làng", "lang").replace("gò", "qò"))
    assert (found.edits, found.mark_edits, found.word_edits) == (2, 1, 2)


def test_a_line_out_of_order_is_misread_only_in_sequence() -> None:
    first, second, *rest = COLUMNS.splitlines()
    found = score([COLUMNS], "\n".join([second, first, *rest]))
    assert found.unordered_edits <= 4
    assert found.edits > 30
    assert found.in_order < 1


def test_columns_read_across_are_out_of_order() -> None:
    one, two, three, four = COLUMNS.splitlines()
    assert score([COLUMNS], f"{one}\n{three}\n{two}\n{four}").in_order < 0.7
    assert score([COLUMNS], COLUMNS).in_order == 1.0


def test_any_right_order_is_right() -> None:
    assert score([TRUTH, "\n".join(reversed(TRUTH.splitlines()))], "\n".join(reversed(TRUTH.splitlines()))).edits == 0


def test_missing_and_invented_text_both_count() -> None:
    assert score([TRUTH], TRUTH.splitlines()[0]).unordered_edits > 30
    assert score([TRUTH], f"{TRUTH}\n{'x' * 50}").unordered_edits >= 50
    assert score([TRUTH], "").cer == 1.0

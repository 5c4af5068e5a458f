"""Any string is a query, cut down to what can be answered quickly."""

from hypothesis import given
from hypothesis import strategies as st

from services.catalog.search.query import MAX_WORDS, parse


def clauses(text: str) -> list[list[str]]:
    return [[word.exact for word in clause] for clause in parse(text).clauses]


def test_words_and_phrases() -> None:
    assert clauses('Thư "viện tỉnh" cũ') == [["thư"], ["viện", "tỉnh"], ["cũ"]]
    assert clauses("«viện tỉnh» “một”") == [["viện", "tỉnh"], ["một"]]


def test_an_open_quotation_mark_is_no_phrase() -> None:
    assert clauses('thư "viện tỉnh') == [["thư"], ["viện"], ["tỉnh"]]


def test_a_word_said_twice_is_asked_once() -> None:
    assert clauses("xa xa Xa") == [["xa"]]


def test_marks_are_noticed() -> None:
    assert parse("thư vien").marked
    assert parse("đi").marked
    assert not parse("thu vien 1975").marked


@given(st.text(max_size=2_000))
def test_a_query_is_bounded(text: str) -> None:
    query = parse(text)
    assert len(query.words) <= MAX_WORDS
    assert all(query.clauses)

"""Any string is a query, cut down to what can be answered quickly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.search.parsing import parse
from services.catalog.search.query import (
    MAX_WORDS,
    And,
    Code,
    Everything,
    Field,
    Match,
    Node,
    Not,
    Or,
    Range,
    Term,
    Word,
)
from services.catalog.search.terms import class_term, class_terms, span, term
from shared.vietnamese import fold, normalise


def word(text: str) -> Word:
    return Word(normalise(text), fold(text))


def anywhere(text: str, *, prefix: bool = False) -> Term:
    return Term(Field.ANYWHERE, (word(text),), prefix=prefix)


def phrase(field: Field, *texts: str, prefix: bool = False) -> Term:
    return Term(field, tuple(map(word, texts)), Match.PHRASE, prefix)


A, B, C = anywhere("a"), anywhere("b"), anywhere("c")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", None),
        ("Thư", anywhere("thư")),
        ("a b", And((A, B))),
        ("a AND b", And((A, B))),
        ("a OR b c", Or((A, And((B, C))))),
        ("(a OR b) c", And((Or((A, B)), C))),
        ("a NOT b", And((A, Not(B)))),
        ("a AND NOT (b OR c)", And((A, Not(Or((B, C)))))),
        ("NOT a", And((Everything(), Not(A)))),
        ("nguy*", anywhere("nguy", prefix=True)),
        ('"viện tỉnh"', phrase(Field.ANYWHERE, "viện", "tỉnh")),
        ("«viện tỉnh» “một”", And((phrase(Field.ANYWHERE, "viện", "tỉnh"), phrase(Field.ANYWHERE, "một")))),
        ("title:kiều", Term(Field.TITLE, (word("kiều"),))),
        ("nhande:kiều", Term(Field.TITLE, (word("kiều"),))),
        ("tácgiả:du", Term(Field.AUTHOR, (word("du"),))),
        ('author:"nguyễn d*"', phrase(Field.AUTHOR, "nguyễn", "d", prefix=True)),
        ("year:2001..2010", Range(Field.YEAR, 2001, 2010)),
        ("year:..1945", Range(Field.YEAR, None, 1945)),
        ("nam:1975", Range(Field.YEAR, 1975, 1975)),
        ("isbn:0-306-40615-2", Code(Field.ISBN, "9780306406157")),
        ("978-0-306-40615-7", Code(Field.ISBN, "9780306406157")),
        ("class:900", Code(Field.CLASS, "9")),
        ("library:Xa", Code(Field.LIBRARY, "xa")),
        ("language:vi", Code(Field.LANGUAGE, "vi")),
        ("xa xa Xa", anywhere("xa")),
    ],
)
def test_the_language_of_the_search_box(text: str, tree: Node | None) -> None:
    assert parse(text).root == tree


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('thư "viện tỉnh', ["thư", "viện", "tỉnh"]),
        ("(thư viện", ["thư", "viện"]),
        ("thư) viện", ["thư", "viện"]),
        ("AND thư", ["and", "thư"]),
        ("thư OR", ["thư", "or"]),
        ("thư NOT", ["thư", "not"]),
        ("a AND OR b", ["a", "and", "or", "b"]),
        ("năm: 1975", ["năm", "1975"]),
        ("year:xưa", ["year", "xưa"]),
        ("http://vi.example/a", ["http", "vi", "example", "a"]),
        ("(" * 50 + "a" + ")" * 50, ["a"]),
    ],
)
def test_what_has_no_form_is_plain_words(text: str, words: list[str]) -> None:
    assert [word.exact for word in parse(text).words] == words


def test_marks_are_noticed() -> None:
    assert parse("thư vien").marked
    assert parse("đi").marked
    assert not parse("thu vien 1975").marked


def test_what_must_not_match_is_not_shown() -> None:
    assert [clause.words[0].exact for clause in parse("a NOT b title:c").clauses()] == ["a"]
    assert [clause.words[0].exact for clause in parse("a NOT b title:c").clauses(Field.TITLE)] == ["a", "c"]


@given(st.one_of(st.text(max_size=2_000), st.text('ab ()":ANDORT*titleyear.0', max_size=300)))
def test_any_string_is_a_bounded_query(text: str) -> None:
    assert len(parse(text).words) <= MAX_WORDS


@pytest.mark.parametrize(
    ("number", "terms"),
    [
        ("959.7", ("9", "95", "959", "959.7")),
        ("005", ("0", "00", "005")),
        ("[Fic]", ()),
        ("9", ()),
    ],
)
def test_a_dewey_number_stands_in_every_class_above_it(number: str, terms: tuple[str, ...]) -> None:
    assert class_terms(number) == terms


@pytest.mark.parametrize(("asked", "number"), [("900", "959.7"), ("950", "951"), ("959.7", "959.7022"), ("000", "005")])
def test_a_class_is_asked_for_as_dewey_writes_it(asked: str, number: str) -> None:
    assert class_term(asked) in class_terms(number)


def test_terms_of_other_languages() -> None:
    assert term(Field.TITLE, "truyện kiều", Match.EXACT) == Term(
        Field.TITLE, (word("truyện"), word("kiều")), Match.EXACT
    )
    assert term(Field.LANGUAGE, "vi en", Match.ANY) == Or((Code(Field.LANGUAGE, "vi"), Code(Field.LANGUAGE, "en")))
    assert span(Field.YEAR, 2001, None) == Range(Field.YEAR, 2001, None)
    assert span(Field.TITLE, 1, 2) is None
    assert term(Field.YEAR, "xưa") is None
    assert term(Field.TITLE, "…") is None

"""CQL 1.2 read as its specification says it, in Vietnamese too."""

import pytest

from services.catalog.exchange.sru.cql import MAX_CLAUSES, read, read_scan_clause
from services.catalog.exchange.sru.diagnostics import Code, Diagnostic
from services.catalog.search.engine import Sort
from services.catalog.search.query import (
    And,
    Everything,
    Field,
    Match,
    Node,
    Not,
    Or,
    Range,
    Term,
    words,
)
from services.catalog.search.query import (
    Code as Whole,
)


def text(field: Field, wanted: str, match: Match = Match.PHRASE, *, prefix: bool = False) -> Term:
    return Term(field, tuple(words(wanted)), match, prefix=prefix)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("lịch", text(Field.ANYWHERE, "lịch")),
        ('"lịch sử"', text(Field.ANYWHERE, "lịch sử")),
        ('dc.title = "lịch sử"', text(Field.TITLE, "lịch sử")),
        ('DC.Title all "lịch sử"', text(Field.TITLE, "lịch sử", Match.ALL)),
        ('title any "lịch sử"', text(Field.TITLE, "lịch sử", Match.ANY)),
        ('dc.title == "lịch sử"', text(Field.TITLE, "lịch sử", Match.EXACT)),
        ('dc.creator exact "Lê Hoà"', text(Field.AUTHOR, "Lê Hoà", Match.EXACT)),
        ('dc.title = "^lịch sử^"', text(Field.TITLE, "lịch sử", Match.EXACT)),
        ("dc.title = ngh*", text(Field.TITLE, "ngh", prefix=True)),
        (r'dc.title = "năm \*"', text(Field.TITLE, "năm *")),
        ('dc.title = "nói \\"không\\""', text(Field.TITLE, 'nói "không"')),
        ("dc.title =/relevant a", text(Field.TITLE, "a")),
        ("bath.isbn = 0-306-40615-2", Whole(Field.ISBN, "9780306406157")),
        ("dc.date = 1990", Range(Field.YEAR, 1990, 1990)),
        ("dc.date >= 1990", Range(Field.YEAR, 1990, None)),
        ("dc.date < 1990", Range(Field.YEAR, None, 1989)),
        ('dc.date within "1990 2000"', Range(Field.YEAR, 1990, 2000)),
        ("cql.allRecords = 1", Everything()),
        ("a and b", And((text(Field.ANYWHERE, "a"), text(Field.ANYWHERE, "b")))),
        ("a OR b", Or((text(Field.ANYWHERE, "a"), text(Field.ANYWHERE, "b")))),
        ("a not b", And((text(Field.ANYWHERE, "a"), Not(text(Field.ANYWHERE, "b"))))),
        ('> x = "info:srw/cql-context-set/1/dc-v1.1" x.title = a', text(Field.TITLE, "a")),
        (
            "a or (b and c)",
            Or((text(Field.ANYWHERE, "a"), And((text(Field.ANYWHERE, "b"), text(Field.ANYWHERE, "c"))))),
        ),
    ],
)
def test_what_is_asked_for(query: str, expected: Node) -> None:
    assert read(query).query.root == expected


@pytest.mark.parametrize(
    ("query", "sort"),
    [
        ("a", Sort.RELEVANCE),
        ("a sortby dc.title", Sort.TITLE),
        ("a sortBy title/sort.ascending", Sort.TITLE),
        ("a and b sortby dc.date/sort.descending", Sort.YEAR),
    ],
)
def test_in_which_order(query: str, sort: Sort) -> None:
    assert read(query).sort == sort


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", Code.QUERY_SYNTAX_ERROR),
        ("lịch sử", Code.QUERY_SYNTAX_ERROR),
        ("(a", Code.QUERY_SYNTAX_ERROR),
        ("a)", Code.QUERY_SYNTAX_ERROR),
        ('"a', Code.QUERY_SYNTAX_ERROR),
        ("a and", Code.QUERY_SYNTAX_ERROR),
        ("a sortby", Code.QUERY_SYNTAX_ERROR),
        ("a" * 1001, Code.TOO_MANY_CHARACTERS_IN_QUERY),
        ("a" + " or a" * MAX_CLAUSES, Code.TOO_MANY_BOOLEAN_OPERATORS),
        ("foo.title = a", Code.UNSUPPORTED_CONTEXT_SET),
        ('> x = "urn:x" x.title = a', Code.UNSUPPORTED_CONTEXT_SET),
        ("dc.colour = a", Code.UNSUPPORTED_INDEX),
        ("dc.title near a", Code.UNSUPPORTED_RELATION),
        ("dc.title =/stem a", Code.UNSUPPORTED_RELATION_MODIFIER),
        ("dc.title > a", Code.UNSUPPORTED_COMBINATION_OF_RELATION_AND_INDEX),
        ("dc.date any 1990", Code.UNSUPPORTED_COMBINATION_OF_RELATION_AND_INDEX),
        ("dc.publisher == a", Code.UNSUPPORTED_COMBINATION_OF_RELATION_AND_INDEX),
        ("dc.date = xưa", Code.TERM_IN_INVALID_FORMAT),
        ("dc.date > 1e9", Code.TERM_IN_INVALID_FORMAT),
        ('dc.title = ""', Code.EMPTY_TERM_UNSUPPORTED),
        ('dc.title = "*"', Code.EMPTY_TERM_UNSUPPORTED),
        ('dc.title = "---"', Code.EMPTY_TERM_UNSUPPORTED),
        ("dc.title = a*b", Code.MASKING_CHARACTER_NOT_SUPPORTED),
        ("dc.title = a?", Code.MASKING_CHARACTER_NOT_SUPPORTED),
        ("bath.isbn = 978*", Code.MASKING_CHARACTER_NOT_SUPPORTED),
        ("dc.title = ^a", Code.ANCHORING_CHARACTER_NOT_SUPPORTED),
        ("dc.title = a^", Code.ANCHORING_CHARACTER_NOT_SUPPORTED),
        ("dc.title any ^a^", Code.ANCHORING_CHARACTER_NOT_SUPPORTED),
        ("cql.anywhere = ^a^", Code.UNSUPPORTED_COMBINATION_OF_RELATION_AND_INDEX),
        (r"dc.title = \a", Code.NON_SPECIAL_CHARACTER_ESCAPED),
        ("a prox b", Code.PROXIMITY_NOT_SUPPORTED),
        ("a and/rel.combine=sum b", Code.UNSUPPORTED_BOOLEAN_MODIFIER),
        ("a sortby dc.title dc.date", Code.TOO_MANY_SORT_KEYS),
        ("a sortby dc.subject", Code.UNSUPPORTED_PATH_FOR_SORT),
        ("a sortby dc.title/sort.descending", Code.UNSUPPORTED_DIRECTION),
    ],
)
def test_each_fault_has_its_number(query: str, code: Code, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Diagnostic) as refused:
        read(query)
    assert refused.value.code == code
    assert capfd.readouterr() == ("", "")


def test_brackets_may_be_as_deep_as_the_query_is_long() -> None:
    assert read("(" * 499 + "a" + ")" * 499).query.root == text(Field.ANYWHERE, "a")


def test_a_parser_goes_on_after_a_fault() -> None:
    for _ in range(3):
        with pytest.raises(Diagnostic):
            read('dc.title = "a')
        assert read("dc.title = a").query.root == text(Field.TITLE, "a")


def test_where_a_scan_begins() -> None:
    assert read_scan_clause('dc.title = "lịch*"') == (Field.TITLE, "lịch")
    assert read_scan_clause("a") == (Field.ANYWHERE, "a")
    with pytest.raises(Diagnostic):
        read_scan_clause("a and b")

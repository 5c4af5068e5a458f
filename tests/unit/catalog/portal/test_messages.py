"""Every message exists in every language, and the reader's wish decides which is used."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog import portal
from services.catalog.portal.messages import messages
from shared.web import languages
from shared.web.languages import Language, choose_language
from tests.unit.page_texts import is_named_in, placeholders, sources_of

VIETNAMESE, ENGLISH = (messages(language) for language in Language)
SOURCES = sources_of(Path(portal.__file__).parent) + Path(languages.__file__).read_text(encoding="utf-8")


@pytest.mark.parametrize("key", sorted(VIETNAMESE.texts.keys() | ENGLISH.texts.keys()))
def test_each_message_says_the_same_in_both_languages(key: str) -> None:
    plural = key.removesuffix(".one")
    assert placeholders(VIETNAMESE.texts[plural]) == placeholders(ENGLISH.texts[key])


@pytest.mark.parametrize("key", sorted(VIETNAMESE.texts))
def test_each_message_is_used(key: str) -> None:
    kind = key.split(".", maxsplit=1)[0]
    built = kind in {
        "class",
        "access",
        "availability",
        "language",
        "error",
        "problem",
        "facet",
        "sort",
        "form",
        "format",
        "dewey",
        "role",
        "dump",
        "kind",
        "names",
    }
    assert f'"{kind}' in SOURCES if built else is_named_in(SOURCES, key)


@pytest.mark.parametrize(
    ("header", "lang", "expected"),
    [
        (None, None, "vi"),
        ("", "en", "en"),
        ("en-GB,en;q=0.9", None, "en"),
        ("en;q=0.4, vi-VN;q=0.8", None, "vi"),
        ("fr, en;q=0.3", None, "en"),
        ("fr", None, "vi"),
        ("vi;q=0, en;q=0.1", None, "en"),
        ("en", "vi", "vi"),
        ("en", "xx", "en"),
        ("en;q=many", None, "vi"),
        ("EN", None, "en"),
    ],
)
def test_the_reader_chooses_the_language(header: str | None, lang: str | None, expected: str) -> None:
    assert choose_language(header, lang) == expected


@given(st.text(max_size=600), st.text(max_size=5))
def test_any_header_gives_a_language(header: str, lang: str) -> None:
    assert choose_language(header, lang) in set(Language)


def test_counts_follow_the_grammar_of_the_language() -> None:
    assert [ENGLISH.counted("hits.count", count) for count in (0, 1, 2000)] == [
        "0 records",
        "1 record",
        "2,000 records",
    ]
    assert [VIETNAMESE.counted("hits.count", count) for count in (1, 2000)] == ["1 biểu ghi", "2.000 biểu ghi"]


def test_an_unknown_code_stands_for_itself() -> None:
    assert VIETNAMESE.label("class", "ancient") == "Tư liệu cổ"
    assert VIETNAMESE.label("class", "new-class") == "new-class"

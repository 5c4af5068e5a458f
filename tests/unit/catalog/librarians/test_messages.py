"""Every message of the librarians' pages, and of the frame around them, exists in both languages and is used."""

from pathlib import Path

import pytest

from services.catalog import librarians
from services.catalog.imports.run import Counts, RunState
from services.catalog.librarians.heading_pages import Became
from services.catalog.librarians.review_pages import Said
from services.catalog.matching import Verdict
from shared.web import languages, staff
from shared.web.languages import Language, page_messages
from tests.unit.page_texts import is_named_in, placeholders, sources_of

FOLDERS = [Path(package.__file__).parent for package in (librarians, staff)]
VIETNAMESE, ENGLISH = (page_messages(language, *FOLDERS) for language in Language)
SOURCES = sources_of(*FOLDERS) + Path(languages.__file__).read_text("utf-8")
CODES = {
    "state": [state.value for state in RunState],
    "count": list(Counts().model_dump(by_alias=True)),
    "verdict": [verdict.value for verdict in Verdict if verdict is not Verdict.APART],
    "place": ["byte", "row"],
    "done": [*(said.value for said in Said), "gone", "undone", "split", *(became.value for became in Became)],
}


@pytest.mark.parametrize("key", sorted(VIETNAMESE.texts.keys() | ENGLISH.texts.keys()))
def test_each_message_says_the_same_in_both_languages(key: str) -> None:
    assert placeholders(VIETNAMESE.texts[key.removesuffix(".one")]) == placeholders(ENGLISH.texts[key])


@pytest.mark.parametrize("key", sorted(key for key in VIETNAMESE.texts if key.split(".")[0] not in CODES))
def test_each_message_is_used(key: str) -> None:
    assert is_named_in(SOURCES, key)


@pytest.mark.parametrize("kind", CODES)
def test_each_code_has_a_name_and_no_other_has(kind: str) -> None:
    named = {key.removeprefix(f"{kind}.") for key in VIETNAMESE.texts if key.startswith(f"{kind}.")}
    assert named == set(CODES[kind])

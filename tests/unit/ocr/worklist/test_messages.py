"""Every message exists in both languages, says the same, and is used."""

from pathlib import Path

import pytest

from services.ocr import worklist
from services.ocr.quality.profile import Flaw
from services.ocr.rescans.rescan import MANY_ERRORS
from services.ocr.worklist.stages import Action, Actor, Stage
from services.ocr.worklist.steps import StepName, StepState
from shared.events.vocabulary import AccessLevel, CollectionClass, Decision
from shared.web import staff
from shared.web.languages import Language, page_messages
from tests.unit.page_texts import is_named_in, placeholders, sources_of

FOLDER = Path(worklist.__file__).parent
VIETNAMESE, ENGLISH = (page_messages(language, FOLDER) for language in Language)
SOURCES = sources_of(FOLDER, Path(staff.__file__).parent)
CODES = {
    "stage": Stage,
    "actor": Actor,
    "action": Action,
    "step": StepName,
    "state": StepState,
    "class": CollectionClass,
    "access": AccessLevel,
    "decision": Decision,
    "flaw": (*Flaw, MANY_ERRORS),
    "pagestate": ("waiting", "requested", "read", "failed"),
}


@pytest.mark.parametrize("key", sorted(VIETNAMESE.texts.keys() | ENGLISH.texts.keys()))
def test_each_message_says_the_same_in_both_languages(key: str) -> None:
    assert placeholders(VIETNAMESE.texts[key.removesuffix(".one")]) == placeholders(ENGLISH.texts[key])


@pytest.mark.parametrize("key", sorted(key for key in VIETNAMESE.texts if key.split(".")[0] not in {*CODES, "done"}))
def test_each_message_is_used(key: str) -> None:
    assert is_named_in(SOURCES, key)


@pytest.mark.parametrize("kind", CODES)
def test_each_code_has_a_name_and_no_other_has(kind: str) -> None:
    named = {key.removeprefix(f"{kind}.") for key in VIETNAMESE.texts if key.startswith(f"{kind}.")}
    assert named == {str(code) for code in CODES[kind]}


def test_each_act_is_told_when_it_is_done() -> None:
    told = {key.removeprefix("done.") for key in VIETNAMESE.texts if key.startswith("done.")}
    assert told == {*(str(action) for action in Action), "nothing"}

"""Every message exists in both languages, says the same, and is used."""

import re
from pathlib import Path
from string import Formatter

import pytest

from services.ocr import worklist
from services.ocr.quality.profile import Flaw
from services.ocr.rescans.rescan import MANY_ERRORS
from services.ocr.worklist.stages import Action, Actor, Stage
from services.ocr.worklist.steps import StepName, StepState
from shared.events.vocabulary import AccessLevel, CollectionClass, Decision
from shared.web import staff
from shared.web.languages import Language, page_messages

FOLDER = Path(worklist.__file__).parent
VIETNAMESE, ENGLISH = (page_messages(language, FOLDER) for language in Language)
SOURCES = "".join(
    path.read_text(encoding="utf-8")
    for path in [
        *FOLDER.glob("templates/*.html"),
        *FOLDER.glob("*.py"),
        *Path(staff.__file__).parent.glob("templates/*.html"),
    ]
)
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


def fields(text: str) -> set[str]:
    return {re.split(r"[.\[]", name)[0] for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("key", sorted(VIETNAMESE.texts.keys() | ENGLISH.texts.keys()))
def test_each_message_says_the_same_in_both_languages(key: str) -> None:
    assert fields(VIETNAMESE.texts[key.removesuffix(".one")]) == fields(ENGLISH.texts[key])


@pytest.mark.parametrize("key", sorted(key for key in VIETNAMESE.texts if key.split(".")[0] not in {*CODES, "done"}))
def test_each_message_is_used(key: str) -> None:
    assert re.search(f"[\"']{re.escape(key)}[\"']", SOURCES)


@pytest.mark.parametrize("kind", CODES)
def test_each_code_has_a_name_and_no_other_has(kind: str) -> None:
    named = {key.removeprefix(f"{kind}.") for key in VIETNAMESE.texts if key.startswith(f"{kind}.")}
    assert named == {str(code) for code in CODES[kind]}


def test_each_act_is_told_when_it_is_done() -> None:
    told = {key.removeprefix("done.") for key in VIETNAMESE.texts if key.startswith("done.")}
    assert told == {*(str(action) for action in Action), "nothing"}

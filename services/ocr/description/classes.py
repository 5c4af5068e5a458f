"""The collection class a document would belong to, by rules as data."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field
from rapidfuzz import fuzz

from services.ocr.description.lines import Line
from services.ocr.description.matching import letters
from services.ocr.description.terms import rules, terms
from shared.events.draft import Finding, MetadataDraft
from shared.events.vocabulary import CollectionClass
from shared.vietnamese import fold

WORD = re.compile(r"\w+")
LONG, NEAR = 11, 0.9
HEAD_CHARACTERS = 1500


class ClassRule(BaseModel):
    """See classes.yaml; every condition that is set must hold."""

    model_config = ConfigDict(frozen=True)

    name: CollectionClass = Field(alias="class")
    rule: str
    head: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    issuer: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    before: int | None = None
    place_in_title: bool = False


@cache
def class_rules() -> tuple[ClassRule, ...]:
    table = yaml.safe_load(Path(__file__).with_name("classes.yaml").read_text("utf-8"))
    return tuple(ClassRule.model_validate(entry) for entry in table)


def class_of(draft: MetadataDraft, pages: Sequence[Sequence[Line]]) -> Finding | None:
    """The first rule that holds; None where none does."""
    whole = fold(" ".join(line.text for lines in pages for line in lines))
    for rule in class_rules():
        seen = _holds(rule, draft, whole)
        if seen is not None:
            code = f"class-{rule.rule}"
            return Finding(value=rule.name.value, confidence=rules().sure(code), rule=code, evidence=seen.evidence)
    return None


def _holds(rule: ClassRule, draft: MetadataDraft, whole: str) -> Finding | None:
    """The finding that the rule rests on."""
    title = draft.title.value if draft.title else ""
    issuer = f"{draft.issuer.value if draft.issuer else ''} {draft.superior.value if draft.superior else ''}"
    head = f"{title} {whole[:HEAD_CHARACTERS] if len(whole) < 2 * HEAD_CHARACTERS else ''}"
    checks: tuple[tuple[bool, bool, Finding | None], ...] = (
        (bool(rule.head), _contains(head, rule.head) or _misread(head, rule.head), draft.title or draft.language),
        (bool(rule.text), _contains(whole, rule.text), draft.title or draft.language),
        (bool(rule.issuer), _contains(issuer, rule.issuer), draft.issuer),
        (bool(rule.languages), _value(draft.language) in rule.languages, draft.language),
        (bool(rule.forms), draft.form in rule.forms, draft.document_type),
        (rule.before is not None, _earlier(draft.date, rule.before), draft.date),
        (rule.place_in_title, _contains(title, terms().places), draft.title),
    )
    if not all(holds for asked, holds, _ in checks if asked):
        return None
    return next((finding for asked, _, finding in checks if asked and finding), None)


def _contains(text: str, phrases: Sequence[str]) -> bool:
    words = f" {' '.join(WORD.findall(fold(text)))} "
    return any(f" {' '.join(WORD.findall(fold(phrase)))} " in words for phrase in phrases)


def _misread(text: str, phrases: Sequence[str]) -> bool:
    """Long phrases only: a letter more or less makes a short one another word."""
    long = [letters(phrase) for phrase in phrases if len(letters(phrase)) >= LONG]
    return any(fuzz.partial_ratio(phrase, letters(text)) >= 100 * NEAR for phrase in long)


def _value(finding: Finding | None) -> str | None:
    return finding.value if finding else None


def _earlier(date: Finding | None, year: int | None) -> bool:
    return bool(date and year and int(date.value[:4]) < year)

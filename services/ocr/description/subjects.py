"""Subjects by the words of the text, each with the Dewey class it would stand in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

from services.ocr.description.lines import Line, Token, evidence
from services.ocr.description.matching import letters, tokens_of
from services.ocr.description.terms import rules
from shared.events.draft import Finding, SubjectFinding
from shared.vietnamese import fold, normalise, syllables

MOST_SUBJECTS = 3
TITLE_WEIGHT = 12
"""A word of the title counts as this many of the text."""
LEAST_WEIGHT = 4
"""What three words somewhere in a text say is not what it is about."""
TEXT_TOKENS = 20_000
LEAST_SHARE = 0.15
"""Of the heaviest subject's weight: the others are there by the way."""


class Subject(BaseModel):
    """See subjects.yaml."""

    model_config = ConfigDict(frozen=True)

    term: str
    ddc: str = Field(pattern=r"^\d{3}$")
    words: tuple[str, ...]


@cache
def subjects() -> tuple[Subject, ...]:
    table = yaml.safe_load(Path(__file__).with_name("subjects.yaml").read_text("utf-8"))
    return tuple(Subject.model_validate(entry) for entry in table)


def subjects_of(title: Finding | None, pages: Sequence[Sequence[Line]]) -> tuple[SubjectFinding, ...]:
    """The heaviest three; weight is how often the subject's words occur, those of the title most."""
    tokens = [token for lines in pages for token in tokens_of(lines)][:TEXT_TOKENS]
    text, head = " ".join(token.text for token in tokens), title.value if title else ""
    weights = weighed(head, text, exact=True) or weighed(head, text, exact=False)
    chosen = sorted(weights, key=lambda subject: -weights[subject])[:MOST_SUBJECTS]
    kept = [subject for subject in chosen if weights[subject] >= LEAST_SHARE * weights[chosen[0]]]
    total = sum(weights[subject] for subject in kept)
    return tuple(_finding(subject, weights[subject] / total, title, tokens) for subject in kept)


def weighed(title: str, text: str, *, exact: bool) -> dict[Subject, int]:
    """Every subject that the text is about; exact: with marks."""
    head, body = searched(title, exact=exact), searched(text, exact=exact)
    weights = {subject: weight(subject, head, body, exact=exact) for subject in subjects()}
    return {subject: weight for subject, weight in weights.items() if weight >= LEAST_WEIGHT}


def searched(text: str, *, exact: bool) -> str:
    """Syllables with a space before and after each, so that a phrase matches whole words."""
    return " " + " ".join(s.exact if exact else s.folded for s in syllables(text)) + " "


def weight(subject: Subject, head: str, body: str, *, exact: bool) -> int:
    words = [f" {normalise(word) if exact else fold(word)} " for word in subject.words]
    return sum(TITLE_WEIGHT * head.count(word) + body.count(word) for word in words)


def _finding(subject: Subject, share: float, title: Finding | None, tokens: Sequence[Token]) -> SubjectFinding:
    confidence = round(rules().sure("subject-words") * min(1.0, 0.5 + share), 2)
    seen = _first_seen(subject, tokens)
    return SubjectFinding(
        value=subject.term,
        ddc=subject.ddc,
        confidence=confidence,
        rule="subject-words",
        evidence=evidence(seen) if seen else (title.evidence if title else ()),
    )


def _first_seen(subject: Subject, tokens: Sequence[Token]) -> list[Token]:
    folded = [letters(token.text) for token in tokens[:600]]
    for word in subject.words:
        wanted = [letters(part) for part in word.split()]
        for start in range(len(folded) - len(wanted) + 1):
            if folded[start : start + len(wanted)] == wanted:
                return list(tokens[start : start + len(wanted)])
    return []

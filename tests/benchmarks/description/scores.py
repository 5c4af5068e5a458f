"""Compares drafts with their truth, field by field."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz

from services.ocr.description.drafting import draft_of
from services.ocr.description.matching import letters
from services.ocr.description.terms import terms
from shared.events.draft import Finding, MetadataDraft
from tests.benchmarks.description.generator import Case

FIELDS = (
    "title",
    "authors",
    "issuer",
    "superior",
    "number",
    "date",
    "place",
    "publisher",
    "signer",
    "type",
    "class",
    "ddc",
)
MISREAD = 0.85
"""Least likeness to the truth where the text itself was misread: the value's bounds are judged, not its letters."""


@dataclass(frozen=True)
class Score:
    """One field of one case."""

    case: str
    way: str
    field: str
    right: bool
    found: str
    truth: str
    rule: str


def scores(case: Case) -> Iterator[Score]:
    """One for each field that the truth names."""
    draft = draft_of(case.pages)
    for name in FIELDS:
        if name not in case.truth:
            continue
        truth = expected(name, case.truth)
        found, rule = given(name, draft)
        clean = case.way in {"boxes", "text"}
        right = same(found, truth) if clean or name in {"number", "date"} else same_but_misread(found, truth)
        yield Score(case.id, case.way, name, right, found, truth, rule)


def expected(name: str, truth: dict[str, Any]) -> str:
    value = truth[name]
    if name == "title":
        return _full_title(value, truth.get("type", ""))
    return "; ".join(value) if isinstance(value, list) else str(value)


def _full_title(title: str, code: str) -> str:
    """With the type before it, unless the truth already begins so ("Kế hoạch liên tịch ...")."""
    if code not in terms().types or letters(title).startswith(letters(terms().types[code][0])):
        return title
    about = " về việc" if code == "cong-van" else ""
    return f"{terms().types[code][0]}{about} {title}"


def given(name: str, draft: MetadataDraft) -> tuple[str, str]:
    """Value and rule; empty where nothing was found."""
    if name == "authors":
        return "; ".join(author.value for author in draft.authors), draft.authors[0].rule if draft.authors else ""
    if name == "ddc":
        return (draft.subjects[0].ddc or "", draft.subjects[0].rule) if draft.subjects else ("", "")
    field = {"type": "document_type", "class": "collection_class"}.get(name, name)
    finding: Finding | None = getattr(draft, field)
    return (finding.value, finding.rule) if finding else ("", "")


def same(found: str, truth: str) -> bool:
    """Letters and digits agree; capitals, marks and punctuation are not what is judged here."""
    return letters(found) == letters(truth)


def same_but_misread(found: str, truth: str) -> bool:
    """As alike as misreading leaves it, and as long: a word too many or too few is wrong."""
    near = fuzz.ratio(letters(found), letters(truth)) >= 100 * MISREAD
    return same(found, truth) or (near and _words(found) == _words(truth))


def _words(text: str) -> int:
    """Without the punctuation of ISBD, which stands between spaces."""
    return sum(1 for word in text.split() if letters(word))


def accuracy(found: Iterable[Score], by: str = "field") -> dict[str, tuple[int, int]]:
    """Right and all, by an attribute of the scores."""
    counts: dict[str, list[bool]] = defaultdict(list)
    for score in found:
        counts[getattr(score, by)].append(score.right)
    return {name: (sum(rights), len(rights)) for name, rights in counts.items()}

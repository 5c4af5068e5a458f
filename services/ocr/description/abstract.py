"""What a document is about in its own words (trích yếu nội dung): the lines below its type."""

from __future__ import annotations

import re
from collections.abc import Sequence

from services.ocr.description.dates import (
    date_in,
)
from services.ocr.description.heading import type_read
from services.ocr.description.lines import Line, Token
from services.ocr.description.matching import alike, begins, letters, plain
from services.ocr.description.names import (
    place_name,
    sentence,
)
from services.ocr.description.terms import terms
from shared.events.draft import Finding

SUBJECT_LINES = 12
OPENS_SECTION = re.compile(r"^(?:[IVX]+|[A-H1-9])[.)]|^(?:dieu|chuong|phan) [\divx]+\b", re.IGNORECASE)
FOOT_DATE_WORDS = 14
BEFORE_FOOT_DATE = re.compile(r"^(?:(?:lam|lap) tai )?[^,.;]{0,40}(?:,|^)[ ,]*(?:le )?$")
NOT_FULL = 0.7


def subject_text(tokens: Sequence[Token]) -> str:
    return sentence(" ".join(token.text for token in tokens).strip(" .:"))


def subject_lines(lines: Sequence[Line]) -> list[Line]:
    """The subject below the type: until white, a heading in capitals or the first words of the text."""
    subject: list[Line] = []
    for line in lines[:SUBJECT_LINES]:
        if subject and _text_begins(line, subject):
            break
        subject.append(line)
    return subject


def _text_begins(line: Line, subject: Sequence[Line]) -> bool:
    last = subject[-1].text.rstrip()
    if last.endswith((",", "-", "–")) or line.text[:1].islower() or _open_quote(subject):
        return _opens(line) and line.apart
    if line.apart or _opens(line) or _short(subject) or is_dateline(line):
        return True
    if line.capitals >= 0.8 > max(above.capitals for above in subject):
        return True
    return len(line.text) > 1.15 * max(len(above.text) for above in subject)


def is_dateline(line: Line) -> bool:
    """Saigon, le 9 février 1908: place and date and no more."""
    text = plain(line.text)
    match = date_in(text)
    return bool(match and BEFORE_FOOT_DATE.match(text[: match.start()]) and not letters(text[match.end() :]))


def _short(subject: Sequence[Line]) -> bool:
    """A wrapped subject is over with a line that is not full."""
    return len(subject[-1].text) < NOT_FULL * max(len(line.text) for line in subject)


def _open_quote(subject: Sequence[Line]) -> bool:
    text = " ".join(line.text for line in subject)
    return text.count("“") > text.count("”")


def _opens(line: Line) -> bool:
    first = line.text[:1]
    return bool(OPENS_SECTION.match(line.folded)) or (first.isupper() and bool(begins(line.text, terms().openers, 0.9)))


def title_of(subject: Finding | None, kind: Finding | None) -> Finding | None:
    """Type and subject, as a catalogue names such documents: Kế hoạch triển khai …"""
    if subject is None or kind is None:
        return subject
    named = type_read(kind.evidence[0].quote) if kind.evidence else None
    name, text = named[1] if named else terms().types[kind.value][0], subject.value
    if kind.value == "cong-van":
        text = f"về việc {text}"
    return subject.model_copy(update={"value": f"{name} {_small_first(text)}"})


def _small_first(text: str) -> str:
    words = text.split()
    proper = any(place_name(" ".join(words[:count])) for count in (1, 2, 3)) or words[0].isupper()
    return text if proper else text[:1].lower() + text[1:]


def with_place(issuer: Finding, subject: Finding) -> Finding:
    """UBND Tỉnh, on which the subject knows more: on the area of tỉnh Đồng Tháp."""
    unit = issuer.value.split()[-1].lower()
    words = subject.value.split()
    if unit not in terms().units:
        return issuer
    for at in range(len(words) - 1):
        if alike(words[at], unit) == 1:
            name = next(
                (name for count in (3, 2) if (name := place_name(" ".join(words[at + 1 : at + 1 + count])))), None
            )
            if name:
                value = " ".join([*issuer.value.split()[:-1], unit, name])
                quoted = (*issuer.evidence, *subject.evidence)
                return issuer.model_copy(update={"value": value, "evidence": quoted})
    return issuer

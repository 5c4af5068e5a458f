"""Who signed: the name below the office, at the end."""

from __future__ import annotations

from collections.abc import Sequence

from services.ocr.description.heading import CAPITALS
from services.ocr.description.lines import Line
from services.ocr.description.matching import alike, begins, finding
from services.ocr.description.names import (
    is_person,
    like_name,
    written_person,
)
from services.ocr.description.terms import terms
from shared.events.draft import Finding


def signer(pages: Sequence[Sequence[Line]]) -> Finding | None:
    """The name below the office that signs; annexes may follow, so the last such place counts."""
    for lines in reversed(pages):
        for at in range(len(lines) - 1, -1, -1):
            if _office(lines[at]) and (name := _name_below(lines[at + 1 : at + 6])):
                return finding(written_person(name.text), "name-below-office", name.tokens)
    return None


def _office(line: Line) -> bool:
    """TM. ỦY BAN NHÂN DÂN, KT. CHỦ TỊCH, GIÁM ĐỐC: in capitals at a line's end (receivers may stand before it)."""
    words = line.text.split()
    offices = terms().offices
    if line.capitals > 0.9 and begins(line.text, offices, 0.88):
        return True
    return line.capitals > 0.3 and any(
        " ".join(words[-count:]).isupper() and any(alike(" ".join(words[-count:]), office) > 0.88 for office in offices)
        for count in range(1, 5)
        if count <= len(words)
    )


def _name_below(lines: Sequence[Line]) -> Line | None:
    """A person's name; else the only words with large initials, since not every surname is known."""
    named = [line for line in lines if is_person(line.text)]
    others = [line for line in lines if like_name(line.text) and line.capitals < CAPITALS]
    return next(iter(named or others), None)

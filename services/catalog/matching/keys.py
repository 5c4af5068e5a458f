"""Blocking keys: two descriptions of one edition share at least one, two others hardly ever."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import yaml

from services.catalog.identity import Description
from services.catalog.matching.wording import MISREAD
from shared.vietnamese import fold, respell

TITLE_LETTERS = 48
"""Beyond these a title adds nothing to a key."""
WORDS_FOR_INITIALS = 3
YEAR_FIGURES = 4
_YEAR_WORD = re.compile(r"\bnam (?=\d{4}\b)")
"""Years that a title or a volume of it is about stand in either, so that beside a volume's number they tell nothing."""


def keys_of(description: Description) -> tuple[str, ...]:
    """Short strings, sorted, to be indexed as they are."""
    return tuple(sorted(set(_keys(description))))


def _keys(description: Description) -> Iterator[str]:
    yield from (f"i:{isbn}" for isbn in description.isbns)
    yield from (f"o:{other}" for other in description.other_ids)
    letters, numbers = _letters_of(_telling_title(description), description)
    if not letters:
        return
    yield from (f"n:{issn}" for issn in description.issns)
    year = description.year or ""
    if description.year:
        yield f"y:{letters}|{numbers}|{year}"
        whole, all_numbers = _letters_of(description.title_folded, description)
        yield f"y:{whole}|{all_numbers}|{year}"
    for name in description.people[:2]:
        yield f"a:{letters}|{numbers}|{name.key}"
    if description.people and description.title_folded != description.main_title:
        yield f"a:{'|'.join(_letters_of(description.title_folded, description))}|{description.people[0].key}"
    for publisher in description.publisher_keys[:1]:
        yield f"p:{letters}|{numbers}|{publisher}"
    if not (description.year or description.people or description.publisher_keys):
        yield f"t:{letters}|{numbers}"
    yield from _slip_keys(description, numbers)


def _slip_keys(description: Description, numbers: str) -> Iterator[str]:
    """For a slip in the title: half of its words with year and pages, its initials with year or first name."""
    words = [word for word in _telling_title(description).split() if not word.isdecimal()]
    if description.year and description.pages:
        half = max(1, len(words) // 2)
        figures = f"{numbers}|{description.year}|{description.pages}"
        yield f"f:{''.join(words[:half])[:TITLE_LETTERS]}|{figures}"
        yield f"l:{''.join(words[half:])[:TITLE_LETTERS]}|{figures}"
    if len(words) >= WORDS_FOR_INITIALS:
        initials = "".join(word[0] for word in words).translate(MISREAD)
        if description.year:
            yield f"w:{initials}|{numbers}|{description.year}"
        for name in description.people[:1]:
            yield f"x:{initials}|{numbers}|{name.key}"


def _telling_title(description: Description) -> str:
    """The title proper, or all of the title where the title proper is a word like "Giáo trình"."""
    return description.title_folded if description.main_title in _generic() else description.main_title


@cache
def _generic() -> frozenset[str]:
    loaded = yaml.safe_load(Path(__file__).with_name("generic.yaml").read_text("utf-8"))
    return frozenset(fold(respell(title)) for title in loaded["generic"])


def _letters_of(title: str, description: Description) -> tuple[str, str]:
    """Letters of a title run together, and all numbers of title and volume: "Toán 6 tập 1" is toan, 1 6."""
    words = (_YEAR_WORD.sub("", title) if "nam " in title else title).split()
    volumes = {part.number for part in description.parts if part.number}
    numbers = volumes | {word for word in words if word.isdecimal() and not (volumes and len(word) == YEAR_FIGURES)}
    return "".join(word for word in words if not word.isdecimal())[:TITLE_LETTERS], " ".join(sorted(numbers))

"""A heading, the names that lead to it, and the forms by which names are compared. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated, NamedTuple

import yaml
from pydantic import AfterValidator, ConfigDict, Field

from services.catalog.identity.names import names_in
from services.catalog.identity.spelling import compared, composed
from shared.events.vocabulary import Value
from shared.vietnamese import fold

MOST = 200
"""Names, sources, numbers of one heading."""
LONGEST = 500
FROM_WORKS, READY = "works", "ready"
"""Where headings come from that no file brought: parts of their ids, and no names for a source of files."""
_BORNE_BY_MANY = ("nhieu nguoi mang", "borne by many")
_YEARS = re.compile(r"(?<!\d)(?P<born>1\d{3}|20\d{2}|\d{3})?\s*[-–]\s*(?P<died>1\d{3}|20\d{2}|\d{3})?(?!\d)")


class Kind(StrEnum):
    """What a heading names."""

    PERSON = "person"
    BODY = "body"
    PLACE = "place"
    SUBJECT = "subject"


class Level(StrEnum):
    """How far a heading was established (MARC 21 Authority 008/33)."""

    FULL = "full"
    PROVISIONAL = "provisional"
    """Taken from works, by no person yet."""


class Form(NamedTuple):
    """A name as it is compared: with tones, one spelling of each, abbreviations written out; and without marks."""

    exact: str
    folded: str


class Years(NamedTuple):
    """Of a life; None where unknown."""

    born: int | None = None
    died: int | None = None

    def contradict(self, other: Years) -> bool:
        """Years next to each other do not: the year of the moon ends in the next of the sun."""
        return any(ours and theirs and abs(ours - theirs) > 1 for ours, theirs in zip(self, other, strict=True))

    def agree(self, other: Years) -> bool:
        return not self.contradict(other) and any(
            ours and ours == theirs for ours, theirs in zip(self, other, strict=True)
        )


NO_YEARS = Years()


def _something(text: str) -> str:
    said = composed(text)
    if not any(sign.isalnum() for sign in said) or not said.isprintable():
        raise ValueError("must have a letter or a digit, and nothing that cannot be printed")
    return said


def _printable(text: str) -> str:
    said = composed(text)
    if said and not said.isprintable():
        raise ValueError("must have nothing that cannot be printed")
    return said


NameText = Annotated[str, Field(min_length=1, max_length=LONGEST), AfterValidator(_something)]
PlainText = Annotated[str, Field(max_length=LONGEST), AfterValidator(_printable)]


class Name(Value):
    """One form of a name. dates: of a life, as "1766-1820"; label: what kind of name it is, as "Bút danh"."""

    name: NameText
    dates: Annotated[str, Field(max_length=60), AfterValidator(_printable)] = ""
    label: Annotated[str, Field(max_length=100), AfterValidator(_printable)] = ""

    @property
    def text(self) -> str:
        return f"{self.name}, {self.dates}" if self.dates else self.name


class Related(Name):
    """Another heading to look under as well."""

    model_config = ConfigDict(use_enum_values=False)

    kind: Kind


class Authority(Value):
    """One heading. variants: names that lead to it; ids: "isni:0000…" or "(ORG)number"; sources: where its data were
    found; classes: Dewey numbers.
    """

    model_config = ConfigDict(use_enum_values=False)

    kind: Kind
    heading: Name
    variants: Annotated[tuple[Name, ...], Field(max_length=MOST)] = ()
    related: Annotated[tuple[Related, ...], Field(max_length=MOST)] = ()
    ids: Annotated[tuple[NameText, ...], Field(max_length=MOST)] = ()
    sources: Annotated[tuple[NameText, ...], Field(max_length=MOST)] = ()
    classes: Annotated[tuple[Annotated[str, Field(pattern=r"^\d{3}(?:\.\d{1,12})?$")], ...], Field(max_length=20)] = ()
    note: Annotated[str, Field(max_length=2000), AfterValidator(_printable)] = ""
    level: Level = Level.FULL

    @property
    def names(self) -> tuple[Name, ...]:
        """The heading first."""
        return (self.heading, *self.variants)

    @property
    def years(self) -> Years:
        return next((found for name in self.names if any(found := years_of(name.dates))), NO_YEARS)


@lru_cache(maxsize=8192)
def form_of(kind: Kind, name: str) -> Form:
    """How a name of a kind is compared."""
    if kind in {Kind.PERSON, Kind.BODY}:
        found = names_in(name, body=kind is Kind.BODY)
        return _compared(found[0].display if found else name)
    return _compared(name)


@lru_cache(maxsize=16_384)
def forms_of_subject(text: str) -> tuple[Form, ...]:
    """How a subject that a work bears is compared: as it stands, and as the name that it may be."""
    found = names_in(text)
    forms = (_compared(text), _compared(found[0].display)) if len(found) == 1 else (_compared(text),)
    return tuple(dict.fromkeys(forms))


def is_marked(text: str) -> bool:
    """Whether marks were typed."""
    return not text.isascii()


def is_borne_by_many(name: Name) -> bool:
    """Whether its label says that others are called so."""
    return bool(name.label) and fold(name.label).startswith(_BORNE_BY_MANY)


@lru_cache(maxsize=8192)
def years_of(text: str) -> Years:
    """The years of a life in "1766-1820", "Nguyễn, Du, 1766-1820" or "1936-"; nothing else is one."""
    found = _YEARS.search(text)
    if found is None or not (found["born"] or found["died"]):
        return NO_YEARS
    return Years(*(int(year) if (year := found[part]) else None for part in ("born", "died")))


def page_of(authority: str, kind: Kind) -> str:
    """Where readers see a heading."""
    return f"/{'chu-de' if kind in {Kind.SUBJECT, Kind.PLACE} else 'tac-gia'}/{authority}"


def _compared(text: str) -> Form:
    exact = " ".join(_written_out(compared(text)[0].split()))
    return Form(exact, fold(exact))


def _written_out(words: list[str]) -> Iterator[str]:
    return (_abbreviations().get(word, word) for word in words)


@cache
def _abbreviations() -> Mapping[str, str]:
    """Each word of letters, and what it stands for, as names are compared."""
    loaded = yaml.safe_load(Path(__file__).with_name("abbreviations.yaml").read_text("utf-8"))
    return {compared(short)[0]: compared(full)[0] for short, full in loaded.items()}

"""A description of an edition, taken apart and normalised."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Self

Row = dict[str, Any]
"""As MongoDB keeps it; what is empty is left out."""


class Form(StrEnum):
    """What the thing is, by leader/06-07 and by what 245$h, 300, 336-338 say against it."""

    TEXT = "text"
    SERIAL = "serial"
    MAP = "map"
    SCORE = "score"
    SOUND = "sound"
    VIDEO = "video"
    IMAGE = "image"
    OBJECT = "object"
    ELECTRONIC = "electronic"
    MIXED = "mixed"


class Level(StrEnum):
    """Bibliographic level, leader/07: what stands alone, what is a piece of another thing, what gathers many."""

    WHOLE = "whole"
    PIECE = "piece"
    COLLECTION = "collection"


class Kind(StrEnum):
    """Of a name."""

    PERSON = "person"
    BODY = "body"


@dataclass(frozen=True, slots=True)
class Name:
    """Who made it. `key`: folded words of the name in alphabetical order, so that "Hugo, Victor" is "Victor Hugo".
    A body's leaves out what is in brackets.

    `role` is a MARC relator code (aut, edt, trl, ...), empty where none is said.
    """

    display: str
    key: str
    role: str = ""
    kind: Kind = Kind.PERSON

    def as_row(self) -> Row:
        return {"display": self.display, "key": self.key, "role": self.role, "kind": self.kind.value}

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Self:
        return cls(row["display"], row["key"], row["role"], Kind(row["kind"]))


@dataclass(frozen=True, slots=True)
class Part:
    """A volume's designation: `number` normalised ("2", "1a", "2-3"; empty where only a name is given)."""

    number: str
    name: str = ""

    def as_row(self) -> Row:
        return {"number": self.number, "name": self.name}

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Self:
        return cls(row["number"], row["name"])


@dataclass(frozen=True, slots=True)
class Description:
    """Displays are as typed, in NFC, without the punctuation of ISBD; keys are for comparing and never shown."""

    form: Form = Form.TEXT
    level: Level = Level.WHOLE
    carrier: str = ""
    """Finer than form where it is said: online, disc, cassette, vinyl, film, microform, braille, large-print."""
    title: str = ""
    """Title proper and the rest of it (245 a, b), without volume and edition."""
    title_exact: str = ""
    """The same for precision: words in lower case with their tones, one spelling for tones and i/y."""
    title_folded: str = ""
    """The same for recall: without marks."""
    main_title: str = ""
    """Title proper alone, folded."""
    parts: tuple[Part, ...] = ()
    volumes: int | None = None
    """How many volumes are described at once, where the extent says so: "3 tập"."""
    statement: str = ""
    """Statement of responsibility, as typed."""
    people: tuple[Name, ...] = ()
    edition: str = ""
    edition_number: int | None = None
    places: tuple[str, ...] = ()
    place_keys: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()
    publisher_keys: tuple[str, ...] = ()
    year: int | None = None
    other_years: tuple[int, ...] = ()
    """Which it names beside: of copyright, of the last volume, a coded one that is next to the printed one."""
    extent: str = ""
    pages: int | None = None
    """The longest numbered sequence."""
    height_cm: int | None = None
    isbns: tuple[str, ...] = ()
    """ISBN-13 without hyphens; only those whose check digit is right."""
    issns: tuple[str, ...] = ()
    """Eight characters without hyphen; only those whose check digit is right."""
    other_ids: tuple[str, ...] = ()
    """"scheme:value" in lower case: national bibliography, OCLC, legal deposit, publisher's numbers."""
    language: str = ""
    """ISO 639-1 where there is one, else ISO 639-2/B."""
    original_language: str = ""
    """Of a translation."""
    subjects: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    """DDC numbers."""
    series: tuple[str, ...] = ()
    host: str = ""
    """Of a piece: what it stands in and where, folded."""
    summary: str = ""
    urls: tuple[str, ...] = ()

    def as_row(self) -> Row:
        """Only what is said; inverse of `of_row`."""
        row: Row = {}
        for name in _FIELDS:
            value = getattr(self, name)
            if value in (None, "", ()):
                continue
            row[name] = _stored(value)
        return row

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Self:
        return cls(**{name: _restored(name, value) for name, value in row.items() if name in _NAMES})


_FIELDS = tuple(field.name for field in fields(Description))
_READERS: Mapping[str, Callable[[Any], Any]] = {
    "form": Form,
    "level": Level,
    "people": lambda rows: tuple(map(Name.of_row, rows)),
    "parts": lambda rows: tuple(map(Part.of_row, rows)),
}
_NAMES = frozenset(_FIELDS)


def _restored(name: str, value: Any) -> Any:
    if read := _READERS.get(name):
        return read(value)
    return tuple(value) if isinstance(value, list) else value


def _stored(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return [each.as_row() if isinstance(each, Name | Part) else each for each in value]
    return value

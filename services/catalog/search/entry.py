"""What search knows of a cluster: its public view, flat. Plain data, for every answer carries twenty of them."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime
from typing import Any, Self

import orjson

Texts = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A library that describes the edition; `items` is how many pieces its records name."""

    library: str
    records: int = 1
    items: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A published digitised document of the edition."""

    record: str
    library: str
    library_name: str
    access_level: str
    collection_class: str
    pages: int = 0
    readable: bool = False
    """Whether anyone may read its text and see its pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """The part of a cluster that a hit shows as it is. `parts` designate its volume, as "2"; `language` is ISO 639-1,
    else 639-2; `classes` are Dewey numbers; `added_at` has a time zone.
    """

    id: str
    parts: Texts = ()
    creators: Texts = ()
    subjects: Texts = ()
    edition: str | None = None
    publishers: Texts = ()
    year: int | None = None
    extent: str | None = None
    form: str = "text"
    language: str | None = None
    isbns: Texts = ()
    classes: Texts = ()
    libraries: tuple[Holder, ...] = ()
    digitised: tuple[Copy, ...] = ()
    added_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept(Description):
    """What an index keeps of an entry beside the words that find it."""

    title: str
    summary: str = ""

    def as_json(self) -> bytes:
        """What is empty is left out."""
        filled = {name: value for name in _KEPT if (value := getattr(self, name))}
        return orjson.dumps(filled | {"title": self.title})

    @classmethod
    def of_json(cls, body: bytes) -> Self:
        return cls(**fields_of_json(body))


_KEPT = tuple(field.name for field in fields(Kept))


def fields_of_json(body: bytes) -> dict[str, Any]:
    """What was kept, by field; what was empty is not there."""
    given: dict[str, Any] = orjson.loads(body)
    for name, value in given.items():
        if type(value) is list:
            given[name] = tuple(value)
    given["libraries"] = tuple(Holder(**held) for held in given.get("libraries", ()))
    given["digitised"] = tuple(Copy(**copy) for copy in given.get("digitised", ()))
    given["added_at"] = datetime.fromisoformat(given["added_at"])
    return given


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchEntry(Kept):
    """One cluster as search takes it in. `version` is the cluster's own: an older one never replaces a newer one.

    `by` and `about` are the ids of the headings that its creators and subjects stand under, `creator_variants` and
    `subject_variants` other names of those. `also` holds words that find it and are not shown: places, series, other
    titles and numbers. `text` is what anyone may read of its digitised documents.
    """

    version: int
    series: Texts = ()
    issns: Texts = ()
    by: Texts = ()
    about: Texts = ()
    creator_variants: Texts = ()
    subject_variants: Texts = ()
    also: Texts = ()
    text: str = ""

    def composed(self) -> SearchEntry:
        """The same with all of its texts in NFC."""
        return replace(self, **{field.name: _composed(getattr(self, field.name)) for field in fields(self)})


def _composed(value: Any) -> Any:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, tuple):
        return tuple(_composed(one) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _composed(getattr(value, field.name)) for field in fields(value)})
    return value

"""A published document of our own as a contribution: its metadata in MARC 21. No I/O."""

from __future__ import annotations

import re

import pymarc
from pymarc import Field, Indicators, Subfield

from services.catalog.identity import Row
from shared.events.records import PublicRecord

SOURCE = "lienthong"
TRUST = 3
_YEAR = re.compile(r"(?<!\d)[12]\d{3}(?!\d)")
_LANGUAGES = {"vi": "vie", "en": "eng", "fr": "fre", "zh": "chi", "ru": "rus", "de": "ger", "ja": "jpn", "lo": "lao"}
_LEADER = "00000nam a2200000 i 4500"
_LEADER_OF_OBJECT = "00000nrm a2200000 i 4500"
_PERSON, _TITLE, _NONE = Indicators("1", " "), Indicators("0", "0"), Indicators(" ", " ")
_LINK = Indicators("4", "1")


def marc_of(record: PublicRecord, address: str) -> pymarc.Record:
    """The description; `address`: where readers reach it."""
    described = record.metadata
    made = pymarc.Record(leader=_LEADER_OF_OBJECT if described.museum_object else _LEADER, force_utf8=True)
    year = _YEAR.search(described.date or "")
    made.fields = [
        Field("001", data=record.id),
        Field("008", data=_fixed(record, year[0] if year else "||||")),
        *(_creator(name, first=place == 0) for place, name in enumerate(described.creators)),
        Field("245", _TITLE, [Subfield("a", described.title)]),
        *_imprint(described.publisher, described.date),
        *([Field("300", _NONE, [Subfield("a", f"{record.pages} tr.")])] if record.pages else []),
        *([Field("520", _NONE, [Subfield("a", described.summary)])] if described.summary else []),
        *(Field("653", _NONE, [Subfield("a", subject)]) for subject in described.subjects),
        Field("856", _LINK, [Subfield("u", address)]),
    ]
    return made


def copy_of(record: PublicRecord) -> Row:
    """The fields of a DigitisedCopy, as a row keeps them."""
    return {
        "record": record.id,
        "library": record.library,
        "library_name": record.library_name,
        "access_level": record.metadata.access_level,
        "collection_class": record.metadata.collection_class,
        "pages": record.pages,
        "text": record.text.model_dump() if record.text else None,
        "published_at": record.published_at.isoformat(),
    }


def _fixed(record: PublicRecord, year: str) -> str:
    language = record.metadata.language
    code = _LANGUAGES.get(language, language if len(language) == 3 else "und")
    entered = f"{record.published_at:%y%m%d}"
    return f"{entered}s{year}    vm            000 0 {code} d"


def _creator(name: str, *, first: bool) -> Field:
    return Field("100" if first else "700", _PERSON, [Subfield("a", name)])


def _imprint(publisher: str | None, date: str | None) -> list[Field]:
    said = [Subfield(code, text) for code, text in (("b", publisher), ("c", date)) if text]
    return [Field("264", Indicators(" ", "1"), said)] if said else []

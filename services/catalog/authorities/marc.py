"""Authorities as MARC 21 Authority records, and back. No I/O.

Source: Library of Congress, MARC 21 Format for Authority Data: headings 1XX, see-from tracings 4XX, see-also-from
tracings 5XX, numbers 024 and 035, sources 670, Dewey numbers 083, public note 680, biography 678.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator
from datetime import datetime
from typing import TypeVar

import pymarc
from pymarc import Field, Indicators, Subfield

from services.catalog.authorities.authority import LONGEST, MOST, Authority, Kind, Level, Name, Related
from services.catalog.identity.spelling import composed

TAGS = {Kind.PERSON: "00", Kind.BODY: "10", Kind.SUBJECT: "50", Kind.PLACE: "51"}
"""What follows the 1 of a heading, the 4 of a see-from and the 5 of a see-also."""
KINDS = {ending: kind for kind, ending in TAGS.items()} | {"11": Kind.BODY}
HEADINGS = frozenset(f"1{ending}" for ending in KINDS)
_LEADER = "00000nz  a2200000n  4500"
_FIXED = "n||azznnaabn          |a a{}a     c"
"""From 008/06: an established heading, fit for names and subjects; whether a person is told apart by it."""
_LEVEL_AT = 33
_OURS = frozenset(["001", "003", "005", "008"])
_SUBDIVIDED = "vxyz"
_SIGNS = " ,:;/"
_LAST_STOP = re.compile(r"(?<![ .]\w)(?<!^\w)\.$")
"""The full stop that ends a heading, unless it is an initial's: X.Y.Z."""
_OWN_TAGS = frozenset(["008", "024", "035", "670", "678", "680"])
_CLASSES = frozenset(["082", "083"])
_OF_A_WORK = frozenset("fhklmoprst")
"""Subfields that make a person's or body's heading that of a work: $t its title, the others beside one or for it."""
_LABEL_SIGNS = " :"
_DEWEY = re.compile(r"\d{3}(?:\.\d{1,12})?")
T = TypeVar("T", bound=Hashable)


class NoHeading(ValueError):
    """The record has no heading of a kind that is kept."""


def authority_of(record: pymarc.Record) -> Authority:
    """What the record says; what is too long is cut. Raises NoHeading."""
    heading = next((field for field in record.fields if _names(field, "1")), None)
    name = name_of(heading) if heading else None
    if heading is None or name is None:
        raise NoHeading
    level = _control(record, "008").ljust(40)[_LEVEL_AT]
    return Authority(
        kind=KINDS[heading.tag[1:]],
        heading=name,
        variants=unique(name_of(field) for field in record.fields if is_tracing(field, "4")),
        related=unique(_related(field) for field in record.fields if is_tracing(field, "5")),
        ids=unique(_ids(record)),
        sources=unique(_joined(field, "ab") for field in record.get_fields("670")),
        classes=unique(_dewey(record))[:20],
        note=" ".join(filter(None, (_joined(field, "abi") for field in record.get_fields("678", "680"))))[:2000],
        level=Level.PROVISIONAL if level in "cd" else Level.FULL,
    )


def name_of(field: pymarc.Field) -> Name | None:
    """The name in a heading or a tracing, None where it says nothing."""
    kind = KINDS[field.tag[1:]]
    text = _subject(field) if kind in {Kind.SUBJECT, Kind.PLACE} else _joined(field, "abc")
    said = _trimmed(_trimmed(text)[:LONGEST])
    if not any(sign.isalnum() for sign in said):
        return None
    dates = _joined(field, "d").strip(_SIGNS + ".")[:60] if kind is Kind.PERSON else ""
    return Name(name=said, dates=dates, label=_joined(field, "i").strip(_LABEL_SIGNS)[:100])


def written(authority: Authority, at: datetime, before: pymarc.Record | None = None) -> pymarc.Record:
    """The record that says this; what `before` says beside it stays, and fields that say the same stay as they are."""
    kept = [field for field in before.fields if not _is_said_here(field)] if before else []
    standing = {key_of(field): field for field in before.fields if _is_said_here(field)} if before else {}
    record = pymarc.Record(leader=str(before.leader) if before else _LEADER, force_utf8=True)
    said = [standing.get(key_of(field), field) for field in _fields(authority)]
    fixed = Field("008", data=_fixed(authority, _control(before, "008") if before else "", at))
    record.fields = sorted([*kept, *said, fixed], key=lambda field: field.tag)
    return record


def framed(record: pymarc.Record, identifier: str, organisation: str, at: datetime) -> pymarc.Record:
    """The record as others get it: under our number, with the number that it came under in 035."""
    came_as = _came_as(record)
    fields = [field for field in record.fields if field.tag not in _OURS]
    if came_as and came_as not in {_joined(field, "a") for field in fields if field.tag == "035"}:
        fields.append(_plain("035", "  ", came_as))
    made = pymarc.Record(leader=str(record.leader), force_utf8=True)
    made.fields = [
        Field("001", data=identifier),
        Field("003", data=organisation),
        Field("005", data=f"{at:%Y%m%d%H%M%S}.0"),
        Field("008", data=_fixed(authority_of(record), _control(record, "008"), at)),
        *sorted(fields, key=lambda field: field.tag),
    ]
    return made


def _came_as(record: pymarc.Record) -> str:
    number, organisation = _control(record, "001").strip(), _control(record, "003").strip()
    return f"({organisation}){number}" if number and organisation else ""


def _fixed(authority: Authority, before: str, at: datetime) -> str:
    """Field 008 with the level of the heading in it."""
    made = f"{at:%y%m%d}{_FIXED.format('a' if authority.kind is Kind.PERSON else 'n')}"
    fixed = before if len(before) == len(made) else made
    return fixed[:_LEVEL_AT] + _level(authority) + fixed[_LEVEL_AT + 1 :]


def _level(authority: Authority) -> str:
    return "a" if authority.level is Level.FULL else "d"


def _fields(authority: Authority) -> Iterator[pymarc.Field]:
    yield _heading("1", authority.kind, authority.heading)
    yield from (_heading("4", authority.kind, name) for name in authority.variants)
    yield from (_heading("5", name.kind, name) for name in authority.related)
    yield from (_number(identifier) for identifier in authority.ids)
    yield from (_plain("083", "0 ", number) for number in authority.classes)
    yield from (_plain("670", "  ", source) for source in authority.sources)
    if authority.note:
        yield _plain("678", "  ", authority.note)


def _heading(level: str, kind: Kind, name: Name) -> pymarc.Field:
    labelled = [Subfield("i", f"{name.label}:")] if name.label and level != "1" else []
    first, *divided = name.name.split(" -- ") if kind in {Kind.SUBJECT, Kind.PLACE} else [name.name]
    parts = [Subfield("a", f"{first}," if name.dates else first), *(Subfield("x", part) for part in divided)]
    dated = [Subfield("d", name.dates)] if name.dates else []
    return Field(f"{level}{TAGS[kind]}", _indicators(kind, name.name), [*labelled, *parts, *dated])


def _indicators(kind: Kind, name: str) -> Indicators:
    """A person's first: 1 where the surname stands before a comma; a body's: 2, its name in direct order."""
    first = {Kind.PERSON: "1" if "," in name else "0", Kind.BODY: "2"}.get(kind, " ")
    return Indicators(first, " ")


def _number(identifier: str) -> pymarc.Field:
    scheme, colon, value = identifier.partition(":")
    if identifier.startswith("(") or not (colon and value and scheme.isalnum()):
        return _plain("035", "  ", identifier)
    return Field("024", Indicators("7", " "), [Subfield("a", value), Subfield("2", scheme)])


def _plain(tag: str, indicators: str, text: str) -> pymarc.Field:
    return Field(tag, Indicators(*indicators), [Subfield("a", text)])


def _is_said_here(field: pymarc.Field) -> bool:
    return field.tag in _OWN_TAGS or _class_in(field) is not None or any(_names(field, level) for level in "145")


def is_tracing(field: pymarc.Field, level: str) -> bool:
    """Whether it is a see-from (4) or a see-also-from (5)."""
    return _names(field, level)


def _names(field: pymarc.Field, level: str) -> bool:
    """Whether it names what a heading of ours may name, and no work of theirs."""
    kind = KINDS.get(field.tag[1:]) if field.tag[0] == level else None
    if kind in {Kind.PERSON, Kind.BODY}:
        return not any(part.code in _OF_A_WORK for part in field.subfields)
    return kind is not None


def _related(field: pymarc.Field) -> Related | None:
    name = name_of(field)
    return Related(kind=KINDS[field.tag[1:]], **name.model_dump()) if name else None


def _subject(field: pymarc.Field) -> str:
    parts = [_joined(field, "ab"), *(cleaned(part.value) for part in field.subfields if part.code in _SUBDIVIDED)]
    return " -- ".join(filter(None, (part.strip(" .") for part in parts)))


def _ids(record: pymarc.Record) -> Iterator[str]:
    for field in record.get_fields("024"):
        value, scheme = _joined(field, "a"), _joined(field, "2")
        yield f"{scheme}:{value}"[:LONGEST] if scheme and value else value
    yield from (_joined(field, "a") for field in record.get_fields("035"))


def _dewey(record: pymarc.Record) -> Iterator[str]:
    return filter(None, map(_class_in, record.fields))


def _class_in(field: pymarc.Field) -> str | None:
    found = _DEWEY.search(field.get("a") or "") if field.tag in _CLASSES else None
    return found[0] if found else None


def _joined(field: pymarc.Field, codes: str) -> str:
    return cleaned(" ".join(part.value for part in field.subfields if part.code in codes and part.value))[:LONGEST]


def _trimmed(text: str) -> str:
    return _LAST_STOP.sub("", text.strip(_SIGNS)).strip(_SIGNS)


def cleaned(text: str) -> str:
    """As it is printed: composed, without signs that cannot be."""
    said = composed(text)
    return said if said.isprintable() else "".join(sign for sign in said if sign.isprintable())


def unique(values: Iterable[T | None]) -> tuple[T, ...]:
    """Each once, without what says nothing; at most MOST of them."""
    return tuple(dict.fromkeys(value for value in values if value and _says_something(value)))[:MOST]


def _says_something(value: object) -> bool:
    return not isinstance(value, str) or any(sign.isalnum() for sign in value)


def key_of(field: pymarc.Field) -> tuple[str, object]:
    """Equal for fields that say the same here."""
    if number := _class_in(field):
        return "083", number
    return field.tag, name_of(field) if _names(field, field.tag[0]) else _joined(field, "ab2")


def _control(record: pymarc.Record, tag: str) -> str:
    field = record.get(tag)
    return (field.data or "") if field else ""

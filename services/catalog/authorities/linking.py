"""Which heading each name and subject of a work stands under. No I/O.

A name leads to a heading where one of the heading's names is the same, tones and all; one that was typed without any
mark, where the letters are. Of several headings that a name could mean, years of a life decide, then whose heading (not
a variant) it is; a name that still could mean two leads to none. A variant that a librarian labelled as borne by many
leads to its heading only where the years agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import pymarc

from services.catalog.authorities.authority import (
    NO_YEARS,
    Authority,
    Form,
    Kind,
    Years,
    form_of,
    forms_of_subject,
    is_borne_by_many,
    is_marked,
    years_of,
)
from services.catalog.identity import Description
from services.catalog.identity import Kind as NameKind

Part = Literal["creator", "subject"]
Lives = Mapping[str, Years]
"""By the exact form of a person's name."""
MOST_MENTIONS = 60
"""Of one part of a work; a congress volume's contributors beyond it are found by the names that it bears itself."""
_PEOPLE = frozenset(["100", "600", "700"])
_KINDS = {NameKind.PERSON: frozenset([Kind.PERSON]), NameKind.BODY: frozenset([Kind.BODY])}
_ANY = frozenset(Kind)


class Mention(NamedTuple):
    """A name or subject as a work bears it; kinds: of the headings that it may stand under."""

    part: Part
    text: str
    kinds: frozenset[Kind]
    forms: tuple[Form, ...]
    years: Years = NO_YEARS


@dataclass(frozen=True, slots=True)
class Known:
    """A heading with the forms of its names, the heading's own first."""

    id: str
    authority: Authority
    forms: tuple[Form, ...]

    @classmethod
    def of(cls, identifier: str, authority: Authority) -> Known:
        return cls(identifier, authority, tuple(form_of(authority.kind, one.name) for one in authority.names))


@dataclass(frozen=True, slots=True)
class Link:
    """A mention and the heading that it stands under."""

    mention: Mention
    known: Known


def mentions_of(description: Description, lives: Lives) -> tuple[Mention, ...]:
    """Everyone who made a work, and what it is about; `lives` is what its record says of them."""
    creators = (
        Mention("creator", name.display, _KINDS[name.kind], (form,), lives.get(form.exact, NO_YEARS))
        for name in description.people[:MOST_MENTIONS]
        for form in (form_of(_kind(name.kind), name.display),)
    )
    subjects = (
        Mention("subject", text, _ANY, forms, _years(text, forms, lives))
        for text in description.subjects[:MOST_MENTIONS]
        for forms in (forms_of_subject(text),)
    )
    return (*creators, *subjects)


def keys_of(mentions: Iterable[Mention]) -> list[str]:
    """By which the headings of these are looked up."""
    return sorted({form.folded for mention in mentions for form in mention.forms if form.folded})


def link(mentions: Iterable[Mention], known: Mapping[str, Sequence[Known]]) -> tuple[Link, ...]:
    """`known`: by key, every heading that has it."""
    found = ((mention, _heading_of(mention, known)) for mention in mentions)
    return tuple(Link(mention, heading) for mention, heading in found if heading)


def _heading_of(mention: Mention, known: Mapping[str, Sequence[Known]]) -> Known | None:
    near = {one.id: one for form in mention.forms for one in known.get(form.folded, ())}
    meant = [one for one in near.values() if _means(mention, one)]
    by_heading = [one for one in meant if _same(mention, one.forms[0])]
    for group in (meant, by_heading):
        if len(group) == 1:
            return group[0]
    return None


def _means(mention: Mention, one: Known) -> bool:
    kind, years = one.authority.kind, one.authority.years
    if kind not in mention.kinds or mention.years.contradict(years):
        return False
    same = (name for name, form in zip(one.authority.names, one.forms, strict=True) if _same(mention, form))
    return any(not is_borne_by_many(name) or mention.years.agree(years) for name in same)


def _same(mention: Mention, form: Form) -> bool:
    if is_marked(mention.text):
        return any(form.exact == own.exact for own in mention.forms)
    return any(form.folded == own.folded for own in mention.forms)


def lives_of(record: pymarc.Record) -> dict[str, Years]:
    """The years of the people in the record's headings, by the exact form of their names."""
    found: dict[str, Years] = {}
    for field in record.fields:
        if field.tag in _PEOPLE:
            heading = field.get("a") or ""
            years = years_of(field.get("d") or heading)
            if any(years):
                found[form_of(Kind.PERSON, heading).exact] = years
    return found


def _years(text: str, forms: Iterable[Form], lives: Lives) -> Years:
    own = years_of(text)
    return own if any(own) else next((lives[form.exact] for form in forms if form.exact in lives), NO_YEARS)


def _kind(kind: NameKind) -> Kind:
    return Kind.BODY if kind is NameKind.BODY else Kind.PERSON

"""MODS 3.7. Source: Library of Congress, MARC to MODS Version 3.7 Mapping."""

import re

import pymarc

from services.catalog.formats.facts import TERMS, Facts, Person, Subject, facts_of
from services.catalog.formats.markup import tag, wrap

NAMESPACE = "http://www.loc.gov/mods/v3"
_SCHEMA = f"{NAMESPACE} http://www.loc.gov/standards/mods/v3/mods-3-7.xsd"
_KINDS = {"person": "personal", "body": "corporate", "meeting": "conference"}
_MOMENT = re.compile(r"(\d{8})(\d{6})")


def encode(record: pymarc.Record) -> bytes:
    """Return one `mods` element."""
    facts = facts_of(record)
    inner = "".join((
        *_titles(facts),
        *(_name(person) for person in facts.people),
        tag("typeOfResource", facts.terms["mods"]),
        *(tag("genre", genre) for genre in facts.genres),
        _origin(facts),
        *(wrap("language", tag("languageTerm", code, type="code", authority="iso639-2b")) for code in facts.languages),
        wrap("physicalDescription", tag("extent", " ; ".join(filter(None, (facts.extent, facts.size))))),
        tag("abstract", facts.summary),
        tag("tableOfContents", facts.contents),
        tag("note", facts.responsibility, type="statement of responsibility"),
        *(tag("note", note) for note in facts.notes),
        *map(_subject, facts.subjects),
        *(tag("classification", value, authority=scheme) for scheme, value in facts.classes),
        *(_related(title, volume) for title, volume in facts.series),
        wrap("relatedItem", wrap("titleInfo", tag("title", facts.host)), type="host"),
        *(tag("identifier", value, type="isbn") for value in facts.isbns),
        *(tag("identifier", value, type="issn") for value in facts.issns),
        *(tag("identifier", value, type=scheme) for scheme, value in facts.identifiers),
        *(_location(place, mark) for place, mark in facts.locations),
        *(wrap("location", tag("url", url)) for url in facts.urls),
        *(tag("accessCondition", right) for right in facts.rights),
        _record_info(facts),
    ))  # fmt: skip
    opening = (
        f'<mods xmlns="{NAMESPACE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" version="3.7"'
        f' xsi:schemaLocation="{_SCHEMA}">'
    )
    return f"{opening}{inner}</mods>".encode()


def _titles(facts: Facts) -> list[str]:
    parts = "".join(tag("partNumber", number) + tag("partName", name) for number, name in facts.parts)
    main = tag("nonSort", facts.article.rstrip()) + tag("title", facts.title) + tag("subTitle", facts.subtitle) + parts
    others = [wrap("titleInfo", tag("title", title), type="alternative") for title in facts.alternatives]
    return [wrap("titleInfo", main), *others]


def _name(person: Person) -> str:
    if person.family:
        written = tag("namePart", person.family, type="family") + tag("namePart", person.given, type="given")
    else:
        written = tag("namePart", person.name)
    coded = person.role in TERMS["roles"]
    kind, authority = ("code", "marcrelator") if coded else ("text", "")
    role = wrap("role", tag("roleTerm", person.role, type=kind, authority=authority))
    return wrap("name", written + tag("namePart", person.dates, type="date") + role, type=_KINDS[person.kind])


def _origin(facts: Facts) -> str:
    places = "".join(wrap("place", tag("placeTerm", place, type="text")) for place in facts.places)
    publishers = "".join(tag("publisher", name) for name in facts.publishers)
    dates = tag("dateIssued", facts.date)
    if facts.year != facts.date:
        dates += tag("dateIssued", facts.year, encoding="marc", keyDate="yes")
    issuance = tag("issuance", TERMS["issuance"].get(facts.level, ""))
    return wrap("originInfo", places + publishers + dates + tag("edition", facts.edition) + issuance)


def _subject(subject: Subject) -> str:
    head, *below = subject.parts
    if subject.kind == "name":
        written = wrap("name", tag("namePart", head))
    elif subject.kind == "title":
        written = wrap("titleInfo", tag("title", head))
    else:
        written = tag(subject.kind, head)
    return wrap("subject", written + "".join(tag("topic", part) for part in below))


def _related(title: str, volume: str) -> str:
    return wrap("relatedItem", wrap("titleInfo", tag("title", title) + tag("partNumber", volume)), type="series")


def _location(place: str, mark: str) -> str:
    return wrap("location", tag("physicalLocation", place) + tag("shelfLocator", mark))


def _record_info(facts: Facts) -> str:
    moment = _MOMENT.match(facts.changed)
    changed = tag("recordChangeDate", f"{moment[1]}T{moment[2]}" if moment else "", encoding="iso8601")
    identifier = tag("recordIdentifier", facts.control_number, source=facts.agency)
    return wrap("recordInfo", changed + identifier)

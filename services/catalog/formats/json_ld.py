"""JSON-LD in the terms of schema.org. Source: schema.org, release 28, Book and Periodical; W3C, JSON-LD 1.1."""

from typing import Any

import orjson
import pymarc

from services.catalog.formats.facts import TERMS, Facts, Person, facts_of


def encode(record: pymarc.Record) -> bytes:
    """Return one object."""
    return orjson.dumps(_without_empty(_object(facts_of(record))))


def _object(facts: Facts) -> dict[str, Any]:
    serial = facts.level in "bs" and facts.kind in "at"
    described: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": TERMS["serial_schema"] if serial else facts.terms["schema"],
        "name": facts.whole_title,
        "alternateName": list(facts.alternatives),
        "bookEdition": facts.edition if not serial else "",
        "datePublished": facts.year or facts.date,
        "publisher": [{"@type": "Organization", "name": name} for name in facts.publishers],
        "locationCreated": [{"@type": "Place", "name": name} for name in facts.places],
        "inLanguage": [TERMS["languages"].get(code, code) for code in facts.languages],
        "isbn": [isbn.replace("-", "").replace(" ", "") for isbn in facts.isbns],
        "issn": list(facts.issns),
        "pagination" if serial else "numberOfPages": _pages(facts.extent, serial=serial),
        "about": [{"@type": "Thing", "name": " -- ".join(subject.parts)} for subject in facts.subjects],
        "genre": list(facts.genres),
        "abstract": facts.summary,
        "isPartOf": [
            {"@type": "BookSeries", "name": title} | ({"position": volume} if volume else {})
            for title, volume in facts.series
        ],
        "url": list(facts.urls),
        "identifier": [
            {"@type": "PropertyValue", "propertyID": scheme, "value": value} for scheme, value in facts.identifiers
        ],
    }
    for person in facts.people:
        role = TERMS["roles"].get(person.role, {}).get("schema", TERMS["other_role"])
        described.setdefault(role, []).append(_person(person))
    return described


def _person(person: Person) -> dict[str, Any]:
    if person.kind != "person":
        return {"@type": "Organization", "name": person.name}
    divided = {"familyName": person.family, "givenName": person.given} if person.family else {}
    return {"@type": "Person", "name": person.direct, **divided}


def _pages(extent: str, *, serial: bool) -> int | str:
    """Pages in Arabic numerals, the last run of the extent (`XV, 320 tr.`)."""
    if serial:
        return extent
    runs = [word for word in extent.replace(",", " ").split() if word.isdigit()]
    return int(runs[-1]) if runs and any(mark in extent for mark in ("tr", "p")) and len(runs[-1]) < 6 else ""


def _without_empty(described: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in described.items() if value not in ("", [])}

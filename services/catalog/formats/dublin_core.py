"""Dublin Core as OAI-PMH exchanges it (oai_dc). Source: Library of Congress, MARC to Dublin Core Crosswalk."""

import re
from collections.abc import Iterator
from typing import BinaryIO

import pymarc

from services.catalog.formats.assembly import SHOWN, Draft
from services.catalog.formats.cutting import Piece
from services.catalog.formats.described import Described
from services.catalog.formats.facts import TERMS, Facts, facts_of
from services.catalog.formats.found import Fault, FaultCode, Severity
from services.catalog.formats.markup import (
    Cutter,
    Element,
    declared_encoding,
    element_of,
    header_fault,
    local_name,
    tag,
    text_in,
)

_OPENING = (
    '<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="'
    'http://www.openarchives.org/OAI/2.0/oai_dc/ http://www.openarchives.org/OAI/2.0/oai_dc.xsd">'
)


def encode(record: pymarc.Record) -> bytes:
    """Return one `oai_dc:dc` element."""
    inner = "".join(tag(f"dc:{name}", value) for name, value in _elements(facts_of(record)))
    return f"{_OPENING}{inner}</oai_dc:dc>".encode()


def _elements(facts: Facts) -> list[tuple[str, str]]:
    creators = [person.direct for person in facts.people if person.role == "aut"]
    contributors = [person.direct for person in facts.people if person.role != "aut"]
    several = {
        "title": [facts.whole_title, *facts.alternatives],
        "creator": creators or contributors[:1],
        "subject": [" -- ".join(subject.parts) for subject in facts.subjects] + [value for _, value in facts.classes],
        "description": [facts.summary, facts.contents, *facts.notes],
        "publisher": facts.publishers,
        "contributor": contributors if creators else contributors[1:],
        "date": [facts.year or facts.date],
        "type": [facts.terms["dcmi"], *facts.genres],
        "format": [facts.extent],
        "identifier": [*_urns(facts), *facts.urls],
        "language": [TERMS["languages"].get(code, code) for code in facts.languages],
        "relation": [title for title, _ in facts.series] + [facts.host],
        "rights": facts.rights,
    }
    return [(name, value) for name, values in several.items() for value in values if value]


def _urns(facts: Facts) -> list[str]:
    numbers = [f"urn:isbn:{isbn.replace('-', '').replace(' ', '')}" for isbn in facts.isbns]
    return numbers + [f"urn:issn:{issn}" for issn in facts.issns]


_RECORDS = Cutter(("dc", "record", "metadata"))
_SEVERAL = re.compile(r"\s*;\s*")


def records(stream: BinaryIO, start_at: int = 0) -> Iterator[tuple[Piece, Draft | Fault]]:
    """Yield each `oai_dc:dc` element, or record of bare `dc:` elements, with what it says in MARC 21."""
    encoding = declared_encoding(stream)
    for piece in _RECORDS.pieces(stream, start_at):
        yield piece, decode(piece, encoding)


def decode(piece: Piece, encoding: str = "utf-8") -> Draft | Fault:
    """Return the fields of one element, or why it is none."""
    element = element_of(piece, encoding)
    if element.root is None:
        return Fault(FaultCode.UNREADABLE, Severity.LOST, "", element.faults[-1].detail)
    values: dict[str, list[str]] = {}
    for child in element.root:
        text = text_in(child)
        if text:
            values.setdefault(local_name(str(child.tag)), []).append(text)
    if not values.keys() & _KNOWN:
        return header_fault(element.root) or Fault(FaultCode.NO_FIELDS, Severity.LOST)
    return _draft(values, element)


def _draft(values: dict[str, list[str]], element: Element) -> Draft:
    made = Described(element.faults)
    for name in values.keys() - _KNOWN:
        made.faults += [Fault(FaultCode.UNMAPPED, Severity.LOST, name, text[:SHOWN]) for text in values[name]]
    _add_people(made, values)
    title, *others = values.get("title", [""])
    made.add("245", "10" if made.has("100", "110") else "00", ("a", title))
    for other in others:
        made.add("246", "3 ", ("a", other))
    date = next(iter(values.get("date", ())), "")
    made.add("260", "  ", *(("b", name) for name in values.get("publisher", ())), ("c", date))
    for mapped, indicators, code, name in _PLAIN:
        for text in values.get(name, ()):
            made.add(mapped, indicators, (code, text))
    for text in values.get("identifier", ()):
        made.identifier(text)
    kind = next(filter(None, map(_kind, values.get("type", ()))), "a")
    return made.draft(kind=kind, level="m", date=date, languages=values.get("language", ()), damaged=element.damaged)


def _add_people(made: Described, values: dict[str, list[str]]) -> None:
    for element, role in (("creator", "aut"), ("contributor", "")):
        for name in (name for cell in values.get(element, ()) for name in _SEVERAL.split(cell)):
            made.person(name, role, main=role == "aut")


def _kind(text: str) -> str | None:
    """leader/06 of a DCMI type."""
    return next((code for code, terms in TERMS["kinds"].items() if terms["dcmi"].lower() == text.strip().lower()), None)


# MARC tag, indicators, code and the element that fills it
_PLAIN = (
    ("300", "  ", "a", "format"),
    ("520", "  ", "a", "description"),
    ("653", "  ", "a", "subject"),
    ("787", "0 ", "t", "relation"),
    ("786", "0 ", "t", "source"),
    ("540", "  ", "a", "rights"),
    ("522", "  ", "a", "coverage"),
    ("655", " 4", "a", "type"),
)
_KNOWN = {name for _, _, _, name in _PLAIN} | {
    "title", "creator", "contributor", "publisher", "date", "identifier", "language"
}  # fmt: skip

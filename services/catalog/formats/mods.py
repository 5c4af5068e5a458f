"""MODS 3.7. Source: Library of Congress, MARC to MODS Version 3.7 Mapping."""

import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

import pymarc
from lxml import etree

from services.catalog.formats.assembly import SHOWN, Draft
from services.catalog.formats.cutting import Piece
from services.catalog.formats.described import Described
from services.catalog.formats.facts import TERMS, Facts, Person, Subject, facts_of, role_of
from services.catalog.formats.found import Fault, FaultCode, Severity
from services.catalog.formats.markup import (
    Cutter,
    declared_encoding,
    element_of,
    header_fault,
    local_name,
    tag,
    text_in,
    wrap,
)

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
    inner = {"name": "namePart", "titleInfo": "title"}
    return wrap(
        "subject",
        "".join(
            wrap(kind, tag(inner[kind], part)) if kind in inner else tag(kind, part)
            for kind, part in zip(subject.kinds, subject.parts, strict=True)
        ),
    )


def _related(title: str, volume: str) -> str:
    return wrap("relatedItem", wrap("titleInfo", tag("title", title) + tag("partNumber", volume)), type="series")


def _location(place: str, mark: str) -> str:
    return wrap("location", tag("physicalLocation", place) + tag("shelfLocator", mark))


def _record_info(facts: Facts) -> str:
    moment = _MOMENT.match(facts.changed)
    changed = tag("recordChangeDate", f"{moment[1]}T{moment[2]}" if moment else "", encoding="iso8601")
    identifier = tag("recordIdentifier", facts.control_number, source=facts.agency)
    return wrap("recordInfo", changed + identifier)


_RECORDS = Cutter(("mods", "record"))
_KIND_CODES = {terms["mods"]: code for code, terms in reversed(TERMS["kinds"].items())}
_LEVELS = {"serial": "s", "continuing": "s", "integrating resource": "i"}
_KIND_OF_NAME = {"corporate": "body", "conference": "meeting"}
_CLASS_TAGS = {scheme: mapped for mapped, scheme in TERMS["classes"].items()}


def records(stream: BinaryIO, start_at: int = 0) -> Iterator[tuple[Piece, Draft | Fault]]:
    """Yield each `mods` element with what it says in MARC 21."""
    encoding = declared_encoding(stream)
    for piece in _RECORDS.pieces(stream, start_at):
        yield piece, decode(piece, encoding)


def decode(piece: Piece, encoding: str = "utf-8") -> Draft | Fault:
    """Return the fields of one `mods` element, or why it is none."""
    element = element_of(piece, encoding)
    root = element.root
    if root is None:
        return Fault(FaultCode.UNREADABLE, Severity.LOST, "", element.faults[-1].detail)
    if local_name(str(root.tag)) != "mods":
        return header_fault(root) or Fault(FaultCode.NO_FIELDS, Severity.LOST)
    made = Described(element.faults)
    for child in root:
        name = local_name(str(child.tag))
        read = _READERS.get(name)
        if read:
            read(made, child)
        elif name not in _ELSEWHERE and (text := text_in(child)):
            made.faults.append(Fault(FaultCode.UNMAPPED, Severity.LOST, name, " ".join(text.split())[:SHOWN]))
    kind = _KIND_CODES.get(_below(root, "typeOfResource"), "a")
    level = _LEVELS.get(_below(root, "originInfo", "issuance"), "m")
    languages = [text_in(term) for term in _all(root, "language", "languageTerm")]
    date = _below(root, "originInfo", "dateIssued") or _below(root, "originInfo", "copyrightDate")
    return made.draft(kind=kind, level=level, date=date, languages=languages, damaged=element.damaged)


def _all(element: etree._Element, *path: str) -> list[etree._Element]:
    found = [element]
    for name in path:
        found = [child for one in found for child in one if local_name(str(child.tag)) == name]
    return found


def _below(element: etree._Element, *path: str) -> str:
    return next((text for one in _all(element, *path) if (text := text_in(one))), "")


def _read_title(made: Described, info: etree._Element) -> None:
    article, plain = _below(info, "nonSort"), _below(info, "title")
    title = f"{article}{plain}" if article.endswith(("'", "’")) or not article else f"{article} {plain}"
    parts = [
        ("n" if local_name(str(child.tag)) == "partNumber" else "p", text_in(child))
        for child in info
        if local_name(str(child.tag)) in ("partNumber", "partName")
    ]
    said = (("a", title), ("b", _below(info, "subTitle")), *parts)
    if info.get("type") == "uniform":
        made.add("240", "10", *said)
    elif info.get("type") or made.has("245"):
        made.add("246", "3 ", *said)
    else:
        made.add("245", f"1{min(len(title) - len(plain), 9)}", *said)


def _read_name(made: Described, name: etree._Element) -> None:
    parts = {part.get("type", ""): text_in(part) for part in _all(name, "namePart")}
    whole = parts.get("", "")
    if parts.get("family"):
        whole = ", ".join(filter(None, (parts["family"], parts.get("given", ""))))
    said = _below(name, "role", "roleTerm")
    role = said if said in TERMS["roles"] else role_of(said) or said
    kind = _KIND_OF_NAME.get(name.get("type", ""), "person")
    main = role in {"", "aut", "creator"}
    made.person(whole, "aut" if main else role, kind=kind, main=main, dates=parts.get("date", ""))


def _read_origin(made: Described, origin: etree._Element) -> None:
    places = [text_in(term) for term in _all(origin, "place", "placeTerm") if term.get("type") != "code"]
    date = _below(origin, "dateIssued") or _below(origin, "copyrightDate") or _below(origin, "dateCreated")
    publishers = [text_in(one) for one in _all(origin, "publisher")]
    made.add("260", "  ", *(("a", place) for place in places), *(("b", one) for one in publishers), ("c", date))
    made.add("250", "  ", ("a", _below(origin, "edition")))


def _read_extent(made: Described, described: etree._Element) -> None:
    for extent in _all(described, "extent"):
        pages, _, size = text_in(extent).partition(" ; ")
        made.add("300", "  ", ("a", pages), ("c", size))


def _read_note(made: Described, note: etree._Element) -> None:
    if note.get("type") == "statement of responsibility" and made.has("245"):
        made.extend("245", "c", text_in(note))
    else:
        made.add("500", "  ", ("a", text_in(note)))


def _read_subject(made: Described, subject: etree._Element) -> None:
    kinds = {"topic": ("650", " 4", "x"), "geographic": ("651", " 4", "z"), "temporal": ("648", " 4", "y"),
             "name": ("600", "14", "x"), "titleInfo": ("630", "04", "x"), "genre": ("655", " 4", "v")}  # fmt: skip
    found = [(kinds[name], text_in(child)) for child in subject if (name := local_name(str(child.tag))) in kinds]
    if found:
        (mapped, indicators, _), head = found[0]
        made.add(mapped, indicators, ("a", " ".join(head.split())), *((rule[2], text) for rule, text in found[1:]))


def _read_class(made: Described, classified: etree._Element) -> None:
    scheme = classified.get("authority", "")
    mapped = _CLASS_TAGS.get(scheme, "084")
    indicators = {"082": "04", "050": " 4"}.get(mapped, "  ")
    made.add(mapped, indicators, ("a", text_in(classified)), ("2", scheme if mapped == "084" else ""))


def _read_related(made: Described, related: etree._Element) -> None:
    title = _below(related, "titleInfo", "title")
    number = _below(related, "titleInfo", "partNumber")
    if related.get("type") == "series":
        made.add("490", "0 ", ("a", title), ("v", number))
    else:
        made.add("773" if related.get("type") == "host" else "787", "0 ", ("t", title), ("g", number))


def _read_identifier(made: Described, identifier: etree._Element) -> None:
    kind, value = identifier.get("type", ""), text_in(identifier)
    made.identifier(f"{kind}:{value}" if kind in ("isbn", "issn") else value)


def _read_location(made: Described, location: etree._Element) -> None:
    for url in _all(location, "url"):
        made.add("856", "40", ("u", text_in(url)))
    made.add("852", "  ", ("a", _below(location, "physicalLocation")), ("j", _below(location, "shelfLocator")))


def _read_record_info(made: Described, info: etree._Element) -> None:
    made.control("001", _below(info, "recordIdentifier"))
    source = next((one.get("source", "") for one in _all(info, "recordIdentifier")), "")
    made.control("003", source)


def _to(mapped: str, indicators: str) -> Callable[[Described, etree._Element], None]:
    """A reader of an element that is one subfield $a."""

    def read(made: Described, element: etree._Element) -> None:
        made.add(mapped, indicators, ("a", text_in(element)))

    return read


_READERS: dict[str, Callable[[Described, etree._Element], None]] = {
    "titleInfo": _read_title,
    "name": _read_name,
    "originInfo": _read_origin,
    "physicalDescription": _read_extent,
    "abstract": _to("520", "  "),
    "tableOfContents": _to("505", "0 "),
    "note": _read_note,
    "targetAudience": _to("521", "  "),
    "subject": _read_subject,
    "classification": _read_class,
    "relatedItem": _read_related,
    "identifier": _read_identifier,
    "location": _read_location,
    "accessCondition": _to("540", "  "),
    "genre": _to("655", " 4"),
    "recordInfo": _read_record_info,
}
_ELSEWHERE = frozenset({"typeOfResource", "language"})

"""A MARC 21 record taken apart into a description."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice

import pymarc

from services.catalog.identity import cards, extent, identifiers, names, publication, titles
from services.catalog.identity.description import Description, Form, Level, Name, Part
from services.catalog.identity.spelling import compared, composed
from services.catalog.identity.words import tables

_TYPES = {
    "a": Form.TEXT, "t": Form.TEXT, "e": Form.MAP, "f": Form.MAP, "c": Form.SCORE, "d": Form.SCORE, "i": Form.SOUND,
    "j": Form.SOUND, "g": Form.VIDEO, "k": Form.IMAGE, "r": Form.OBJECT, "m": Form.ELECTRONIC, "o": Form.MIXED,
    "p": Form.MIXED,
}  # fmt: skip
_AS_MADE = frozenset([Form.TEXT, Form.SERIAL])
"""What a leader says that nobody has touched."""
_LEVELS = {"a": Level.PIECE, "b": Level.PIECE, "c": Level.COLLECTION, "d": Level.COLLECTION}
_PHYSICAL = {"s": Form.SOUND, "v": Form.VIDEO, "m": Form.VIDEO, "c": Form.ELECTRONIC}
"""007/00, where leader says text."""
_LANGUAGES: dict[str, str] = tables()["languages"]
_NO_LANGUAGE = frozenset(code.strip() for code in tables()["no_language"])
_ON_PAPER: dict[str, str] = tables()["print_carriers_006"]
_NOT_ON_PAPER: dict[str, str] = tables()["carriers_006"]
_PEOPLE = {"100": False, "700": False, "720": False, "110": True, "111": True, "710": True, "711": True}
_SUBJECTS = frozenset(["600", "610", "611", "630", "648", "650", "651", "653"])
_SERIES = frozenset(["440", "490"])
_IDS = frozenset(["010", "015", "016", "017", "024", "028", "035"])
_DEWEY = re.compile(r"\d{3}(?:\.\d+)?")
_SIGNS = " /:;,.="

Fields = dict[str, list[pymarc.Field]]
_NO_CARD = cards.Card()
MOST = 200
"""Values of a field that are kept."""
LONGEST = 2000
"""Characters of a subfield that are read: what is longer is a text that stands in the wrong place."""


def describe(record: pymarc.Record) -> Description:
    """What the record says about its edition; never raises, whatever the record holds."""
    fields: Fields = {}
    for field in record.fields:
        fields.setdefault(field.tag, []).append(field)
    leader = str(record.leader).ljust(24)
    control = _control(fields, "008").ljust(40)
    title, parts, statement, designation = _title(fields)
    parts = parts or _parts_elsewhere(fields)
    people = _people(fields) or names.names_of_statement(statement)
    series = _unique((*_series(fields), title.course))
    if " - " in title.main:
        title = titles.without_names(title, (*(name.key for name in people), *map(titles.name_key, series)))
    card = _card(fields)
    places, publishers, dates = _imprint(fields, card)
    size = _first_joined(fields, "300", "abc") or card.extent
    extent_found = extent.extent_of(size)
    carried = _carried(_first(fields, "300", "a").partition("+")[0], extent_found.pages)
    sayings = (designation, title.bracketed, carried)
    form, carrier = _form(leader, control, fields, sayings, goes_on=publication.is_open(dates))
    language, original = _languages(fields, control)
    edition = _first(fields, "250", "a") or card.edition or title.edition
    whole = f"{title.main} : {title.rest}" if title.rest else title.main
    articles = language != "vi" if language else titles.is_foreign(whole)
    exact, folded = titles.filed(whole, articles=articles)
    isbns = _unique(identifiers.isbn_of(value) for value in _all(fields, "020", "a"))
    return Description(
        form=form,
        level=_LEVELS.get(leader[7], Level.WHOLE),
        carrier=carrier,
        title=whole,
        title_exact=exact,
        title_folded=folded,
        main_title=titles.filed(title.main, articles=articles)[1],
        parts=parts,
        volumes=extent_found.volumes,
        statement=statement,
        people=people,
        edition=edition.strip(_SIGNS),
        edition_number=titles.edition_number(edition) if edition else None,
        places=_unique(place for place, _ in places),
        place_keys=_unique(key for _, key in places),
        publishers=_unique(display for display, _ in publishers),
        publisher_keys=_unique(key for _, key in publishers),
        year=publication.year_of(dates) or publication.year_of(control[7:11]),
        other_years=publication.other_years(dates, control[7:11]),
        extent=size,
        pages=extent_found.pages,
        height_cm=extent_found.height_cm,
        isbns=isbns,
        issns=_unique(identifiers.issn_of(value) for value in _all(fields, "022", "a")),
        other_ids=_unique(_other_ids(fields)),
        language=language,
        original_language=original,
        subjects=_unique(_subjects(fields)),
        classes=_unique(found[0] for value in _all(fields, "082", "a") if (found := _DEWEY.search(value))),
        series=series,
        host=_host(fields),
        summary=_first(fields, "520", "a"),
        urls=_unique(_all(fields, "856", "u")),
    )


def _all(fields: Fields, tag: str, code: str) -> Iterator[str]:
    for field in fields.get(tag, ()):
        for subfield in field.subfields:
            if subfield.code == code and subfield.value:
                yield subfield.value[:LONGEST]


def _first(fields: Fields, tag: str, code: str) -> str:
    return next((composed(value) for value in _all(fields, tag, code)), "")


def _first_joined(fields: Fields, tag: str, codes: str) -> str:
    for field in fields.get(tag, ()):
        return composed(" ".join(part.value[:LONGEST] for part in field.subfields if part.code in codes and part.value))
    return ""


def _control(fields: Fields, tag: str) -> str:
    return next((field.data for field in fields.get(tag, ()) if field.data), "")


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(islice(dict.fromkeys(value for value in values if value), MOST))


def _title(fields: Fields) -> tuple[titles.Title, tuple[Part, ...], str, str]:
    """The title, its volumes, the statement of responsibility and the general material designation ($h)."""
    said = {"a": "", "b": "", "n": "", "p": "", "c": "", "h": "", "v": ""}
    for field in fields.get("245", ())[:1]:
        for code, value in field.subfields:
            if code in said and value:
                shown = cards.without_areas(value[:LONGEST]) if "-" in value else value[:LONGEST]
                said[code] = f"{said[code]} {shown}" if said[code] else shown
    if said["n"] and titles.YEARS.fullmatch(said["n"]):
        said["n"], said["p"] = "", f"{said['p']} {said['n']}".strip()
    found = titles.title_of(composed(said["a"]), composed(said["b"]))
    number = said["n"] or said["v"]
    parts = titles.parts_of(composed(number), composed(said["p"])) if number or said["p"] else ()
    return found, (*found.parts, *parts), composed(said["c"]).strip(_SIGNS) or found.statement, said["h"]


def _parts_elsewhere(fields: Fields) -> tuple[Part, ...]:
    """A volume with which the extent ("T.2: 312 tr."), a series or a note begins."""
    said = (
        value
        for tag in ("300", "490", "500")
        for field in fields.get(tag, ())
        for code, value in field.subfields
        if code == "a" and value and value[0] in titles.VOLUME_BEGINS
    )
    return next((found for value in said if (found := titles.volume_at_the_start(value))), ())


def _people(fields: Fields) -> tuple[Name, ...]:
    found: dict[tuple[str, str], Name] = {}
    for tag, body in _PEOPLE.items():
        for field in fields.get(tag, ()):
            for name in _named(field, body=body):
                found.setdefault((name.key, name.role), name)
    return tuple(islice(found.values(), MOST))


def _named(field: pymarc.Field, *, body: bool) -> tuple[Name, ...]:
    heading = role = ""
    for code, value in field.subfields:
        if code == "a" and not heading:
            heading = value or ""
        elif code == "b" and body:
            heading = f"{heading} {value}"
        elif code in {"e", "4"} and not role:
            role = value or ""
    return names.names_in(heading[:LONGEST], role, body=body) if heading else ()


def _card(fields: Fields) -> cards.Card:
    """The areas of ISBD that were typed on behind the title, or behind the imprint."""
    behind = [
        card
        for tag in ("245", "260")
        for field in fields.get(tag, ())
        for _, value in field.subfields
        if value and "-" in value and (card := cards.card_of(value[:LONGEST]))
    ]
    return cards.joined(behind) if behind else _NO_CARD


def _imprint(fields: Fields, card: cards.Card) -> tuple[list[tuple[str, str]], list[tuple[str, str]], str]:
    """Places, publishers, and the date as typed."""
    places: list[tuple[str, str]] = []
    publishers: list[tuple[str, str]] = []
    date = beside = ""
    for field in (*_publications(fields.get("264", ())), *fields.get("260", ())):
        for code, written in _typed(field):
            value = (written or "")[:LONGEST]
            if code == "a":
                places.append(publication.place_of(value))
            elif code == "b":
                towns, houses, behind = publication.imprint_of(value)
                places.extend(map(publication.place_of, towns))
                publishers.extend(map(publication.publisher_of, houses))
                beside = beside or behind
            elif code == "c":
                date = date or value
    if not (places or publishers or date or beside) and card.imprint:
        found = pymarc.Field("260", subfields=[pymarc.Subfield("a", card.imprint)])
        return _imprint({"260": [found]}, _NO_CARD)
    return places, publishers, date or beside


def _typed(field: pymarc.Field) -> Iterable[tuple[str, str]]:
    subfields = field.subfields
    if any(code == "b" for code, _ in subfields):
        return subfields
    return [part for code, value in subfields for part in _parted(code, value or "")]


def _parted(code: str, value: str) -> Iterable[tuple[str, str]]:
    return publication.parted(value[:LONGEST]) if code == "a" else ((code, value),)


def _publications(fields: Iterable[pymarc.Field]) -> list[pymarc.Field]:
    """Of 264: what is said of publication, else of anything."""
    listed = list(fields)
    return [field for field in listed if field.indicator2 == "1"] or listed


def _form(leader: str, control: str, fields: Fields, sayings: tuple[str, ...], *, goes_on: bool) -> tuple[Form, str]:
    """What leader says, unless other places say otherwise: many libraries leave the leader as their system made it."""
    form = _TYPES.get(leader[6], Form.TEXT)
    if leader[7] in "si" or (goes_on and form is Form.TEXT):
        form = Form.SERIAL
    for saying in (*sayings, *_all(fields, "338", "a"), *_all(fields, "337", "a")):
        if saying and (said := extent.form_said(saying)) and (form in _AS_MADE or said[0] in {form, None}):
            return said[0] or form, said[1]
    if form is not Form.TEXT:
        return form, ""
    item = control[23]
    if item in _NOT_ON_PAPER:
        return Form.ELECTRONIC, "online" if item == "o" else ""
    return _PHYSICAL.get(_control(fields, "007")[:1], form), _ON_PAPER.get(item, "") or _noted(fields)


def _noted(fields: Fields) -> str:
    """Braille or large print said in a note; other carriers there are of things that come along."""
    said = (extent.form_said(note) for note in _all(fields, "500", "a"))
    return next((carrier for form, carrier in filter(None, said) if form is None), "")


def _carried(written: str, pages: int | None) -> str:
    """What an extent says of the form: nothing where it counts pages, unless they are a file's."""
    said = extent.form_said(written)
    return written if said and (pages is None or said[0] is Form.ELECTRONIC) else ""


def _languages(fields: Fields, control: str) -> tuple[str, str]:
    """Of the text and, for a translation, of the original."""
    said = language_of(next(_all(fields, "041", "a"), "")) or _language_in(control[34:40])
    return said, language_of(next(_all(fields, "041", "h"), ""))


@lru_cache(maxsize=512)
def language_of(code: str) -> str:
    """ISO 639-1 where there is one; several codes run together give the first; nothing for no language."""
    plain = code.strip().lower()[:3].strip()
    if plain in _NO_LANGUAGE or not plain.isalpha():
        return ""
    return _LANGUAGES.get(plain, plain)


@lru_cache(maxsize=512)
def _language_in(end: str) -> str:
    """Of 008 from place 34: the code stands at 35, or beside it in the many records where a blank got lost or added."""
    return next((found for place in (1, 0, 2) if (found := _LANGUAGES.get(end[place : place + 3].lower()))), "")


def _subjects(fields: Fields) -> Iterator[str]:
    for tag in sorted(_SUBJECTS & fields.keys()):
        for value in _all(fields, tag, "a"):
            yield from (composed(piece).strip(_SIGNS) for piece in value.split(";"))


def _series(fields: Fields) -> Iterator[str]:
    for tag in ("440", "490"):
        for value in _all(fields, tag, "a"):
            written = composed(value).strip(_SIGNS)
            yield titles.course_of(written) or written


def _other_ids(fields: Fields) -> Iterator[str]:
    for tag in ("010", "015", "016", "017", "024", "028", "035"):
        for field in fields.get(tag, ()):
            scheme = field.get("2") or ""
            for value in field.get_subfields("a"):
                yield identifiers.other_id(tag, value[:200], scheme)


def _host(fields: Fields) -> str:
    """What a piece stands in, and where in it: 773 $t and $g, to compare."""
    for field in fields.get("773", ()):
        return compared(" ".join([*field.get_subfields("t"), *field.get_subfields("g")])[:LONGEST])[1]
    return ""

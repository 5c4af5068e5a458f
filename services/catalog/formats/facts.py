"""What a MARC 21 record says, without the punctuation of ISBD: from it every other format is written.

Sources of the fields: Library of Congress, MARC 21 Format for Bibliographic Data; MARC to Dublin Core Crosswalk; MARC
to MODS 3.7 mapping.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pymarc
import yaml
from pymarc import Field

from shared.vietnamese import fold
from shared.vietnamese.orthography import is_syllable

TERMS: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("terms.yaml").read_text("utf-8"))
_YEAR = re.compile(r"(?<!\d)(?:1\d|20)\d\d(?!\d)")
# A full stop that belongs to the word before it: an initial, an ellipsis, an abbreviation of extent or of a firm.
_ABBREVIATED = re.compile(
    r"(?:^|[\s.-])\w\.$|\b(?:tr|tp|cm|mm|inc|co|ltd|jr|sr|nxb|etc|p|pp|v|vol|ed)\.$|\.\.\.$", re.IGNORECASE
)
_ROLE_WORDS: dict[str, str] = {fold(word): code for code, role in TERMS["roles"].items() for word in role["words"]}
_ISSN_OR_ISBN = re.compile(r"[\dXx][\dXx -]*[\dXx]")
_LANGUAGE = re.compile("[a-z]{3}")
_EDGES = " \t/:;,="

PersonKind = Literal["person", "body", "meeting"]


@dataclass(frozen=True, slots=True)
class Person:
    """Who had a part in it. `name`: as entered; `family` and `given` are empty where the name is not divided, as in
    Vietnamese names, whose order is the same everywhere. `role`: a MARC relator code or the words of the record.
    """

    name: str
    kind: PersonKind
    role: str
    dates: str
    family: str = ""
    given: str = ""

    @property
    def direct(self) -> str:
        """The name in the order in which it is spoken."""
        return f"{self.given} {self.family}" if self.family else self.name


@dataclass(frozen=True, slots=True)
class Subject:
    """Heading and subdivisions; `kinds`: the element of MODS for each (topic, name, geographic, temporal, genre...)."""

    parts: tuple[str, ...]
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a writer may say; empty where the record says nothing. Years and levels as MARC codes them."""

    control_number: str
    agency: str
    changed: str
    kind: str
    level: str
    article: str
    title: str
    subtitle: str
    parts: tuple[tuple[str, str], ...]
    responsibility: str
    alternatives: tuple[str, ...]
    people: tuple[Person, ...]
    edition: str
    places: tuple[str, ...]
    publishers: tuple[str, ...]
    date: str
    year: str
    extent: str
    size: str
    languages: tuple[str, ...]
    series: tuple[tuple[str, str], ...]
    isbns: tuple[str, ...]
    issns: tuple[str, ...]
    identifiers: tuple[tuple[str, str], ...]
    subjects: tuple[Subject, ...]
    genres: tuple[str, ...]
    classes: tuple[tuple[str, str], ...]
    summary: str
    contents: str
    notes: tuple[str, ...]
    host: str
    urls: tuple[str, ...]
    rights: tuple[str, ...]
    locations: tuple[tuple[str, str], ...]

    @property
    def whole_title(self) -> str:
        """Title, subtitle and volumes as one line."""
        main = f"{self.article}{self.title}"
        volumes = [". ".join(filter(None, part)) for part in self.parts]
        return ". ".join((f"{main}: {self.subtitle}" if self.subtitle else main, *volumes))

    @property
    def terms(self) -> dict[str, str]:
        found: dict[str, str] = TERMS["kinds"].get(self.kind, TERMS["other_kind"])
        return found


def facts_of(record: pymarc.Record) -> Facts:
    """Gather what the record says."""
    by_tag: dict[str, list[Field]] = {}
    for field in record.fields:
        by_tag.setdefault(field.tag, []).append(field)
    leader = str(record.leader)
    fixed = _control(by_tag, "008").ljust(40)
    title = _title(by_tag.get("245", ()))
    imprints = by_tag.get("264", []) + by_tag.get("260", [])
    published = [field for field in imprints if field.tag == "260" or _indicator(field, 1) in "1 "] or imprints
    date = next(iter(_all(published, "c")), "")
    return Facts(
        control_number=_control(by_tag, "001").strip(),
        agency=_control(by_tag, "003").strip(),
        changed=_control(by_tag, "005").strip(),
        kind=leader[6],
        level=leader[7],
        **title,
        alternatives=_values(by_tag, ("246", "240", "130", "740"), "abnp"),
        people=tuple(_people(by_tag)),
        edition=next(iter(_values(by_tag, ("250",), "ab")), ""),
        places=_all(published, "a"),
        publishers=_all(published, "b"),
        date=date,
        year=fixed[7:11] if fixed[7:11].isdigit() else _first_year(date),
        extent=next(iter(_values(by_tag, ("300",), "a")), ""),
        size=next(iter(_values(by_tag, ("300",), "c")), ""),
        languages=_languages(fixed, by_tag.get("041", ())),
        series=tuple(_series(by_tag)),
        isbns=tuple(_numbers(by_tag.get("020", ()))),
        issns=tuple(_numbers(by_tag.get("022", ()))),
        identifiers=tuple(_identifiers(by_tag.get("024", ()))),
        subjects=tuple(_subjects(by_tag)),
        genres=_values(by_tag, ("655",), "a"),
        classes=tuple(_classes(by_tag)),
        summary="\n".join(_values(by_tag, ("520",), "ab")),
        contents="\n".join(_values(by_tag, ("505",), "agrt")),
        notes=_values(by_tag, ("500", "502", "504", "546"), "abcd"),
        host=next(iter(_values(by_tag, ("773",), "tg")), ""),
        urls=_values(by_tag, ("856",), "u"),
        rights=_values(by_tag, ("506", "540"), "a"),
        locations=tuple(_locations(by_tag.get("852", ()))),
    )


def trimmed(text: str) -> str:
    """The text without the punctuation that ISBD puts between areas."""
    text = text.strip(_EDGES)
    if text.endswith(".") and not _ABBREVIATED.search(text):
        text = text.rstrip(_EDGES + ".")
    return text


def _control(by_tag: dict[str, list[Field]], tag: str) -> str:
    return (by_tag[tag][0].data or "") if tag in by_tag else ""


def _all(fields: Iterable[Field], code: str) -> tuple[str, ...]:
    found = (trimmed(part.value) for field in fields for part in field.subfields if part.code == code)
    return tuple(dict.fromkeys(filter(None, found)))


def _joined(field: Field, codes: str) -> str:
    return trimmed(" ".join(part.value.strip() for part in field.subfields if part.code in codes))


def _values(by_tag: dict[str, list[Field]], tags: Iterable[str], codes: str) -> tuple[str, ...]:
    found = (_joined(field, codes) for tag in tags for field in by_tag.get(tag, ()))
    return tuple(dict.fromkeys(filter(None, found)))


def _first(field: Field, code: str) -> str:
    return next((trimmed(part.value) for part in field.subfields if part.code == code), "")


def _indicator(field: Field, place: int) -> str:
    return field.indicators[place] if field.indicators else " "


def _title(fields: Iterable[Field]) -> dict[str, Any]:
    """Of 245: the article that filing skips, title, subtitle, volumes and statement of responsibility."""
    field = next(iter(fields), None)
    if field is None:
        return {"article": "", "title": "", "subtitle": "", "parts": (), "responsibility": ""}
    whole = _first(field, "a")
    second = _indicator(field, 1)
    skipped = int(second) if second.isdigit() else 0
    article = whole[:skipped] if whole[:skipped].endswith((" ", "'", "’")) else ""
    return {
        "article": article,
        "title": whole[len(article) :],
        "subtitle": _first(field, "b"),
        "parts": tuple(_parts(field)),
        "responsibility": _first(field, "c"),
    }


def _parts(field: Field) -> Iterable[tuple[str, str]]:
    """Volumes: number and name, where a name belongs to the number before it."""
    number = ""
    for part in field.subfields:
        if part.code == "n":
            if number:
                yield number, ""
            number = trimmed(part.value)
        elif part.code == "p":
            yield number, trimmed(part.value)
            number = ""
    if number:
        yield number, ""


_PERSON_TAGS: dict[str, PersonKind] = {
    "100": "person", "110": "body", "111": "meeting", "700": "person", "710": "body", "711": "meeting"
}  # fmt: skip


def _people(by_tag: dict[str, list[Field]]) -> Iterable[Person]:
    seen = set()
    for tag, kind in _PERSON_TAGS.items():
        for field in by_tag.get(tag, ()):
            name = _joined(field, "abc" if kind == "person" else "abnd" if kind == "meeting" else "ab")
            role = _role(field, main=tag < "200")
            if name and (name, role) not in seen:
                seen.add((name, role))
                yield person(name, kind, role, _first(field, "d") if kind == "person" else "")


def person(name: str, kind: PersonKind, role: str, dates: str = "") -> Person:
    """Divide a name at its comma; a Vietnamese one is put in its one order and left whole."""
    family, comma, given = (part.strip() for part in name.partition(","))
    if kind != "person" or not comma or not given:
        return Person(name, kind, role, dates)
    if is_vietnamese_name(f"{family} {given}"):
        return Person(f"{family} {given}", kind, role, dates)
    return Person(name, kind, role, dates, family, given)


def is_vietnamese_name(name: str) -> bool:
    """Whether every word of the name is a Vietnamese syllable."""
    words = re.findall(r"[^\W\d_]+", name)
    return bool(words) and all(map(is_syllable, words))


def _role(field: Field, *, main: bool) -> str:
    coded = next((part.value.strip() for part in field.subfields if part.code == "4"), "")
    if coded[-3:] in TERMS["roles"]:
        return coded[-3:]
    words = _joined(field, "e")
    return _ROLE_WORDS.get(fold(words).strip(" .()"), words or ("aut" if main else ""))


def role_of(words: str) -> str | None:
    """The relator code that words such as "chủ biên" or "translator" stand for."""
    return _ROLE_WORDS.get(fold(words).strip(" .():"))


def _first_year(date: str) -> str:
    found = _YEAR.search(date)
    return found[0] if found else ""


def _languages(fixed: str, fields: Iterable[Field]) -> tuple[str, ...]:
    """Codes of MARC, the one of 008 first; 041 may hold several in one subfield."""
    texts = [part.value for field in fields for part in field.subfields if part.code in "ad"]
    codes = [fixed[35:38], *(code for text in texts for code in _LANGUAGE.findall(text))]
    return tuple(dict.fromkeys(code for code in codes if _LANGUAGE.fullmatch(code) and code not in ("und", "zxx")))


def _series(by_tag: dict[str, list[Field]]) -> Iterable[tuple[str, str]]:
    for tag in ("490", "440"):
        for field in by_tag.get(tag, ()):
            title = _joined(field, "anp")
            if title:
                yield title, _first(field, "v")


def _numbers(fields: Iterable[Field]) -> Iterable[str]:
    for value in _all(fields, "a"):
        found = _ISSN_OR_ISBN.search(value)
        if found:
            yield found[0]


def _identifiers(fields: Iterable[Field]) -> Iterable[tuple[str, str]]:
    for field in fields:
        value = _first(field, "a")
        if value:
            yield _first(field, "2") or TERMS["identifiers"].get(_indicator(field, 0), "local"), value


_SUBJECT_TAGS = {"600": "name", "610": "name", "611": "name", "630": "titleInfo", "650": "topic", "651": "geographic",
                 "653": "topic", "690": "topic", "691": "geographic"}  # fmt: skip


_SUBDIVISIONS = {"v": "genre", "x": "topic", "y": "temporal", "z": "geographic"}


def _subjects(by_tag: dict[str, list[Field]]) -> Iterable[Subject]:
    for tag, kind in _SUBJECT_TAGS.items():
        for field in by_tag.get(tag, ()):
            heads = _all([field], "a") if tag == "653" else filter(None, [_joined(field, "abcdq")])
            below = [part for part in field.subfields if part.code in _SUBDIVISIONS]
            kinds = (kind, *(_SUBDIVISIONS[part.code] for part in below))
            yield from (Subject((head, *(trimmed(part.value) for part in below)), kinds) for head in heads)


def _classes(by_tag: dict[str, list[Field]]) -> Iterable[tuple[str, str]]:
    for tag, scheme in TERMS["classes"].items():
        for field in by_tag.get(tag, ()):
            named = _first(field, "2") if tag == "084" else ""
            yield from ((named or scheme, value) for value in _all([field], "a"))


def _locations(fields: Iterable[Field]) -> Iterable[tuple[str, str]]:
    """Where copies stand: library and place, and shelf mark."""
    for field in fields:
        place, mark = _joined(field, "abc"), _joined(field, "khijm")
        if place or mark:
            yield place, mark

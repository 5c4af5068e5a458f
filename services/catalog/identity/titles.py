"""Titles taken apart: title proper, rest, volume, edition, statement of responsibility."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from services.catalog.identity.description import Part
from services.catalog.identity.numerals import NUMBER, WORD, number_of
from services.catalog.identity.spelling import compared, composed
from services.catalog.identity.words import alternatives, tables
from shared.vietnamese import fold_letters

_VOLUMES = tables()["volumes"]
_EDITIONS = tables()["editions"]
_NOT_AFTER = "".join(rf"(?<!\b{word}\s)" for word in _VOLUMES["not_after"])
"""Words that end in tập; a bare letter (T2) ends none of them."""
_UNIT = rf"(?:{alternatives(_VOLUMES['words'])})"
_LETTER = rf"(?:{'|'.join(_VOLUMES['letters'])})"
_END = r"(?=$|[\s.,:;)\]/=–-])"

VOLUME = re.compile(
    rf"(?:(?<=^)|(?<=[\s.,:;(\[/=–-]))"
    rf"(?:{_NOT_AFTER}{_UNIT}\.?\s?(?:thu\s)?|{_LETTER}(?:\.\s?|(?=\d)|\s(?=\d)))(?P<number>{NUMBER}){_END}"
)
"""Over letters folded one by one: tap 2, t.2, q. ii, tap hai, vol. 3; not the number of an exercise (bai tap 2)."""
_WHOLE = re.compile(rf"\b(?:{'|'.join(_VOLUMES['whole_after'])})\stap(?P<cut>[\s.,:(-]+)(?P<number>\d{{1,3}}){_END}")
"""Tuyen tap 2: a volume too, but the word belongs to the title."""
_FIELD_NUMBER = re.compile(
    rf"^\W*(?:(?:{_UNIT}|{_LETTER}|{alternatives(_VOLUMES['in_number_field'])})(?=[\s.\d])\.?\s?)?(?:thu\s)?(?P<number>{NUMBER}){_END}"
)
"""What 245$n holds: with or without a word before the number."""

_AGAIN = rf"(?:{alternatives(_EDITIONS['again'])})"
_NTH = rf"(?:{alternatives(_EDITIONS['nth'])})"
EDITION = re.compile(
    rf"\b(?:(?P<again>{_AGAIN})|{_NTH})\.?\s?(?:lan|l)\.?\s?(?:thu\s)?(?P<number>\d{{1,3}}|[ivx]{{1,6}}(?![a-z])|(?:{WORD})(?:\s(?:{WORD}))*)(?!\w)"
)
"""Tai ban lan thu nam, in lan 2."""
_ORDINAL = re.compile(
    rf"\b(?:(?P<figures>\d{{1,3}})\s?(?:{alternatives(_EDITIONS['ordinal'])})?|(?P<word>{WORD}))\.?\s(?:[a-z.]+\s){{0,2}}?(?:ed|edn|edition)\b"
)
"""2nd ed., second revised edition, 2e ed."""
_PLAIN_NTH = re.compile(rf"\b(?:lan(?:\sthu)?|ed\.?|edition)\s(?P<number>\d{{1,3}}|{WORD})(?!\w)")

_NUMBER_FIRST = re.compile(r"^\W*(\d{1,2})(?:\.|\s|$)")
"""2. Aufl., 3. painos: the number stands first in other languages, too."""
_CLOSING = " \t/:;,.=-–[("
_ARTICLE = re.compile(rf"^(?:(?:{alternatives(word for word in tables()['articles'] if word[-1] != chr(39))})\s|l['’])")
_STATEMENT = re.compile(r"\s/\s|/\s+(?!\d)")
"""Before a statement of responsibility; many type no blank before the stroke, and "1/ 2" is none."""
_REPRINTED = re.compile(rf"\s*[(\[]?\s*\b(?P<said>{_AGAIN}\s(?:nam\s)?(?:19|20)\d\d)\s*[)\]]?\s*$")
"""(Tai ban 2014), as booksellers end a title."""
_SCHOOL_BOOKS: dict[str, tuple[str, str]] = {kind: tuple(said) for kind, said in tables()["school_books"].items()}
_SCHOOL_BOOK = re.compile(rf"(?P<kind>{alternatives(_SCHOOL_BOOKS)})\b[\s.:–-]*(?=\w)")
_ABOUT_FORM = re.compile(r"\s*\[[^\]]{3,40}\]\s*$")


@dataclass(frozen=True, slots=True)
class Title:
    """A title without volume and edition; `main` is the title proper, `rest` other title information."""

    main: str
    rest: str = ""
    parts: tuple[Part, ...] = ()
    statement: str = ""
    edition: str = ""
    bracketed: str = ""
    """What stood in square brackets at the end: a general material designation."""


@lru_cache(maxsize=16_384)
def title_of(proper: str, rest: str) -> Title:
    """245 $a and $b as typed, NFC; libraries without subfields put everything into $a."""
    text, statement = _before_statement(proper)
    bracketed = _ABOUT_FORM.search(text)
    text = text[: bracketed.start()] if bracketed else text
    text, _, _ = text.partition(" = ")
    main, inner = _cut(text)
    main, kind = _spelt_out(main)
    parts, main, name = _parts_in(main)
    inner_parts, inner, inner_name = _parts_in(inner)
    rest_parts, rest, rest_name = _parts_in(rest.partition(" = ")[0])
    edition, joined = _edition_in(" : ".join(piece for piece in (_clean(inner), _clean(rest)) if piece))
    main_edition, main = _edition_in(main)
    return Title(
        main=_clean(main) or _clean(proper),
        rest=" : ".join(piece for piece in (kind, _clean(joined)) if piece),
        parts=_named((*parts, *inner_parts, *rest_parts), _clean(name or inner_name or rest_name)),
        statement=statement.strip(),
        edition=edition or main_edition,
        bracketed=bracketed[0] if bracketed else "",
    )


def _before_statement(text: str) -> tuple[str, str]:
    found = _STATEMENT.search(text)
    return (text[: found.start()], text[found.end() :]) if found else (text, "")


def _spelt_out(main: str) -> tuple[str, str]:
    """A school book's title without the abbreviation that schools put before it, and what that says of it."""
    found = _SCHOOL_BOOK.match(fold_letters(main))
    if not found:
        return main, ""
    before, after = _SCHOOL_BOOKS[found["kind"]]
    return f"{before} {main[found.end() :]}".strip(), after


def _cut(text: str) -> tuple[str, str]:
    """Title proper and what follows the colon; a colon behind a volume's number introduces the volume's name."""
    before, colon, after = text.partition(":")
    if colon and not after[:1].isdigit() and not VOLUME.search(fold_letters(before)):
        return before, after
    return text, ""


def _parts_in(text: str) -> tuple[tuple[Part, ...], str, str]:
    """Volumes in a text, the text without them, and the name that follows the last one."""
    letters = fold_letters(text)
    found = list(VOLUME.finditer(letters))
    if not found:
        whole = _WHOLE.search(letters)
        if not whole:
            return (), text, ""
        return (Part(number_of(whole["number"]) or ""),), text[: whole.start("cut")], text[whole.end() :]
    numbers = [number_of(each["number"]) for each in found]
    before = text[: found[0].start()]
    after = text[found[-1].end() :].lstrip(" )].,:;-–")
    parts = tuple(Part(number) for number in numbers if number)
    return (parts, before, after) if _clean(before) else (parts, after, "")


def _named(parts: tuple[Part, ...], name: str) -> tuple[Part, ...]:
    if not name:
        return parts
    if not parts:
        return (Part("", name),)
    return (*parts[:-1], Part(parts[-1].number, name))


@lru_cache(maxsize=4096)
def parts_of(number: str, name: str) -> tuple[Part, ...]:
    """245 $n and $p as typed; $p often holds the number as well."""
    parts = _field_parts(number)
    named, before, after = _parts_in(name)
    return _named((*parts, *named), _clean(after if named else before))


def _field_parts(number: str) -> tuple[Part, ...]:
    letters = fold_letters(number)
    if found := _FIELD_NUMBER.match(letters):
        first = number_of(found["number"])
        following, _, name = _parts_in(number[found.end() :])
        return _named((*((Part(first),) if first else ()), *following), _clean(name))
    parts, _, name = _parts_in(number)
    return parts or ((Part("", _clean(number)),) if _clean(number) else _named((), name))


def _edition_in(text: str) -> tuple[str, str]:
    """An edition statement inside a title, and the title without it."""
    letters = fold_letters(text)
    if found := _REPRINTED.search(letters):
        return text[found.start("said") : found.end("said")], text[: found.start()]
    found = EDITION.search(letters)
    if not found or not (found["again"] or found.start()):
        return "", text
    return text[found.start() : found.end()], text[: found.start()].rstrip(" ,;:-–(")


@lru_cache(maxsize=4096)
def edition_number(statement: str) -> int | None:
    """How many times it was printed: "Tái bản lần thứ nhất" is the 2nd, "In lần thứ 2" the 2nd, "2nd ed." too."""
    letters = " ".join(fold_letters(statement).split())
    if found := EDITION.search(letters):
        number = _whole(found["number"])
        return number + 1 if number and found["again"] else number
    if found := _ORDINAL.search(letters):
        return _whole(found["figures"] or found["word"])
    found = _PLAIN_NTH.search(letters) or _NUMBER_FIRST.search(letters)
    return _whole(found[1]) if found else None


def _whole(written: str) -> int | None:
    number = number_of(written)
    return int(number) if number and number.isdigit() else None


def _clean(text: str) -> str:
    return composed(text).rstrip(_CLOSING).lstrip(" /:;,.=-–")


@lru_cache(maxsize=16_384)
def filed(text: str, *, articles: bool) -> tuple[str, str]:
    """Both forms to compare, without a leading article of a language that has them."""
    exact, folded = compared(text)
    if articles and (found := _ARTICLE.match(folded)) and found.end() < len(folded):
        return exact.split(" ", 1)[1], folded.split(" ", 1)[1]
    return exact, folded

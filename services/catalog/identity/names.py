"""People and bodies: one name out of each spelling, several out of one field."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from services.catalog.identity.description import Kind, Name
from services.catalog.identity.spelling import composed, forms, spelled, words
from services.catalog.identity.words import alternatives, tables, turned
from shared.vietnamese import fold, fold_letters, respell
from shared.vietnamese.orthography import is_syllable

_ROLES = turned(tables()["roles"])
_ROLE_WORDS = [word for word in _ROLES if word not in tables()["roles"]]
_HONOURS = re.compile(rf"^(?:(?:{alternatives(tables()['honours'])})\b[.,\s]*)+(?=\w)")
_BODY = re.compile(rf"(?:{'|'.join(respell(word) for word in tables()['bodies'])})\b")
_BARE_BODY = re.compile(rf"(?:{alternatives(tables()['bare_bodies'])})\b")
_COUNTRIES = frozenset(fold(respell(word)) for word in tables()["countries"])
_SHORTENED: dict[str, str] = tables()["bodies_shortened"]
_BESIDE_STATE = alternatives(tables()["state_beside"])
_STATE = re.compile(rf"(?:(?:{_BESIDE_STATE})\s)*viet nam(?:\s(?:{_BESIDE_STATE}))*|quoc hoi")
_STATE_KEY = "nam viet"
_JOINING = frozenset(["va", "and"])
_KNOWN_AS = {
    spelling: (row["name"], row["initials"]) for row in tables()["people"] for spelling in map(fold, row["surnames"])
}
_WITHIN_FOREIGN = re.compile(r"(?<=[^\W\d_])-(?=[^\W\d_])")
"""Syllables of a foreign name, as it used to be spelled: Lép Tôn-xtôi."""
_NOBODY = frozenset(fold(word) for word in tables()["nobody"])
_OTHERS = re.compile(rf"\s*[\[(]?\s*(?:{alternatives(tables()['others_too'])}).*$")
_INITIALS = re.compile(r"(?<=\w)\s*\(((?:[A-ZĐ]\.[\s-]?){1,3})\)\s*$")
"""DOSTOYEVSKY (F.), as cards were headed."""
_BRACKETED = re.compile(r"\s*[\[(]([^()\[\]]*)[\])]")
_PREFIXED = re.compile(
    rf"^\s*(?P<role>(?:{alternatives(_ROLE_WORDS)})(?:\s*[,&]\s*(?:{alternatives(_ROLE_WORDS)}))*)[.\s]*:\s*"
)
_SUFFIXED = re.compile(
    rf"[\s,]+(?P<role>{alternatives(word for word in _ROLE_WORDS if len(word) > 3 or '.' in word)})[\s.]*$"
)
_LEADING = re.compile(
    r"^(?:dich|bien soan|chu bien|edited by|translated by|by|nguoi dich|suu tam|minh hoa|hieu dinh)\s+(?=\w)"
)
_LIFE = re.compile(r",?\s*\(?\b1\d{3}\b[\s–-]*(?:\d{4})?\)?|,?\s*\b\d{3,4}-\s*$")
_BETWEEN_BODIES = re.compile(r",(?![^(\[]*[)\]])")
_BETWEEN_PEOPLE = re.compile(r",(?![^(\[]*[)\]])|\s(?:[-–&]|và)\s")
_SIGNS = " .,;:/-–[]()"
MOST_NAMES = 12
"""A field that lists more is read no further."""


@lru_cache(maxsize=8192)
def names_in(text: str, role: str = "", *, body: bool = False) -> tuple[Name, ...]:
    """Everyone a heading names: "A (chủ biên) ; B ; C", "A, B, C" or "Hugo, Victor, 1802-1885"."""
    said = role_of(role)
    whole = composed(text)
    if body:
        return (_body(whole, said),) if whole.strip(_SIGNS) else ()
    return tuple(_names(whole, said))[:MOST_NAMES]


@lru_cache(maxsize=4096)
def names_of_statement(statement: str) -> tuple[Name, ...]:
    """Everyone in a statement of responsibility: "B.s.: A (ch.b.), B ; Dịch: C"."""
    return tuple(name for part in composed(statement).split(";") for name in _names(part, ""))[:MOST_NAMES]


@lru_cache(maxsize=1024)
def role_of(written: str) -> str:
    """A MARC relator code for what stands in $e, in $4 or in brackets; empty for what is not in the table."""
    said = fold(written).strip(_SIGNS)
    if found := _ROLES.get(said):
        return found
    first = re.split(r"\s*[,;/&]\s*|\s+va\s+", said)[0]
    return _ROLES.get(first.strip(_SIGNS), "")


def _names(text: str, role: str) -> Iterator[Name]:
    for part in text.split(";"):
        rest = part
        said = role
        if found := _PREFIXED.match(fold_letters(rest)):
            said = role_of(found["role"]) or role
            rest = rest[found.end() :]
        for piece in _pieces(rest):
            if not role_of(piece):
                yield from _named(piece, said)


def _pieces(text: str) -> Iterator[str]:
    """Split at commas and dashes, but not inside brackets nor between a surname and what it was turned before."""
    text = _LIFE.sub("", text)
    between = _BETWEEN_BODIES if _is_body(text.strip()) else _BETWEEN_PEOPLE
    found = [piece.strip() for piece in between.split(text) if piece.strip(_SIGNS)]
    place = 0
    while place < len(found):
        given = _given_name(found, place)
        if not given:
            yield found[place]
        else:
            yield f"{given} {found[place]}" if _is_foreign(found[place], given) else f"{found[place]} {given}"
        place += 2 if given else 1


def _given_name(pieces: Sequence[str], place: int) -> str:
    """What follows a surname that stands alone, or a surname of several words at the end: García Márquez, Gabriel."""
    surname, given = pieces[place], pieces[place + 1] if place + 1 < len(pieces) else ""
    if not given or "(" in surname or role_of(given):
        return ""
    single = " " not in surname or (" " not in given and len(pieces) == 2)
    return given if single else ""


def _is_foreign(surname: str, given: str) -> bool:
    """Whether the surname stands last in this name when it is not turned round."""
    return (given.isascii() and surname.isascii()) or not all(map(is_syllable, f"{surname} {given}".split()))


def _named(piece: str, role: str) -> Iterator[Name]:
    said = role
    if piece.endswith(")") and (found := _INITIALS.search(piece)) and not role_of(found[1]):
        piece = f"{found[1]} {piece[: found.start()]}"
    for bracketed in _BRACKETED.findall(piece):
        said = role_of(bracketed) or said
    display, beside = _undressed(_BRACKETED.sub("", piece))
    said = beside or said
    if not any(sign.isalpha() for sign in display):
        return
    if _is_body(display):
        yield _body(_BRACKETED.sub(lambda found: "" if role_of(found[1]) else found[0], piece), said)
    else:
        yield Name(display, _key(display), said)


def _undressed(plain: str) -> tuple[str, str]:
    """A name without "and others", the word of a role before or behind it, and honours; and that role."""
    letters = fold_letters(plain)
    if others := _OTHERS.search(letters):
        plain, letters = plain[: others.start()], letters[: others.start()]
    if letters.strip(_SIGNS) in _NOBODY:
        return "", ""
    role = ""
    if leading := _LEADING.match(letters):
        role = role_of(leading[0])
        plain, letters = plain[leading.end() :], letters[leading.end() :]
    elif closing := _SUFFIXED.search(letters):
        role = role_of(closing["role"])
        plain, letters = plain[: closing.start()], letters[: closing.start()]
    honour = _HONOURS.match(letters)
    return plain[honour.end() if honour else 0 :].strip(_SIGNS), role


@lru_cache(maxsize=4096)
def _is_body(display: str) -> bool:
    letters = spelled(display)
    if fold(letters) in _COUNTRIES:
        return True
    return display.count(" ") >= 2 and bool((_BARE_BODY if display.isascii() else _BODY).match(letters))


def _body(text: str, role: str) -> Name:
    """The key leaves out what is in brackets: Việt Nam (CHXHCN)."""
    display = text.strip(" .,;:/")
    plain = _BRACKETED.sub("", display) or display
    return Name(display, _key(plain), role, Kind.BODY)


def _known(words_said: Sequence[str]) -> str:
    """The one key of a person whose foreign name is spelled in many ways, where nothing else in the name speaks against
    it: Lép Tôn-xtôi is Leo Tolstoy, A. Tônxtôi is not.
    """
    for word in words_said:
        if found := _KNOWN_AS.get(word):
            key, initials = found
            return key if all(other == word or other[0] in initials for other in words_said) else ""
    return ""


def _key(plain: str) -> str:
    """With the shortened words of bodies in full and "and" left out: BCH Đảng bộ, Bộ GD&ĐT."""
    found = [forms(word)[1] for word in words(_WITHIN_FOREIGN.sub("", plain) if "-" in plain else plain)]
    if known := _known(found):
        return known
    whole = " ".join(_SHORTENED.get(word, word) for word in found)
    if _STATE.fullmatch(whole):
        return _STATE_KEY
    return " ".join(sorted(word for word in whole.split() if word not in _JOINING))

"""The language of the search box: words, "phrases", beginnings*, field:value, AND OR NOT and brackets.

It never fails: what cannot be read as meant is searched as plain words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from services.catalog.search.query import (
    MAX_WORDS,
    Everything,
    Field,
    Match,
    Node,
    Not,
    Query,
    Term,
    both,
    either,
    words,
)
from services.catalog.search.terms import is_isbn, term
from shared.vietnamese import fold

MAX_CHARACTERS = 256
MAX_DEPTH = 12

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"'))
_TOKEN = re.compile(
    r'''(?P<name>\w+):(?:"(?P<named>[^"]*)"|(?P<value>[^\s()"]+))  # field:value, nothing between
    |"(?P<phrase>[^"]*)" | [()] | [^\s()"]+ | "''',
    re.VERBOSE,
)

_NAMES = {
    "title": Field.TITLE,
    "nhande": Field.TITLE,
    "tieude": Field.TITLE,
    "author": Field.AUTHOR,
    "tacgia": Field.AUTHOR,
    "subject": Field.SUBJECT,
    "chude": Field.SUBJECT,
    "publisher": Field.PUBLISHER,
    "nxb": Field.PUBLISHER,
    "series": Field.SERIES,
    "tungthu": Field.SERIES,
    "isbn": Field.ISBN,
    "issn": Field.ISSN,
    "library": Field.LIBRARY,
    "thuvien": Field.LIBRARY,
    "class": Field.CLASS,
    "phanloai": Field.CLASS,
    "collection": Field.COLLECTION,
    "language": Field.LANGUAGE,
    "ngonngu": Field.LANGUAGE,
    "form": Field.FORM,
    "dang": Field.FORM,
    "access": Field.ACCESS,
    "by": Field.BY,
    "about": Field.ABOUT,
    "year": Field.YEAR,
    "nam": Field.YEAR,
}
"""Names of fields, folded: in English, and in Vietnamese with or without marks."""


class _Unreadable(ValueError):
    """The text has the words of the language and not its form."""


def parse(text: str) -> Query:
    """Read a query from any string; never fails. What exceeds MAX_CHARACTERS or MAX_WORDS is left out."""
    composed = unicodedata.normalize("NFC", text[: 4 * MAX_CHARACTERS])
    shortened = composed[:MAX_CHARACTERS].translate(_QUOTES)
    reader = _Reader(shortened)
    try:
        root, cut = reader.read(), reader.cut
    except _Unreadable:
        root, cut = both(*_plain(shortened)), sum(1 for _ in words(shortened)) > MAX_WORDS
    return Query(root, cut=cut or len(composed) > MAX_CHARACTERS)


class _Reader:
    """Recursive descent over the tokens of one query."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_TOKEN.finditer(text))
        self._place = 0
        self._depth = 0
        self._room = MAX_WORDS
        self.cut = False

    def read(self) -> Node | None:
        found = self._any()
        if self._place < len(self._tokens):
            raise _Unreadable("a bracket was closed that was not open")
        return found

    def _next(self) -> str | None:
        return self._tokens[self._place][0] if self._place < len(self._tokens) else None

    def _took(self, token: str) -> bool:
        taken = self._next() == token
        self._place += taken
        return taken

    def _any(self) -> Node | None:
        parts = [self._all()]
        while self._took("OR"):
            parts.append(self._all())
        if len(parts) > 1 and None in parts:
            raise _Unreadable("OR stands between two sides")
        return either(*parts)

    def _all(self) -> Node | None:
        wanted: list[Node | None] = []
        unwanted: list[Node] = []
        while self._next() not in {None, ")", "OR"}:
            joined = self._took("AND")
            negated = self._took("NOT")
            if (joined and not (wanted or unwanted)) or self._next() in {None, ")", "OR", "AND", "NOT"}:
                raise _Unreadable("AND and NOT stand before what they join")
            part = self._piece()
            if negated and part is not None:
                unwanted.append(Not(part))
            elif not negated:
                wanted.append(part)
        found = both(*wanted)
        return both(found or Everything(), *unwanted) if unwanted else found

    def _piece(self) -> Node | None:
        if self._took("("):
            return self._bracketed()
        token = self._tokens[self._place]
        self._place += 1
        return self._read(token)

    def _bracketed(self) -> Node | None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _Unreadable("brackets are too deep")
        found = self._any()
        if not self._took(")"):
            raise _Unreadable("a bracket was not closed")
        self._depth -= 1
        return found

    def _read(self, token: re.Match[str]) -> Node | None:
        name, quoted = token["name"], token["named"]
        if name is not None:
            found = _named(name, token["value"] if quoted is None else quoted, quoted=quoted is not None)
            return self._within_room(found) if found else self._within_room(*_loose(token[0]))
        if token["phrase"] is not None:
            return self._within_room(term(Field.ANYWHERE, token["phrase"], Match.PHRASE))
        return self._within_room(*_loose(token[0]))

    def _within_room(self, *found: Node | None) -> Node | None:
        kept = [self._cut(node) for node in found]
        return both(*kept)

    def _cut(self, node: Node | None) -> Node | None:
        if not isinstance(node, Term):
            return node
        taken, whole = node.words[: self._room], len(node.words) <= self._room
        self._room -= len(taken)
        self.cut |= not whole
        return Term(node.field, taken, node.match, prefix=node.prefix and whole) if taken else None


def _named(name: str, value: str, *, quoted: bool) -> Node | None:
    field = _NAMES.get(fold(name).replace(" ", ""))
    return term(field, value, Match.PHRASE if quoted else Match.ALL) if field else None


def _loose(text: str) -> Iterator[Node | None]:
    """Each word of a piece without field or quotes; a valid ISBN is asked for as one."""
    if any(letter.isdigit() for letter in text) and is_isbn(text):
        yield term(Field.ISBN, text)
        return
    found = tuple(words(text))
    for place, word in enumerate(found, 1):
        yield Term(Field.ANYWHERE, (word,), prefix=place == len(found) and text.endswith("*"))


def _plain(text: str) -> Iterator[Node]:
    """The words of a text that has no form, and its phrases: what stands between two quotation marks."""
    pieces = text.split('"')
    room = MAX_WORDS
    for place, piece in enumerate(pieces):
        found = tuple(words(piece))[:room]
        room -= len(found)
        if found and place % 2 == 1 and place < len(pieces) - 1:
            yield Term(Field.ANYWHERE, found, Match.PHRASE)
        else:
            yield from (Term(Field.ANYWHERE, (word,)) for word in found)

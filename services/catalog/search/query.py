"""What is asked of the union, as a tree: the one form that the search box, the API and CQL are read into."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from shared.vietnamese import syllables

MAX_WORDS = 32
"""Of one query; Vietnamese titles of this length are rare, and each word costs time."""


class Field(StrEnum):
    """What can be asked for by name. TEXTS are searched by words, CODES are compared whole, NUMBERS by size."""

    ANYWHERE = "anywhere"
    TITLE = "title"
    AUTHOR = "author"
    SUBJECT = "subject"
    PUBLISHER = "publisher"
    SERIES = "series"
    ISBN = "isbn"
    ISSN = "issn"
    ID = "id"
    LIBRARY = "library"
    CLASS = "class"
    COLLECTION = "collection"
    LANGUAGE = "language"
    FORM = "form"
    ACCESS = "access"
    TOPIC = "topic"
    """One subject heading, exactly as it is written: what a facet of subjects counts."""
    BY = "by"
    """The id of the heading that a creator stands under."""
    ABOUT = "about"
    """The id of the heading that a subject stands under."""
    YEAR = "year"
    ADDED = "added"
    """When the edition came into the union, in whole seconds since 1970."""


TEXTS = frozenset({Field.ANYWHERE, Field.TITLE, Field.AUTHOR, Field.SUBJECT, Field.PUBLISHER, Field.SERIES})
NUMBERS = frozenset({Field.YEAR, Field.ADDED})
CODES = frozenset(Field) - TEXTS - NUMBERS
WHOLE = frozenset({Field.TITLE, Field.AUTHOR, Field.SUBJECT})
"""Texts whose values can also be compared whole."""


class Match(StrEnum):
    """How words must be found. CQL: `all`, `any`, `=` (adjacent), `==` or `exact` (the whole value)."""

    ALL = "all"
    ANY = "any"
    PHRASE = "phrase"
    EXACT = "exact"


class Word(NamedTuple):
    """One syllable in the two forms it is compared by."""

    exact: str
    folded: str


Words = tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """Words of a text field; with `prefix` the last of them is the beginning of a word."""

    field: Field
    words: Words
    match: Match = Match.ALL
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Code:
    """A field compared whole; `value` is in the field's normal form."""

    field: Field
    value: str


@dataclass(frozen=True, slots=True)
class Range:
    """A number from `low` to `high`, both included; None is open."""

    field: Field
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Everything:
    """All that there is."""


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """What does not match `part`."""

    part: Node


@dataclass(frozen=True, slots=True)
class Given:
    """What must hold as well, though nobody looks for it: it counts for no order and is not highlighted."""

    part: Node


Node = Term | Code | Range | Everything | And | Or | Not | Given


class Clause(NamedTuple):
    """Words that stand side by side in what was found; `prefix`: the last is the beginning of a word."""

    words: Words
    prefix: bool = False


@dataclass(frozen=True)
class Query:
    """A tree, or None where nothing was asked. `cut`: what was asked was too long, and its end is left out.

    `marked`: some word was typed with Vietnamese marks.
    """

    root: Node | None
    cut: bool = False

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """Every term that a find may match, without those that must not match."""
        return tuple(_positive(self.root)) if self.root else ()

    @cached_property
    def words(self) -> Words:
        return tuple(word for term in self.terms for word in term.words)

    @cached_property
    def marked(self) -> bool:
        return any(word.exact != word.folded for word in self.words)

    def clauses(self, field: Field = Field.ANYWHERE) -> tuple[Clause, ...]:
        """What of this query can be shown in a text of that field."""
        if field not in self._shown:
            shown = (term for term in self.terms if term.field in {Field.ANYWHERE, field})
            self._shown[field] = tuple(dict.fromkeys(clause for term in shown for clause in clauses_of(term)))
        return self._shown[field]

    @cached_property
    def _shown(self) -> dict[Field, tuple[Clause, ...]]:
        return {}

    def narrowed(self, *filters: Node) -> Query:
        """This query with more that must hold as well."""
        return replace(self, root=both(self.root, *filters)) if filters else self


def words(text: str) -> Iterator[Word]:
    """Yield the words of any text in the forms that documents and queries share."""
    return (Word(found.exact, found.folded) for found in syllables(text))


def both(*parts: Node | None) -> Node | None:
    """All of the parts, said once each; None where there is none."""
    return _joined(And, parts)


def either(*parts: Node | None) -> Node | None:
    """Any of the parts, said once each; None where there is none."""
    return _joined(Or, parts)


def _joined(kind: type[And] | type[Or], parts: Sequence[Node | None]) -> Node | None:
    said: dict[Node, None] = {}
    for part in parts:
        if part is not None:
            said.update(dict.fromkeys(part.parts if isinstance(part, kind) else (part,)))
    return next(iter(said)) if len(said) == 1 else kind(tuple(said)) if said else None


def _positive(node: Node) -> Iterator[Term]:
    match node:
        case Term():
            yield node
        case And() | Or():
            for part in node.parts:
                yield from _positive(part)
        case _:
            return


def clauses_of(term: Term) -> Iterator[Clause]:
    """Which words of a term are sought side by side."""
    if term.match in {Match.PHRASE, Match.EXACT}:
        yield Clause(term.words, term.prefix)
        return
    yield from (Clause((word,)) for word in term.words[:-1])
    yield Clause(term.words[-1:], term.prefix)

"""What a sector catalogue is, and which editions belong to it. No I/O.

The rule: an edition belongs to a catalogue when it answers its query, is held by one of its libraries, and stands in
one of its classes or under one of its subjects; what a catalogue does not name is no condition. Descriptions count, and
not the full texts of digitised documents: so words need a field in which they are to stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cached_property
from typing import Annotated, Self

from pydantic import Field as Limits

from services.catalog.identity import Row
from services.catalog.search import Field, Given, Match, Node, Single, parse, probe_of
from services.catalog.search.parsing import MAX_CHARACTERS
from services.catalog.search.query import MAX_WORDS, And, Not, Or, Term, both, either
from services.catalog.search.terms import term
from shared.events.vocabulary import LibraryId, Value
from shared.web.languages import Language
from shared.web.problems import Problem

SET = "scope"
"""The OAI set in which those of all catalogues lie."""
ScopeId = Annotated[str, Limits(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$")]
Title = Annotated[str, Limits(min_length=1, max_length=200)]
About = Annotated[str, Limits(max_length=2000)]
DeweyClass = Annotated[str, Limits(pattern=r"^\d{3}(\.\d{1,12})?$")]
Subject = Annotated[str, Limits(min_length=1, max_length=200)]


class Definition(Value):
    """How a catalogue is called, in Vietnamese and in English, and what belongs to it."""

    title: Title
    title_en: Title
    about: About = ""
    about_en: About = ""
    query: Annotated[str, Limits(max_length=MAX_CHARACTERS)] = ""
    """In the language of the search box; each word in a field, as nhande:luật or chude:"địa chí"."""
    libraries: Annotated[tuple[LibraryId, ...], Limits(max_length=200)] = ()
    classes: Annotated[tuple[DeweyClass, ...], Limits(max_length=100)] = ()
    """Dewey numbers; what is below one is in it: 340, 959.7."""
    subjects: Annotated[tuple[Subject, ...], Limits(max_length=100)] = ()
    """Words that stand side by side in a subject heading."""


class Scope(Definition):
    """A catalogue. version: raised with each change; pending: its set is still being brought up to its definition."""

    id: ScopeId
    version: int
    changed_at: datetime
    pending: bool = False

    @classmethod
    def of_row(cls, row: Row) -> Self:
        return cls.model_validate({**row, "id": row["_id"]})

    @property
    def spec(self) -> str:
        """The OAI set."""
        return f"{SET}:{self.id}"

    @cached_property
    def node(self) -> Node:
        """What an edition of the catalogue answers."""
        root = _root(self)
        if root is None:
            raise ValueError("a catalogue of everything passed the check")
        return Given(root)

    @cached_property
    def holds(self) -> Callable[[Single], bool]:
        """Whether an edition belongs to it."""
        return probe_of(self.node)

    def name(self, language: Language) -> str:
        return self.title_en if language is Language.ENGLISH else self.title

    def description(self, language: Language) -> str:
        return self.about_en if language is Language.ENGLISH else self.about


def check(definition: Definition) -> None:
    """Raise Problem 422 for a catalogue of everything, of words without a field or too many, of an empty subject."""
    root = _root(definition)
    if root is None:
        raise Problem(422, "scope-of-everything")
    if any(word.field is Field.ANYWHERE for word in _words(root)):
        raise Problem(422, "scope-word-without-field")
    if parse(definition.query).cut:
        raise Problem(422, "scope-query-too-long", words=MAX_WORDS)
    for subject in definition.subjects:
        if term(Field.SUBJECT, subject, Match.PHRASE) is None:
            raise Problem(422, "scope-subject-without-words", subject=subject)


def _root(definition: Definition) -> Node | None:
    libraries = either(*(term(Field.LIBRARY, library) for library in definition.libraries))
    classes = (term(Field.CLASS, number) for number in definition.classes)
    subjects = (term(Field.SUBJECT, subject, Match.PHRASE) for subject in definition.subjects)
    return both(libraries, either(*classes, *subjects), parse(definition.query).root)


def _words(node: Node) -> Iterator[Term]:
    match node:
        case Term():
            yield node
        case And(parts) | Or(parts):
            for part in parts:
                yield from _words(part)
        case Not(part) | Given(part):
            yield from _words(part)
        case _:
            return

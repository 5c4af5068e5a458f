"""What a reader asks: words and quoted phrases, cut down to a size that is always quick to answer."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from shared.vietnamese import syllables

MAX_CHARACTERS = 256
MAX_WORDS = 12

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"'))


class Word(NamedTuple):
    """One syllable in the two forms it is compared by."""

    exact: str
    folded: str


Clause = tuple[Word, ...]


@dataclass(frozen=True)
class Query:
    """Clauses that must all match; a clause of several words is a phrase. `marked`: typed with Vietnamese marks."""

    clauses: tuple[Clause, ...]

    @cached_property
    def words(self) -> Clause:
        return tuple(word for clause in self.clauses for word in clause)

    @cached_property
    def marked(self) -> bool:
        return any(word.exact != word.folded for word in self.words)


def words(text: str) -> Iterator[Word]:
    """Yield the words of any text in the forms that documents and queries share."""
    return (Word(found.exact, found.folded) for found in syllables(text))


def parse(text: str) -> Query:
    """Read a query from any string; never fails. What exceeds MAX_CHARACTERS or MAX_WORDS is left out."""
    shortened = unicodedata.normalize("NFC", text[: 4 * MAX_CHARACTERS])[:MAX_CHARACTERS]
    clauses: list[Clause] = []
    room = MAX_WORDS
    for part, quoted in _parts(shortened.translate(_QUOTES)):
        found = tuple(words(part))[:room]
        room -= len(found)
        clauses += [found] if quoted and found else [(word,) for word in found]
    return Query(tuple(dict.fromkeys(clauses)))


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    """Yield pieces of text, and whether each stood between two quotation marks."""
    pieces = text.split('"')
    for position, piece in enumerate(pieces):
        yield piece, position % 2 == 1 and position < len(pieces) - 1

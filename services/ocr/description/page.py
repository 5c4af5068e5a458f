"""A page as the rules see it: its text and, where known, its words' boxes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, Self


class PlacedWord(Protocol):
    """A word and its box: pixels from the top left of the page's image. A reading's words are such."""

    @property
    def text(self) -> str: ...
    @property
    def x(self) -> int: ...
    @property
    def y(self) -> int: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...


class Reading(Protocol):
    """What a page's reading offers to its description."""

    @property
    def text(self) -> str: ...
    @property
    def words(self) -> Sequence[PlacedWord]: ...


class WordRow(NamedTuple):
    """A word as a manifest's list of words keeps it."""

    text: str
    x: int
    y: int
    width: int
    height: int
    confidence: float = 0.0


@dataclass(frozen=True, slots=True)
class DraftPage:
    """A page of a document, numbered from 1. Without words the text's lines are all that is known of the layout."""

    number: int
    text: str
    words: Sequence[PlacedWord] = field(default=())

    @classmethod
    def of_reading(cls, number: int, reading: Reading) -> Self:
        return cls(number, reading.text, reading.words)

    @classmethod
    def of_rows(cls, number: int, text: str, rows: Iterable[Sequence[object]]) -> Self:
        """From the stored list of words: [text, x, y, width, height, confidence] each."""
        return cls(number, text, tuple(WordRow._make(row[:6]) for row in rows))

"""A page as lines of tokens in reading order; columns that stand side by side are separate lines."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from services.ocr.description.page import DraftPage, PlacedWord
from shared.events.draft import Box, Evidence
from shared.vietnamese import fold

ORNAMENT = re.compile(r"^[\W_]*$")
EMPHASIS = "*#_|"
"""Signs that mark up headings in texts taken from the web; never the first or last letter of a word."""
COLUMN_GAP = 1.6
"""Width of white between two columns, in heights of a letter: a justified line's word spaces stay below one."""
PARAGRAPH_GAP = 1.1
"""White above a line, in heights of a letter, from which it begins a paragraph of its own."""
PUNCTUATION = frozenset("-–—/.,:;&()“”\"'…+")


@dataclass(frozen=True, slots=True)
class Token:
    """A word as it was read, and where."""

    text: str
    page: int
    box: Box | None = None


@dataclass(frozen=True)
class Line:
    """Tokens that were read as one line. apart: white space or a blank line stands above it."""

    tokens: tuple[Token, ...]
    apart: bool = False

    @cached_property
    def text(self) -> str:
        return " ".join(token.text for token in self.tokens)

    @cached_property
    def folded(self) -> str:
        return fold(self.text)

    @cached_property
    def box(self) -> Box | None:
        return around(self.tokens)

    @property
    def page(self) -> int:
        return self.tokens[0].page

    @cached_property
    def capitals(self) -> float:
        """Share of its letters that are capitals."""
        letters = [letter for letter in self.text if letter.isalpha()]
        return sum(letter.isupper() for letter in letters) / len(letters) if letters else 0.0

    @property
    def height(self) -> float:
        """Of its letters, in pixels; 0 where boxes are unknown."""
        return median(token.box.height for token in self.tokens if token.box) if self.box else 0.0


def evidence(tokens: Sequence[Token]) -> tuple[Evidence, ...]:
    """What was read and where, one for each page that the tokens stand on."""
    pages = dict.fromkeys(token.page for token in tokens)
    return tuple(_evidence(page, [token for token in tokens if token.page == page]) for page in pages)


def _evidence(page: int, tokens: Sequence[Token]) -> Evidence:
    quote = " ".join(token.text for token in tokens)
    return Evidence(page=page, quote=quote[:10_000], box=around(tokens))


def around(tokens: Sequence[Token]) -> Box | None:
    """The box around all of them; None where none has one."""
    boxes = [token.box for token in tokens if token.box]
    if not boxes:
        return None
    x, y = min(box.x for box in boxes), min(box.y for box in boxes)
    right, bottom = max(box.x + box.width for box in boxes), max(box.y + box.height for box in boxes)
    return Box(x=x, y=y, width=right - x, height=bottom - y)


def lines_of(page: DraftPage) -> tuple[Line, ...]:
    """By word boxes where there are any, else by the text's own lines."""
    return tuple(_by_boxes(page) if page.words else _by_text(page))


def _by_text(page: DraftPage) -> Iterator[Line]:
    apart = False
    for line in unicodedata.normalize("NFC", page.text).splitlines():
        words = [word.strip(EMPHASIS) for word in line.split()]
        tokens = tuple(Token(word, page.number) for word in words if meaningful(word))
        if tokens:
            yield Line(tokens, apart)
        apart = not tokens


def meaningful(word: str) -> bool:
    """Rules drawn under headings are read as rows of dashes; single punctuation marks belong to the text."""
    return bool(word) and (word in PUNCTUATION or not ORNAMENT.match(word))


def _by_boxes(page: DraftPage) -> Iterator[Line]:
    above: PlacedWord | None = None
    for row in rows(page.words):
        height = median(word.height for word in row)
        white = row[0].y - (above.y + above.height) if above else 0
        apart = white > PARAGRAPH_GAP * height
        for cell in cells(row, COLUMN_GAP * height):
            tokens = tuple(_token(word, page.number) for word in cell if meaningful(word.text.strip(EMPHASIS)))
            if tokens:
                yield Line(tokens, apart)
        above = max(row, key=lambda word: word.y + word.height)


def _token(word: PlacedWord, page: int) -> Token:
    box = Box(x=max(0, word.x), y=max(0, word.y), width=max(1, word.width), height=max(1, word.height))
    return Token(unicodedata.normalize("NFC", word.text.strip(EMPHASIS)), page, box)


def rows(words: Sequence[PlacedWord]) -> list[list[PlacedWord]]:
    """Words at one height of the page, from the left; a word joins the row that its middle falls into."""
    found: list[list[PlacedWord]] = []
    for word in sorted(words, key=lambda word: word.y + word.height / 2):
        middle = word.y + word.height / 2
        row = found[-1] if found else None
        if row and any(other.y <= middle <= other.y + other.height for other in row[-3:]):
            row.append(word)
        else:
            found.append([word])
    return [sorted(row, key=lambda word: word.x) for row in found]


def cells(row: Sequence[PlacedWord], gap: float) -> Iterator[list[PlacedWord]]:
    """The row cut where the white between two words is as wide as between columns."""
    cell = [row[0]]
    for word in row[1:]:
        if word.x - (cell[-1].x + cell[-1].width) > gap:
            yield cell
            cell = []
        cell.append(word)
    yield cell

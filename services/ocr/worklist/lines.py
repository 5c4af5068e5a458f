"""A page's words in their lines, which of them are doubtful, and what becomes of their boxes when a person corrects a
line; no I/O.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from xml.etree import ElementTree as ET

from services.ocr.reading.engine import Region, Word
from services.ocr.reading.writers import bounds

CERTAIN = 100.0
"""The confidence of a word that a person wrote."""
_BOX = re.compile(r"bbox (\d+) (\d+) (\d+) (\d+)")
_CONFIDENCE = re.compile(r"x_wconf (\d+)")


@dataclass(frozen=True)
class Line:
    """Words that stand in one line. `number` counts from 1 on the page."""

    number: int
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def box(self) -> tuple[int, int, int, int]:
        """x, y, width, height in pixels of the page."""
        return bounds(list(self.words))


def words_of(hocr: bytes) -> tuple[Word, ...]:
    """The words of an hOCR page that this service wrote, with block and line numbers counted from 1.

    Raises ValueError where it is no such page.
    """
    try:
        root = ET.fromstring(hocr)  # noqa: S314 - written by this service, from text that it escaped
    except ET.ParseError as error:
        raise ValueError(str(error)) from error
    return tuple(_words(root))


def _words(root: ET.Element) -> Iterator[Word]:
    line = 0
    for block, area in enumerate(_of_class(root, "ocr_carea"), start=1):
        for row in _of_class(area, "ocr_line"):
            line += 1
            yield from (_word(word, block, line) for word in _of_class(row, "ocrx_word"))


def _of_class(element: ET.Element, name: str) -> list[ET.Element]:
    return [child for child in element.iter() if child.get("class") == name]


def _word(element: ET.Element, block: int, line: int) -> Word:
    title = element.get("title", "")
    box, confidence = _BOX.search(title), _CONFIDENCE.search(title)
    if box is None:
        raise ValueError(f"a word without a box: {title}")
    left, top, right, bottom = map(int, box.groups())
    return Word(
        text="".join(element.itertext()),
        x=left,
        y=top,
        width=max(1, right - left),
        height=max(1, bottom - top),
        confidence=float(confidence[1]) if confidence else 0.0,
        block=block,
        line=line,
    )


def lines_of(words: Sequence[Word]) -> tuple[Line, ...]:
    """The words gathered by line, in reading order."""
    return tuple(Line(number, tuple(members)) for number, members in groupby(words, key=lambda word: word.line))


def text_of(words: Sequence[Word]) -> str:
    """The page's text: a line each, an empty line between blocks."""
    blocks = groupby(words, key=lambda word: word.block)
    return "\n\n".join("\n".join(line.text for line in lines_of(list(members))) for _, members in blocks)


def corrected(words: Sequence[Word], changes: Mapping[int, str]) -> tuple[Word, ...]:
    """The words after a person gave lines another text: line number -> text, empty where there is nothing to read.

    Words that stay keep box and confidence. Raises KeyError for a line that the page does not have.
    """
    lines = {line.number: line for line in lines_of(words)}
    renewed = {number: _retold(lines[number], _tokens(text)) for number, text in changes.items()}
    return tuple(word for number, line in lines.items() for word in renewed.get(number, line.words))


def changed_lines(words: Sequence[Word], sent: Mapping[int, str]) -> dict[int, str]:
    """Of the lines that a person sent, those that say something else now, cleaned: NFC, nothing but what prints.

    Raises KeyError for a line that the page does not have.
    """
    lines = {line.number: line.text for line in lines_of(words)}
    cleaned = {number: " ".join(_tokens(text)) for number, text in sent.items()}
    return {number: text for number, text in cleaned.items() if text != " ".join(_tokens(lines[number]))}


def retold(text: str, words: Sequence[Word], changes: Mapping[int, str]) -> str:
    """The page's text with lines changed in place, so that its layout stays; told anew by the words where a changed
    line cannot be found in it.
    """
    rows = text.split("\n")
    lines = {line.number: line.text for line in lines_of(words)}
    for number, change in changes.items():
        places = [place for place, row in enumerate(rows) if row.split() == lines[number].split()]
        if len(places) != 1:
            return text_of(corrected(words, changes))
        rows[places[0]] = change
    return "\n".join(rows)


def regions_of(before: Sequence[Word], after: Sequence[Word], regions: Sequence[Region]) -> tuple[Region, ...]:
    """The page's regions over the words after a correction: a word is where its line was."""
    place = {before[index].line: number for number, region in enumerate(regions) for index in region.words}
    members = [[index for index, word in enumerate(after) if place.get(word.line) == n] for n in range(len(regions))]
    pairs = zip(regions, members, strict=True)
    return tuple(region.model_copy(update={"words": tuple(own)}) for region, own in pairs if own)


def _tokens(text: str) -> list[str]:
    printable = "".join(letter if letter.isprintable() else " " for letter in unicodedata.normalize("NFC", text))
    return printable.split()


def _retold(line: Line, tokens: list[str]) -> tuple[Word, ...]:
    said = [word.text for word in line.words]
    told: list[Word] = []
    for kind, i, j, k, m in SequenceMatcher(None, said, tokens, autojunk=False).get_opcodes():
        told += line.words[i:j] if kind == "equal" else _placed(line, i, j, tokens[k:m])
    return tuple(told)


def _placed(line: Line, first: int, end: int, tokens: list[str]) -> list[Word]:
    """The tokens in the room of words [first:end]: each in its own where the numbers agree, else side by side."""
    old = line.words[first:end]
    if len(old) == len(tokens):
        return [_told(word, token) for word, token in zip(old, tokens, strict=True)]
    x, y, width, height = bounds(list(old)) if old else _gap(line, first)
    letters = sum(len(token) for token in tokens)
    told, passed = [], 0
    for token in tokens:
        left, right = x + width * passed // letters, x + width * (passed + len(token)) // letters
        box = {"x": left, "y": y, "width": max(1, right - left), "height": height}
        told.append(_told(line.words[0].model_copy(update=box), token))
        passed += len(token)
    return told


def _told(word: Word, token: str) -> Word:
    return word.model_copy(update={"text": token, "confidence": CERTAIN})


def _gap(line: Line, place: int) -> tuple[int, int, int, int]:
    """The room between two words of a line, where a person put one that the engine had left out."""
    x, y, width, height = line.box
    left = line.words[place - 1].x + line.words[place - 1].width if place else x
    right = line.words[place].x if place < len(line.words) else x + width
    return left, y, max(1, right - left), height

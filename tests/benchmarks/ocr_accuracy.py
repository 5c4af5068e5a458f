"""How much of a true text a reading got right: characters, marks, words, order of lines."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from shared.vietnamese import fold

SURE_MATCH = 80
LONG_LINE = 20


@dataclass(frozen=True)
class Score:
    """edits, mark_edits: of characters (Levenshtein), the second those that change only a letter's marks.
    unordered_edits: as if every true line stood in its place: what is left are misread characters, not a wrong order.
    word_edits: of words. in_order: share of true lines found after the line before them.
    """

    characters: int
    edits: int
    mark_edits: int
    unordered_edits: int
    words: int
    word_edits: int
    in_order: float

    @property
    def cer(self) -> float:
        return self.edits / max(1, self.characters)


def score(truths: Sequence[str], reading: str) -> Score:
    """Against the right order that is nearest to the reading. NFC, any white space as one blank."""
    read = folded(reading)
    true, text = min(((folded(text), text) for text in truths), key=lambda pair: Levenshtein.distance(pair[0], read))
    edits = Levenshtein.editops(true, read)
    marks = [edit for edit in edits if edit.tag == "replace" and only_marks(true[edit.src_pos], read[edit.dest_pos])]
    return Score(
        characters=len(true),
        edits=len(edits),
        mark_edits=len(marks),
        unordered_edits=min(len(edits), unordered_edits(text, read)),
        words=len(true.split()),
        word_edits=Levenshtein.distance(true.split(), read.split()),
        in_order=round(lines_in_order(text, read), 3),
    )


def folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def only_marks(one: str, other: str) -> bool:
    return one.isalpha() and fold(one) == fold(other)


def unordered_edits(truth: str, read: str) -> int:
    """Each true line against the part of the reading that is most like it, and what the reading has too much."""
    lines = [line for line in map(folded, truth.splitlines()) if line]
    return sum(edits_within(line, read) for line in lines) + max(0, len(read) - len(folded(truth)))


def edits_within(line: str, read: str) -> int:
    """Levenshtein's distance to the nearest part of `read` (Sellers' algorithm)."""
    letters = np.array([ord(letter) for letter in read], np.int64)
    places = np.arange(len(read) + 1)
    distances = np.zeros(len(read) + 1, np.int64)
    for row, letter in enumerate(line, start=1):
        best = np.minimum(distances[1:] + 1, distances[:-1] + (letters != ord(letter)))
        distances = np.minimum.accumulate(np.concatenate(([row], best)) - places) + places
    return int(distances.min())


def lines_in_order(truth: str, read: str) -> float:
    """Of the true lines that the reading has and that are like no other: how many stand after the one before them."""
    rows = [row for row in map(folded, truth.splitlines()) if row]
    lines = [
        row for place, row in enumerate(rows) if len(row) >= LONG_LINE and alone(row, rows[:place], rows[place + 1 :])
    ]
    matches = [fuzz.partial_ratio_alignment(line, read, score_cutoff=SURE_MATCH) for line in lines]
    places = [match.dest_start for match in matches if match is not None]
    pairs = list(pairwise(places))
    return sum(before < after for before, after in pairs) / len(pairs) if pairs else 1.0


def alone(line: str, before: list[str], after: list[str]) -> bool:
    return fuzz.partial_ratio(line, f"{' '.join(before)}  {' '.join(after)}", score_cutoff=SURE_MATCH) == 0

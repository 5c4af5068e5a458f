"""Show where a query matches: spans over the text as it was written, and the passage of a long text worth showing."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from services.catalog.search.query import Clause, Field, Query, Word
from shared.vietnamese import Syllable, fold_aligned, normalise, syllables

PASSAGE_CHARACTERS = 260
LEAD_CHARACTERS = 60  # what stands before the first match, for the reader to catch the sentence
SHOWN_CHARACTERS = PASSAGE_CHARACTERS - LEAD_CHARACTERS
MAX_OCCURRENCES = 8  # of each needle; more would cost time and rarely change the choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Highlighted:
    """A text and the spans of it that match: (start, end) in code points, in order, never touching one another."""

    text: str
    spans: tuple[tuple[int, int], ...] = ()

    def parts(self) -> Iterator[tuple[str, bool]]:
        """Yield the text in pieces with whether each is a match; the pieces joined are the text."""
        position = 0
        for start, end in self.spans:
            yield self.text[position:start], False
            yield self.text[start:end], True
            position = end
        yield self.text[position:], False


def highlight(text: str, query: Query, field: Field = Field.ANYWHERE) -> Highlighted:
    """Mark each place of a text of `field` where a clause matches; neighbours with only space between are one.

    A clause that was typed with marks matches what is written with them, and in other spellings only where none is.
    """
    found = list(syllables(text))
    at: defaultdict[str, list[int]] = defaultdict(list)
    for position, syllable in enumerate(found):
        at[syllable.folded].append(position)
    spans = (
        (found[position].start, found[position + len(clause.words) - 1].end)
        for clause in query.clauses(field)
        for position in _matches(clause, found, at)
    )
    return Highlighted(text=text, spans=tuple(_merged(text, sorted(spans))))


def _matches(clause: Clause, found: Sequence[Syllable], at: Mapping[str, Sequence[int]]) -> Sequence[int]:
    """Positions of the first word: those with the typed marks, or else all."""
    only_prefix = clause.prefix and len(clause.words) == 1
    starts = range(len(found)) if only_prefix else at.get(clause.words[0].folded, ())
    folded = [position for position in starts if _stands(clause, found, position, "folded")]
    if all(word.exact == word.folded for word in clause.words):
        return folded
    return [position for position in folded if _stands(clause, found, position, "exact")] or folded


def _stands(clause: Clause, found: Sequence[Syllable], position: int, form: Literal["exact", "folded"]) -> bool:
    written = [getattr(syllable, form) for syllable in found[position : position + len(clause.words)]]
    wanted = [getattr(word, form) for word in clause.words]
    if clause.prefix and len(written) == len(wanted) and written[-1].startswith(wanted[-1]):
        return bool(written[:-1] == wanted[:-1])
    return written == wanted


def _merged(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    if not spans:
        return
    start, end = spans[0]
    for next_start, next_end in spans[1:]:
        if next_start <= end or text[end:next_start].isspace():
            end = max(end, next_end)
        else:
            yield start, end
            start, end = next_start, next_end
    yield start, end


class _Needle(NamedTuple):
    folded: str
    exact: str


class _Occurrence(NamedTuple):
    position: int
    needle: str
    weight: int


class Passages:
    """A text prepared so that the best passage for a query is found quickly, however long the text is.

    `text` is NFC; `aligned` is `align(text)`, kept by whoever keeps the text because it is slow to make.
    """

    def __init__(self, text: str, aligned: str) -> None:
        self._text = text
        self._aligned = aligned

    @staticmethod
    def align(text: str) -> str:
        """Return the folded text between two spaces, so that every word of it has a space on either side."""
        return f" {fold_aligned(text)} "

    def best(self, query: Query) -> Highlighted:
        """Return the passage that holds most of the query; the beginning of the text when it holds none."""
        occurrences = sorted(
            found for needle in _needles(query.clauses()) for found in self._occurrences(needle, query)
        )
        return highlight(self._cut(_densest(occurrences)), query)

    def _occurrences(self, needle: _Needle, query: Query) -> Iterator[_Occurrence]:
        padded = needle.folded.startswith(" ")
        position = -1
        for _ in range(MAX_OCCURRENCES):
            position = self._aligned.find(needle.folded, position + 1)
            if position < 0:
                return
            start = position if padded else position - 1  # the text begins one space into the aligned text
            written = self._text[start : start + len(needle.folded.strip())]
            is_exact = query.marked and normalise(written) == needle.exact
            yield _Occurrence(start, needle.folded, 2 if is_exact else 1)

    def _cut(self, position: int) -> str:
        start = self._boundary_after(max(0, position - LEAD_CHARACTERS), position)
        end = self._boundary_before(start + PASSAGE_CHARACTERS, start)
        before, after = "… " if start > 0 else "", " …" if end < len(self._text) else ""
        return f"{before}{' '.join(self._text[start:end].split())}{after}"

    def _boundary_after(self, position: int, limit: int) -> int:
        space = self._aligned.find(" ", position, limit) if position else 0
        return position if space < 0 else space

    def _boundary_before(self, position: int, limit: int) -> int:
        if position >= len(self._text):
            return len(self._text)
        space = self._aligned.rfind(" ", limit + PASSAGE_CHARACTERS // 2, position + 2)
        return position if space < 0 else space - 1


def _needles(clauses: Sequence[Clause]) -> set[_Needle]:
    """The word runs worth finding: each word, each two neighbours, the whole."""
    words = [word for clause in clauses for word in clause.words]
    runs = {
        _Needle(_spaced(run), " ".join(word.exact for word in run))
        for length in {1, 2, len(words)}
        for start in range(len(words) - length + 1)
        if (run := words[start : start + length])
    }
    begun = (clause.words[-1] for clause in clauses if clause.prefix)
    return runs | {_Needle(f" {word.folded}", word.exact) for word in begun}


def _spaced(run: Sequence[Word]) -> str:
    """Write a run as aligned text has it: spaces around words, none around ideographs, which are written together."""
    written = "".join(word.folded if _is_ideograph(word.folded) else f" {word.folded} " for word in run)
    return written.replace("  ", " ")


def _is_ideograph(word: str) -> bool:
    return len(word) == 1 and word >= "\u3400"


def _densest(occurrences: Sequence[_Occurrence]) -> int:
    """Return the start of the stretch, as long as a passage, with the most different needles in it."""
    best_position, best_worth, end = 0, 0, 0
    for first, start in enumerate(occurrences):
        while end < len(occurrences) and occurrences[end].position < start.position + SHOWN_CHARACTERS:
            end += 1
        worth: dict[str, int] = {}
        for found in occurrences[first:end]:
            worth[found.needle] = max(worth.get(found.needle, 0), found.weight)
        if (total := sum(worth.values())) > best_worth:
            best_position, best_worth = start.position, total
    return best_position

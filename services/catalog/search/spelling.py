"""Did you mean: what finds little, read again as keystrokes, as words run together, as words with a slip in them.

Every word offered is the index's own; of the readings that find more, the one nearest to what was typed is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product

import tantivy
from rapidfuzz import process
from rapidfuzz.distance import OSA

from services.catalog.search.compiling import Compiler
from services.catalog.search.entry import Kept
from services.catalog.search.keystrokes import readings
from services.catalog.search.parsing import parse
from services.catalog.search.query import Field, Word, words
from services.catalog.search.schema import TEXT_COLUMNS, kept_of
from shared.vietnamese import Syllable, fold, syllables

KNOWN_WORDS = 60_000
"""The most frequent words, among which slips are looked for."""
REGROWN = 1.2
"""How much larger an index must be for its words to be gathered anew."""
MAX_DOUBTED = 6
READINGS_KEPT = 4
COMBINATIONS = 64
CLEARLY_MORE = 5
"""How many times as much a reading must find, where what was typed finds something."""
SHORT = 4
"""Letters of a word that may have one slip; a longer one may have two, a word below MIN_WORD none."""
MIN_WORD = 3

KEYSTROKES, SPLIT, SLIP = 0.5, 1.0, 1.0
"""How far each kind of reading is from what was typed; a slip counts once for each letter."""

_COLUMN = TEXT_COLUMNS[Field.ANYWHERE]


@dataclass(frozen=True, slots=True)
class _Reading:
    """A word or two in place of one; `written` as it is to be shown, None where the index is to say."""

    words: tuple[str, ...]
    distance: float
    frequency: int
    written: str | None = None


class Spelling:
    """Remembers the index's frequent words between two corrections."""

    def __init__(self, schema: tantivy.Schema) -> None:
        self._schema = schema
        self._known: list[str] = []
        self._gathered_at = 0

    def correct(self, text: str, searcher: tantivy.Searcher) -> str | None:
        """See SearchEngine."""
        asked = parse(text)
        meant = {word.exact for word in asked.words}
        shown = [found for found in syllables(text) if found.exact in meant and text[found.end : found.end + 1] != ":"]
        doubted = [found for found in shown if not searcher.doc_freq(_COLUMN, found.folded)]
        if not shown or asked.root is None or len(doubted) > MAX_DOUBTED:
            return None
        finds = _counter(self._schema, searcher)
        enough = max(1, CLEARLY_MORE * finds(text))
        choices = [self._readings(found, searcher, doubted=found in doubted) for found in shown]
        best: tuple[float, int, str] | None = None
        for chosen in islice(product(*choices), COMBINATIONS):
            again = _rewritten(text, shown, chosen)
            distance = sum(reading.distance for reading in chosen)
            if distance and (best is None or distance <= best[0]) and (found := finds(again)) >= enough:
                best = min(best or (distance, -found, again), (distance, -found, again))
        return self._with_marks(best[2], searcher) if best else None

    def _readings(self, found: Syllable, searcher: tantivy.Searcher, *, doubted: bool) -> list[_Reading]:
        """What a word may be, nearest first; what nobody doubts is itself."""
        itself = _Reading((found.folded,), 0.0, searcher.doc_freq(_COLUMN, found.folded), found.exact)
        others = [*self._keystrokes(found, searcher)]
        if doubted:
            others += [*self._split(found.folded, searcher), *self._slips(found.folded, searcher)]
        nearest = sorted(others, key=lambda reading: (reading.distance, -reading.frequency))[:READINGS_KEPT]
        return nearest if doubted and nearest else [itself, *nearest]

    def _keystrokes(self, found: Syllable, searcher: tantivy.Searcher) -> Iterator[_Reading]:
        for made in readings(found.exact):
            folded = fold(made)
            if frequency := searcher.doc_freq(_COLUMN, folded):
                yield _Reading((folded,), KEYSTROKES, frequency, made)

    def _split(self, folded: str, searcher: tantivy.Searcher) -> Iterator[_Reading]:
        for place in range(2, len(folded) - 1):
            parts = (folded[:place], folded[place:])
            if frequency := min(searcher.doc_freq(_COLUMN, part) for part in parts):
                yield _Reading(parts, SPLIT, frequency)

    def _slips(self, folded: str, searcher: tantivy.Searcher) -> Iterator[_Reading]:
        if len(folded) < MIN_WORD:
            return
        cutoff = 1 if len(folded) <= SHORT else 2
        near = process.extract(
            folded, self._words(searcher), scorer=OSA.distance, score_cutoff=cutoff, limit=3 * READINGS_KEPT
        )
        for word, distance, _ in near:
            yield _Reading((word,), SLIP * distance, searcher.doc_freq(_COLUMN, word))

    def _words(self, searcher: tantivy.Searcher) -> list[str]:
        if searcher.num_docs > REGROWN * self._gathered_at:
            self._known = [word for word, _ in searcher.terms_with_prefix(_COLUMN, "", limit=KNOWN_WORDS)]
            self._gathered_at = searcher.num_docs
        return self._known

    def _with_marks(self, text: str, searcher: tantivy.Searcher) -> str:
        """The words as the best hit writes them."""
        asked = parse(text)
        if asked.root is None:
            return text
        compiled = Compiler(self._schema, searcher).scored(asked, asked.root)
        _, address = searcher.search(compiled, 1, count=False).hits[0]
        return _respelled(text, list(_words_of(kept_of(searcher.doc(address)))))


def _counter(schema: tantivy.Schema, searcher: tantivy.Searcher) -> Callable[[str], int]:
    compiler = Compiler(schema, searcher)

    def finds(text: str) -> int:
        root = parse(text).root
        if root is None:
            return 0
        result = searcher.search(compiler.matching(root), 1)
        return int(result.count)  # type: ignore[attr-defined]  # missing from the stubs of 0.27

    return finds


def _rewritten(text: str, shown: Sequence[Syllable], chosen: Sequence[_Reading]) -> str:
    pieces: list[str] = []
    end = 0
    for found, reading in zip(shown, chosen, strict=True):
        pieces += [text[end : found.start], reading.written or " ".join(reading.words)]
        end = found.end
    return "".join([*pieces, text[end:]])


def _respelled(text: str, written: Sequence[Word]) -> str:
    as_they_are = {word.exact for word in written}
    by_folded = {word.folded: word.exact for word in written}
    pieces: list[str] = []
    end = 0
    for found in syllables(text):
        as_typed = text[found.start : found.end]
        kept = found.exact in as_they_are
        pieces += [text[end : found.start], as_typed if kept else by_folded.get(found.folded, as_typed)]
        end = found.end
    return "".join([*pieces, text[end:]])


def _words_of(entry: Kept) -> Iterator[Word]:
    """The words of what describes it; the title's last, for they are to count."""
    for text in (entry.summary, *entry.subjects, *entry.creators, entry.title):
        yield from words(text)

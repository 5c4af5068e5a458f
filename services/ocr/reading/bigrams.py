"""How often Vietnamese syllables follow each other: counts of pairs, and the command that makes them from texts.

`python -m services.ocr.reading.bigrams TEXTS… --out FILE` counts .txt, .html and .json.gz files (data/README.md says
which).
"""

import argparse
import gzip
import html
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np

from shared.vietnamese import normalise
from shared.vietnamese.orthography import is_syllable

DATA = Path(__file__).with_name("data") / "bigrams.npz"
LEAST_PAIRS = 2
LEAST_SYLLABLES = 2
BACKING_OFF = 8.0
"""How many pairs a syllable must have been seen in before its own pairs weigh more than the general frequency."""
UNSEEN = 0.05
RUN = re.compile(r"[^\W\d_]+(?: [^\W\d_]+)*")
"""Words with nothing but blanks between them."""
TAG = re.compile(r"<(script|style).*?</\1>|<[^>]*>", re.DOTALL)


class Bigrams:
    """Counts of syllables (lower case, the tone in its older place) and of pairs of them."""

    def __init__(self, syllables: dict[str, int], pairs: dict[tuple[str, str], int]) -> None:
        self._syllables = syllables
        self._pairs = pairs
        self._total = sum(syllables.values())

    def seen(self, before: str, syllable: str) -> int:
        """How often the two stood side by side, in this order."""
        return self._pairs.get((before, syllable), 0)

    def log(self, syllable: str, before: str | None = None) -> float:
        """Natural logarithm of the syllable's probability, after another one where that is known."""
        alone = (self._syllables.get(syllable, 0) + UNSEEN) / (self._total + UNSEEN * len(self._syllables))
        if before is None:
            return math.log(alone)
        together = self._pairs.get((before, syllable), 0)
        return math.log((together + BACKING_OFF * alone) / (self._syllables.get(before, 0) + BACKING_OFF))

    def save(self, file: Path) -> None:
        names = sorted(self._syllables)
        places = {name: place for place, name in enumerate(names)}
        pairs = sorted((places[one], places[two], count) for (one, two), count in self._pairs.items())
        table = np.array(pairs, np.uint32).reshape(-1, 3)
        np.savez_compressed(
            file,
            names=np.frombuffer(" ".join(names).encode(), np.uint8),
            counts=np.array([self._syllables[name] for name in names], np.uint32),
            firsts=np.bincount(table[:, 0], minlength=len(names)).astype(np.uint16),
            seconds=table[:, 1].astype(np.uint16),
            pairs=np.minimum(table[:, 2], 65535).astype(np.uint16),
        )


@cache
def bigrams(file: Path = DATA) -> Bigrams:
    with np.load(file) as data:
        names = data["names"].tobytes().decode().split(" ")
        syllables = dict(zip(names, data["counts"].tolist(), strict=True))
        firsts = np.repeat(np.arange(len(names)), data["firsts"]).tolist()
        rows = zip(firsts, data["seconds"].tolist(), data["pairs"].tolist(), strict=True)
        return Bigrams(syllables, {(names[one], names[two]): count for one, two, count in rows})


def counted(texts: Iterable[str]) -> Bigrams:
    """Only pairs whose words are spelled as syllables, with nothing but a blank between them."""
    syllables: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for text in texts:
        for run in RUN.findall(normalise(text)):
            words = [word if is_syllable(word) else None for word in run.split(" ")]
            syllables.update(word for word in words if word)
            pairs.update((one, two) for one, two in pairwise(words) if one and two)
    kept = {syllable: count for syllable, count in syllables.items() if count >= LEAST_SYLLABLES}
    known = {pair: count for pair, count in pairs.items() if count >= LEAST_PAIRS and kept.keys() >= set(pair)}
    return Bigrams(kept, known)


def texts(paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        if path.is_dir():
            yield from texts(sorted(path.iterdir()))
        elif path.name.endswith(".json.gz"):
            yield json.loads(gzip.decompress(path.read_bytes()))["raw_text"]
        elif path.suffix == ".html":
            yield html.unescape(TAG.sub("\n", path.read_text("utf-8")))
        elif path.suffix == ".txt":
            yield path.read_text("utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("texts", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, default=DATA)
    arguments = parser.parse_args()
    counted(texts(arguments.texts)).save(arguments.out)


if __name__ == "__main__":
    main()

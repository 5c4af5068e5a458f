"""Generated editions for measuring search: distinct, with words, names and subjects as unevenly spread as in life."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from services.catalog.search import Holder, SearchEntry
from shared.vietnamese.orthography import BASES, STOPS

SEED = 20_261_122
TONES = ("", "\u0300", "\u0301", "\u0309", "\u0303", "\u0323")
FAMILY = (
    *("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng"),
    *("Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý", "Đinh", "Trịnh", "Mai", "Đào"),
)
FAMILY_WEIGHTS = (38, 12, 10, 7, 5, 5, 4, 4, 3, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1)
LIBRARIES = 60
SUBJECTS = 20_000
PUBLISHERS = 400
WORDS = 30_000
"""Syllables and words of other languages; a real union of 10^5 editions has 10^5 of them, most of them once."""
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


class Editions:
    """Editions by number: the same seed gives the same ones."""

    def __init__(self, seed: int = SEED) -> None:
        self._seed = seed
        self._chance = random.Random(seed)
        self._words = self._vocabulary()
        self._weights = list(accumulate(1 / (rank + 12) for rank in range(len(self._words))))
        self._subjects = [self._phrase(2, 4) for _ in range(SUBJECTS)]
        self._subject_weights = list(accumulate(1 / (rank + 8) for rank in range(SUBJECTS)))
        self._publishers = [f"Nxb {self._phrase(1, 2)}" for _ in range(PUBLISHERS)]

    def make(self, count: int, first: int = 0) -> Iterator[SearchEntry]:
        """`count` editions from number `first` on, other ones for each `first`."""
        chance = self._chance
        if first:
            chance.seed(f"{self._seed} {first}")
        for number in range(first, first + count):
            holders = chance.sample(range(LIBRARIES), k=min(1 + int(chance.expovariate(1.2)), 8))
            yield SearchEntry(
                id=f"c-{number:024x}",
                version=1,
                title=self._phrase(4, 11).capitalize(),
                creators=tuple(self._name() for _ in range(1 + (chance.random() < 0.2))),
                subjects=tuple(chance.choices(self._subjects, cum_weights=self._subject_weights, k=2)),
                publishers=(chance.choice(self._publishers),),
                year=2025 - int(chance.expovariate(0.05)),
                extent=f"{chance.randrange(40, 900)} tr.",
                language=chance.choices(("vi", "en", "fr", "ru", "zh"), (70, 20, 4, 4, 2))[0],
                form=chance.choices(("text", "serial", "map", "sound"), (92, 5, 2, 1))[0],
                isbns=(f"978604{number % 10**7:07d}",),
                classes=(f"{chance.randrange(1000):03d}.{chance.randrange(1, 1000)}",),
                libraries=tuple(Holder(library=f"thu-vien-{one}") for one in holders),
                added_at=BEGAN + timedelta(seconds=number),
            )

    def _phrase(self, fewest: int, most: int) -> str:
        count = self._chance.randint(fewest, most)
        return " ".join(self._chance.choices(self._words, cum_weights=self._weights, k=count))

    def _name(self) -> str:
        family = self._chance.choices(FAMILY, FAMILY_WEIGHTS)[0]
        return f"{family} {self._phrase(1, 2).title()}"

    def _vocabulary(self) -> list[str]:
        syllables = [base for base in sorted(BASES) if not base.endswith(STOPS)]
        words = [f"{base}{tone}" for base in syllables for tone in TONES][: WORDS // 2]
        self._chance.shuffle(words)
        foreign = ["".join(self._chance.sample(syllables, 2)) for _ in range(WORDS - len(words))]
        return words + foreign

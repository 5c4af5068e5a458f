"""The labelled sets: who typed what, which pairs are one edition, and which others are easily taken for it."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import pymarc

from tests.editions.blind import desks_for
from tests.editions.sealed import fitting
from tests.editions.typists import Typist, libraries
from tests.editions.works import BLIND, SEALED, editions

SETS = ("tuned", "held_out", "unseen", SEALED, BLIND)
TIMES = (2, 3, 3, 4, 4, 5)
"""How often an edition is typed."""
TIMES_SEALED = (1, 2, 3, 3, 4, 4)
TIMES_BLIND = (1, 1, 1, 2, 2, 2, 3, 3, 4, 6)
"""Most books stand in few libraries, some in many."""


@dataclass(frozen=True)
class Labelled:
    """One description; equal `edition` means one edition, equal `family` means easily confused."""

    id: str
    edition: str
    family: str
    library: str
    record: pymarc.Record


@dataclass(frozen=True)
class LabelledPair:
    left: Labelled
    right: Labelled

    @property
    def same(self) -> bool:
        return self.left.edition == self.right.edition


@cache
def descriptions(which: str) -> tuple[Labelled, ...]:
    """Of one of SETS, always the same."""
    return tuple(_typed(which))


def _typed(which: str) -> Iterator[Labelled]:
    if which == SEALED:
        yield from _sealed()
        return
    if which == BLIND:
        yield from _blind()
        return
    for edition in editions(which):
        chance = random.Random(f"typed/{edition.name}")
        chosen = chance.sample(libraries(which), chance.choice(TIMES))
        for library in chosen:
            record = Typist(edition, library).record()
            yield Labelled(f"{edition.name}/{library.name}", edition.name, edition.family, library.name, record)


def _sealed() -> Iterator[Labelled]:
    for edition in editions(SEALED):
        chance = random.Random(f"typed/{edition.name}")
        hands = fitting(edition)
        for hand in chance.sample(hands, min(len(hands), chance.choice(TIMES_SEALED))):
            library = hand.__name__
            yield Labelled(f"{edition.name}/{library}", edition.name, edition.family, library, hand(edition).record())


def _blind() -> Iterator[Labelled]:
    for edition in editions(BLIND):
        chance = random.Random(f"typed/{edition.name}")
        for desk in desks_for(edition, chance.choice(TIMES_BLIND), chance):
            library = desk.__name__
            yield Labelled(f"{edition.name}/{library}", edition.name, edition.family, library, desk(edition).record())


@cache
def pairs(which: str) -> tuple[LabelledPair, ...]:
    """Every pair within a family: all pairs of one edition, and as hard negatives all pairs of its look-alikes."""
    return tuple(
        LabelledPair(left, right) for left, right in combinations(descriptions(which), 2) if left.family == right.family
    )


def fingerprint(which: str) -> dict[str, object]:
    """Counts, and the SHA-256 of all descriptions with their labels."""
    digest = hashlib.sha256()
    for each in descriptions(which):
        line = json.dumps(
            [each.id, each.edition, each.family, each.record.as_dict()], ensure_ascii=False, sort_keys=True
        )
        digest.update(line.encode() + b"\n")
    labelled = pairs(which)
    return {
        "editions": len({each.edition for each in descriptions(which)}),
        "families": len({each.family for each in descriptions(which)}),
        "descriptions": len(descriptions(which)),
        "pairs_of_one_edition": sum(pair.same for pair in labelled),
        "pairs_of_look_alikes": sum(not pair.same for pair in labelled),
        "sha256": digest.hexdigest(),
    }

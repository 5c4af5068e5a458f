"""New descriptions against those that share a key with them: what is decided of each pair. No I/O."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from services.catalog.identity import Description
from services.catalog.matching import Comparison, Pair, Verdict, compare
from services.catalog.union.grouping import pair_of

Keyed = tuple[str, tuple[int, ...]]
"""A fingerprint and its keys."""


def pairs_of(newcomers: Iterable[Keyed], others: Iterable[Keyed]) -> set[Pair]:
    """Each newcomer with every newcomer and every other that has a key in common with it; no pair is left out."""
    by_key: dict[int, list[str]] = defaultdict(list)
    for fingerprint, keys in others:
        for key in keys:
            by_key[key].append(fingerprint)
    pairs: set[Pair] = set()
    for fingerprint, keys in newcomers:
        for key in keys:
            pairs.update(pair_of(fingerprint, other) for other in by_key[key] if other != fingerprint)
            by_key[key].append(fingerprint)
    return pairs


def compare_all(pairs: Iterable[Pair], descriptions: Mapping[str, Description]) -> dict[Pair, Comparison]:
    """What was not found to be apart."""
    found = ((pair, compare(descriptions[pair[0]], descriptions[pair[1]])) for pair in pairs)
    return {pair: comparison for pair, comparison in found if comparison.verdict is not Verdict.APART}

"""Answers of people as labels, to fit weights from. No I/O."""

from __future__ import annotations

from collections.abc import Iterable

from services.catalog.identity import Description, Row
from services.catalog.matching.fitting import Label
from services.catalog.union.contribution import fingerprint_of

LABEL_FIELDS = ("contributions", "left", "right", "same")


def labels_of(rows: Iterable[Row]) -> list[Label]:
    """One for each two descriptions, by the newest answer; rows come in the order of their answers.

    Pairs that are tied by a contribution or a description that they share stay in one fold.
    """
    ties = _Ties()
    found: dict[frozenset[str], tuple[Row, str]] = {}
    for row in rows:
        prints = (fingerprint_of(row["left"]), fingerprint_of(row["right"]))
        ties.tie(*row["contributions"], *prints)
        found[frozenset(prints)] = (row, prints[0])
    return [
        Label(Description.of_row(row["left"]), Description.of_row(row["right"]), row["same"], ties.root(one))
        for row, one in found.values()
    ]


class _Ties:
    """Sets that grow together (union-find)."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}

    def root(self, name: str) -> str:
        while (above := self._above.setdefault(name, name)) != name:
            self._above[name] = self._above[above]
            name = above
        return name

    def tie(self, *names: str) -> None:
        first = min(self.root(name) for name in names)
        for name in names:
            self._above[self.root(name)] = first

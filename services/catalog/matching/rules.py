"""Agreements that decide whatever the score is; the tables are rules.yaml."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

Agreements = Mapping[str, str]
"""Field to code."""


@cache
def _tables() -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = yaml.safe_load(Path(__file__).with_name("rules.yaml").read_text("utf-8"))
    return loaded


@cache
def _pairs(name: str) -> frozenset[tuple[str, str]]:
    return _spread(_tables()[name])


def _spread(table: Mapping[str, Iterable[str]]) -> frozenset[tuple[str, str]]:
    return frozenset((field, code) for field, codes in table.items() for code in codes)


def vetoes_of(agreements: Agreements) -> tuple[str, ...]:
    """Fields that rule out one edition; another ISBN does so only where something else contradicts as well."""
    found = tuple(field for field, code in agreements.items() if (field, code) in _pairs("vetoes"))
    contradicted = any(agreements[field] == "differs" for field in _tables()["against_other_isbn"])
    return (*found, "isbn") if agreements["isbn"] == "differs" and contradicted else found


def is_doubtful(agreements: Agreements) -> bool:
    """Whether a person has to decide, however high the score: an equal ISBN beside another title, say."""
    said = agreements.items()
    if (
        not _pairs("doubts").isdisjoint(said)
        or _pairs("makers").isdisjoint(said)
        or _pairs("houses").isdisjoint(said)
        or not _has_what_is_needed(agreements)
    ):
        return True
    least: int = _tables()["support"]["least"]
    return len(_support() & said) < least


def is_presumed(agreements: Agreements) -> bool:
    """Whether all that is said agrees so far that only another edition in sight could stand against it."""
    doubted = {field for field, code in agreements.items() if (field, code) in _pairs("doubts")}
    return any(doubted <= line.keys() and _agrees(agreements, line) for line in _tables()["presumed"])


def _agrees(agreements: Agreements, line: Mapping[str, Iterable[str]]) -> bool:
    return all(agreements[field] in codes for field, codes in line.items())


def _has_what_is_needed(agreements: Agreements) -> bool:
    return any(_agrees(agreements, line) for line in _tables()["needed"])


@cache
def _support() -> frozenset[tuple[str, str]]:
    return _spread(_tables()["support"]["of"])


def is_contradiction(field: str, code: str) -> bool:
    """Whether an agreement keeps two groups apart though a poorer description would join them."""
    return (field, code) in _pairs("contradictions")


def is_opposed(field: str, code: str) -> bool:
    """Whether an agreement keeps two groups apart that are only presumed to be of one edition."""
    return (field, code) in _pairs("opposed")


def is_weighed(field: str, code: str) -> bool:
    """Whether an agreement says anything at all."""
    return code not in _tables()["unweighed"]["every"] and (field, code) not in _unweighed()


@cache
def _unweighed() -> frozenset[tuple[str, str]]:
    return _spread({field: codes for field, codes in _tables()["unweighed"].items() if field != "every"})

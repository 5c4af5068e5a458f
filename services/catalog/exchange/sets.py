"""The sets of the union that are harvested apart: by library, by class, by sector catalogue, and what is open to Hệ tri
thức Việt số hóa.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path

import yaml

from services.catalog.scopes.scope import SET as SCOPE

LIBRARY = "library"
CLASS = "class"
OPEN_KNOWLEDGE = "he-tri-thuc-viet-so-hoa"
"""Editions with a digitised copy that anyone may read: the component feed for the national open-data system."""

_DEWEY = re.compile(r"\d{3}(?!\d)")


def sets_of(
    libraries: Iterable[str], classes: Iterable[str], scopes: Iterable[str] = (), *, open_copy: bool
) -> list[str]:
    """The setSpecs of a cluster, sorted, each with those above it, as a row of `clusters` keeps them in `sets`.

    `libraries` are ids, `classes` Dewey numbers as catalogued (others are left out), `scopes` ids of sector catalogues;
    `open_copy`: whether a digitised copy may be read by anyone. So "895.92234" of library "thu-vien-tinh" is in
    `class`, `class:800`, `class:800:890`, `class:800:890:895`, `library` and `library:thu-vien-tinh`.
    """
    found = {*_paths(libraries, classes), *_below(SCOPE, scopes)}
    return sorted(found | {OPEN_KNOWLEDGE} if open_copy else found)


def most_specific(sets: Iterable[str]) -> list[str]:
    """Those setSpecs that no other of them lies below: what a header names (OAI-PMH 2.0, section 2.6)."""
    return [spec for spec, after in pairwise([*sorted(sets), ""]) if not after.startswith(f"{spec}:")]


def name_of(spec: str, titles: Mapping[str, str]) -> str:
    """What a set is called; `titles` are those of libraries and catalogues, by spec. A class without a name of its own
    is its number.
    """
    names = _names()
    if spec in names:
        return names[spec]
    root, _, rest = spec.partition(":")
    return f"{names[root]}: {titles.get(spec, rest.split(':')[-1])}" if root in names else spec


def _paths(libraries: Iterable[str], classes: Iterable[str]) -> Iterator[str]:
    yield from _below(LIBRARY, libraries)
    for number in classes:
        if found := _DEWEY.match(number.strip()):
            digits = found[0]
            hundred, ten = f"{CLASS}:{digits[0]}00", f"{digits[:2]}0"
            yield from (CLASS, hundred, f"{hundred}:{ten}", f"{hundred}:{ten}:{digits}")


def _below(root: str, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield from (root, f"{root}:{name}")


@cache
def _names() -> dict[str, str]:
    loaded: dict[str, str] = yaml.safe_load(Path(__file__).with_name("sets.yaml").read_text(encoding="utf-8"))
    return loaded

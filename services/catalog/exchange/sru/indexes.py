"""The indexes that CQL may name, as data, and the context sets that their names belong to."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from services.catalog.search.query import Field

CONTEXT_SETS = {
    "cql": "info:srw/cql-context-set/1/cql-v1.2",
    "srw": "info:srw/cql-context-set/1/cql-v1.1",
    "dc": "info:srw/cql-context-set/1/dc-v1.1",
    "rec": "info:srw/cql-context-set/2/rec-1.1",
    "bib": "info:srw/cql-context-set/1/bib-v1",
    "bath": "http://zing.z3950.org/cql/bath/2.0/",
    "sort": "info:srw/cql-context-set/1/sort-v1.0",
}
"""Short name -> identifier."""


@dataclass(frozen=True, slots=True)
class Index:
    """What a name in CQL stands for. `title` by language; `sort`: in which direction results come by it, if at all."""

    field: Field
    names: tuple[str, ...]
    title: dict[str, str]
    sort: str | None = None


@cache
def indexes() -> tuple[Index, ...]:
    loaded: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("indexes.yaml").read_text(encoding="utf-8"))
    return tuple(
        Index(Field(field), tuple(given["names"]), given["title"], given.get("sort")) for field, given in loaded.items()
    )


@cache
def by_name() -> dict[str, Index]:
    """Index by each of its names in lower case, with and without the context set; the first to have a name keeps it."""
    found: dict[str, Index] = {}
    for index in indexes():
        for name in index.names:
            found.setdefault(name.lower(), index)
            found.setdefault(name.lower().partition(".")[2], index)
    return found

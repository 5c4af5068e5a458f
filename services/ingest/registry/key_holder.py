"""A library's own system, known by its key."""

from __future__ import annotations

from dataclasses import dataclass

KEY_PREFIX = "ltk_"


@dataclass(frozen=True)
class KeyHolder:
    """may_say: event names that the key may publish."""

    library: str
    key: str
    may_say: frozenset[str]

"""Blocking keys: two descriptions of one edition share at least one, two others hardly ever."""

from __future__ import annotations

from services.catalog.identity import Description


def keys_of(description: Description) -> tuple[str, ...]:
    """Short strings, sorted, to be indexed as they are."""
    return (f"t:{description.title_folded}",)

"""The tables of words, read once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from shared.vietnamese import fold


@cache
def tables() -> Mapping[str, Any]:
    """words.yaml as it stands."""
    loaded: Mapping[str, Any] = yaml.safe_load(Path(__file__).with_name("words.yaml").read_text("utf-8"))
    return loaded


def turned(table: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Each spelling, folded, with what it stands for; a name stands for itself."""
    return {fold(spelling): name for name, spellings in table.items() for spelling in (*spellings, name)}


def alternatives(words: Iterable[str]) -> str:
    """For a regular expression, longest first."""
    escaped = (re.escape(fold(word)).replace("\\ ", "\\s+") for word in words)
    return "|".join(sorted(escaped, key=len, reverse=True))

"""Which column of a table says what: headings, and the MARC 21 field that each fills, as data."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from shared.vietnamese import fold, normalise

DATA: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("columns.yaml").read_text("utf-8"))
COLUMNS: dict[str, dict[str, Any]] = DATA["columns"]
IGNORED = "ignored"
OTHER = "other"
_ASIDE = re.compile(r"\(.*?\)|\[.*?\]")
_NO_WORD = re.compile(r"[^\w#]+|_")


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """How the columns of one source's tables are read.

    `headings`: heading as it stands in the table -> name of a column of `columns.yaml` (e.g. "title", "isbn",
    "ignored"); what is not named here is recognised by the headings that `columns.yaml` knows. `sheet`: which sheet of
    a workbook (its first). `header_row`: the row that bears the headings, from 1; None where it is to be found.
    """

    headings: Mapping[str, str] = field(default_factory=dict)
    sheet: str | None = None
    header_row: int | None = None


def plain(heading: str) -> str:
    """A heading without case, asides and punctuation; its marks stay (khổ is a size, kho a place)."""
    return " ".join(_NO_WORD.sub(" ", _ASIDE.sub(" ", normalise(heading))).split())


_KNOWN = {plain(one): name for name, column in COLUMNS.items() for one in (column["heading"], *column["others"])}
_KNOWN |= {plain(one): IGNORED for one in DATA["ignored"]}
_FOLDED = {fold(one): name for one, name in reversed(_KNOWN.items())}


def columns_of(headings: Sequence[str], mapping: ColumnMapping) -> list[str]:
    """The name of the column under each heading; OTHER where it is not known, IGNORED where there is none."""
    named = {plain(heading): name for heading, name in mapping.headings.items()}
    return [_column_of(plain(heading), named) if heading.strip() else IGNORED for heading in headings]


def _column_of(heading: str, named: Mapping[str, str]) -> str:
    return named.get(heading) or _KNOWN.get(heading) or _FOLDED.get(fold(heading)) or OTHER


def headings_known(headings: Sequence[str], mapping: ColumnMapping) -> int:
    """How many headings a row bears; 0 where none of them is that of a title."""
    columns = columns_of(headings, mapping)
    return sum(column not in (OTHER, IGNORED) for column in columns) if "title" in columns else 0

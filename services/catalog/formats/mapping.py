"""Which column of a table says what: headings, and the MARC 21 field that each fills, as data."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """How the columns of one source's tables are read.

    `headings`: heading as it stands in the table -> name of a column of `columns.yaml` (e.g. "title", "isbn"); what is
    not named here is recognised by the headings that `columns.yaml` knows. `sheet`: which sheet of a workbook (its
    first). `header_row`: the row that bears the headings, from 1; None where it is to be found.
    """

    headings: Mapping[str, str]
    sheet: str | None = None
    header_row: int | None = None

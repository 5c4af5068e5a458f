"""How much of one record or file is taken: limits.yaml."""

from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes where the name says so, characters of a `cell`, else counts."""

    record_bytes: int
    kept_bytes: int
    fields: int
    field_bytes: int
    depth: int
    faults: int
    columns: int
    cell: int
    header_rows: int
    row_lines: int
    sniffed: int
    workbook_files: int
    workbook_bytes: int
    workbook_ratio: int
    shared_strings_bytes: int


LIMITS = Limits(**yaml.safe_load(Path(__file__).with_name("limits.yaml").read_text("utf-8")))

"""What the pages show. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pymarc

from services.catalog.formats import Format, restored
from services.catalog.identity import Row
from services.catalog.imports.run import ReportRow, Run, RunState
from services.catalog.librarians.differing import Pieces, differences

Say = Callable[..., str]
"""A message's text by its code, in the reader's language."""
_ROWS = {Format.CSV, Format.XLSX}
FOR, AGAINST, NEUTRAL = "for", "against", "neutral"
_TAKEN_FOR_GRANTED = {("form", "same"), ("level", "same")}
_SAYS_NOTHING = 0.05
"""Of log odds."""


@dataclass(frozen=True, kw_only=True)
class RunLine:
    """An import. percent: None where nobody knows how much there is; failure: why it ended before its end;
    not_retired: why nothing is.
    """

    id: str
    name: str
    source: str
    form: str
    by: str
    dry: bool
    whole: bool
    state: RunState
    counts: Mapping[str, int]
    percent: int | None
    failure: str | None
    not_retired: str | None
    created_at: datetime

    @property
    def ended(self) -> bool:
        return self.state in {RunState.DONE, RunState.FAILED}


def run_line(run: Run, say: Say) -> RunLine:
    known = run.size > 0 and run.form not in _ROWS
    return RunLine(
        **run.model_dump(include={"id", "name", "source", "by", "dry", "whole", "state", "created_at"}),
        form=say(f"format-{run.form}"),
        counts=run.counts.model_dump(by_alias=True),
        percent=min(100, 100 * run.position // run.size) if known else None,
        failure=say(f"import-{run.failure}", detail=run.detail or "") if run.failure else None,
        not_retired=say("import-not-retired") if run.not_retired else None,
    )


@dataclass(frozen=True)
class FaultLine:
    """One thing that was wrong, and what was done."""

    severity: str
    label: str
    """The severity, as a person says it."""
    field: str
    text: str
    handled: str


@dataclass(frozen=True)
class RecordLine:
    """A record of which something is to be said. place: row of a table or byte of the file; None where it has none."""

    number: int
    place: tuple[str, int] | None
    title: str
    faults: tuple[FaultLine, ...]


def record_line(row: ReportRow, form: Format, say: Say) -> RecordLine:
    faults = tuple(
        FaultLine(
            fault.severity,
            say(f"import-severity-{fault.severity}"),
            fault.field,
            say(f"fault-{fault.code}", field=fault.field, detail=fault.detail),
            say(f"handled-{row.handled(fault)}"),
        )
        for fault in row.faults
    )
    is_table = form in _ROWS
    place = None if is_table and not row.position else ("row" if is_table else "byte", row.position)
    return RecordLine(row.number, place, row.title, faults)


@dataclass(frozen=True)
class FieldLine:
    """What one field of two records says. sense: whether that speaks for one edition or against."""

    name: str
    text: str
    sense: str
    left: Pieces
    right: Pieces


def field_lines(evidence: list[Row], say: Say) -> list[FieldLine]:
    """What tells a person anything: no field that neither says, nor codes that are equal."""
    told = (row for row in evidence if row["left"] or row["right"])
    return [_field_line(row, say) for row in told if (row["field"], row["agreement"]) not in _TAKEN_FOR_GRANTED]


def _field_line(row: Row, say: Say) -> FieldLine:
    left, right = differences(row["left"], row["right"])
    weight = row["weight"]
    sense = NEUTRAL if abs(weight) < _SAYS_NOTHING else FOR if weight > 0 else AGAINST
    name, text = say(f"field-{row['field']}"), say(f"evidence-{row['field']}-{row['agreement']}")
    return FieldLine(name, text, sense, left, right)


def percent(score: float) -> int:
    """Never 0 or 100 unless it is."""
    return round(score) * 100 if score in {0.0, 1.0} else min(99, max(1, round(100 * score)))


def marc_lines(marc: bytes) -> list[tuple[str, str]]:
    """Tag with indicators, and text, of each field."""
    record = restored(marc)
    return [_marc_line(field) for field in record.fields]


def _marc_line(field: pymarc.Field) -> tuple[str, str]:
    if field.control_field:
        return field.tag, field.data or ""
    said = " ".join(f"${part.code} {part.value}" for part in field.subfields)
    return f"{field.tag} {''.join(field.indicators or ())}", said


def title_of(marc: bytes) -> str:
    """Title and the rest of it, as typed."""
    found: Any = restored(marc).title
    return str(found or "")

"""Reads a file in batches of contributions, outside of any transaction and as far as possible outside of the loop."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

import pymarc

from services.catalog.formats import Fault, Format, Found, Severity, Unwritable
from services.catalog.imports.run import ReportFault, ReportRow, Run
from services.catalog.union.contribution import Contribution, Origin, Seen, contribution_id, contribution_of

RECORDS_A_BATCH = 1000
"""What one transaction takes in while nobody else is at work."""
BYTES_A_BATCH = 2_000_000
TABLES = {Format.CSV, Format.XLSX}
"""Their rows need no number of their own."""
FROM_WORST = (Severity.LOST, Severity.REPAIRED, Severity.NOTE)
REPEATED_ID, NO_ID, COPY = "repeated-id", "no-id", "exact-copy"


class Unreadable(Exception):
    """The file cannot be read on; it says why."""


@dataclass
class FileBatch:
    """Some records of a file. end, number: where the run then stands."""

    end: int
    number: int
    contributions: dict[str, Contribution] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    """Contribution -> number of its record."""
    faults: dict[int, list[ReportFault]] = field(default_factory=dict)
    positions: dict[int, int] = field(default_factory=dict)
    ends: dict[int, int] = field(default_factory=dict)
    """Where the run stands behind each record."""
    counts: Counter[str] = field(default_factory=Counter)
    outcomes: dict[int, str] = field(default_factory=dict)
    """Of records that reading alone has done with."""

    def count(self, number: int, outcome: str) -> None:
        self.counts[outcome] += 1
        self.outcomes[number] = outcome

    def steps(self, size: int) -> Iterator[FileBatch]:
        """The same in batches of so many records; only of what a FileReader has just read."""
        placed = {number: one for one, number in self.places.items()}
        numbers = sorted(self.positions)
        for place in range(0, len(numbers), size):
            some = numbers[place : place + size]
            last = some[-1]
            yield FileBatch(
                self.ends[last],
                last,
                contributions={placed[one]: self.contributions[placed[one]] for one in some if one in placed},
                places={placed[one]: one for one in some if one in placed},
                faults={one: self.faults[one] for one in some if one in self.faults},
                positions={one: self.positions[one] for one in some},
                counts=Counter(read=len(some)) + Counter(self.outcomes[one] for one in some if one in self.outcomes),
            )

    def complain(self, number: int, fault: ReportFault) -> None:
        self.faults.setdefault(number, []).append(fault)

    def copied(self) -> FileBatch:
        """The same to be settled once: a transaction that is tried again begins with what was read."""
        faults = {number: list(said) for number, said in self.faults.items()}
        return replace(
            self,
            contributions=dict(self.contributions),
            places=dict(self.places),
            faults=faults,
            counts=self.counts.copy(),
        )

    def all_counts(self) -> Counter[str]:
        """What happened, and how many records had a fault of each severity."""
        return self.counts + Counter(one for faults in self.faults.values() for one in severities_in(faults))

    def report(self, run: str) -> list[ReportRow]:
        """A row for each record of which something is to be said."""
        by_number = {number: self.contributions.get(one) for one, number in self.places.items()}
        return [self._row(run, number, by_number.get(number)) for number in sorted(self.faults)]

    def _row(self, run: str, number: int, contribution: Contribution | None) -> ReportRow:
        title = contribution.description.title[:1000] if contribution else ""
        identifier = contribution.id if contribution else None
        faults = self.faults[number]
        return report_row(run, number, self.positions[number], faults, title=title, contribution=identifier)


def severities_in(faults: Iterable[ReportFault]) -> set[str]:
    """By which a record is counted."""
    return {Severity(fault.severity).value for fault in faults}


def report_row(
    run: str, number: int, position: int, faults: Sequence[ReportFault], *, title: str, contribution: str | None
) -> ReportRow:
    """What is to be said of one record, by the worst that there is to say."""
    return ReportRow(
        run=run,
        number=number,
        position=position,
        severity=min((Severity(fault.severity) for fault in faults), key=FROM_WORST.index),
        title=title,
        contribution=contribution,
        faults=tuple(faults),
    )


class FileReader:
    """The batches of one file, from where its run stands."""

    def __init__(self, found: Iterator[Found], run: Run, origin: Origin) -> None:
        self._found = _readable(found)
        self._run = run
        self._origin = origin
        self._begun_at = run.number
        self._position, self._number = run.position, run.number

    def next_batch(self) -> FileBatch | None:
        """The next one, None after the last; blocking. Raises Unreadable."""
        batch = FileBatch(self._position, self._number)
        size = 0
        for found in islice(self._found, RECORDS_A_BATCH):
            self._take(found, batch)
            size += len(found.raw)
            if size >= BYTES_A_BATCH:
                break
        self._position, self._number = batch.end, batch.number
        return batch if batch.positions else None

    def _take(self, found: Found, batch: FileBatch) -> None:
        number = self._begun_at + found.number
        batch.end, batch.number = found.end, number
        batch.positions[number], batch.ends[number] = found.position, found.end
        batch.counts["read"] += 1
        for fault in found.faults:
            batch.complain(number, said(fault))
        if found.record is None:
            batch.count(number, "refused")
            return
        try:
            contribution = self._contribution(found.record, found, batch, number)
        except Unwritable as unwritable:
            batch.complain(number, said(unwritable.fault))
            batch.count(number, "refused")
            return
        _place(contribution, number, batch)

    def _contribution(self, record: pymarc.Record, found: Found, batch: FileBatch, number: int) -> Contribution:
        local_id = local_id_of(record)
        if local_id is None:
            local_id = "h-" + hashlib.blake2b(found.raw, digest_size=12).hexdigest()
            if self._run.form not in TABLES:
                batch.complain(number, ReportFault(code=NO_ID, severity=Severity.NOTE, field="001", detail=local_id))
        seen = Seen(self._run.id, found.position)
        return contribution_of(self._origin, local_id, record, seen=seen)


def _readable(found: Iterator[Found]) -> Iterator[Found]:
    try:
        yield from found
    except (ValueError, OSError) as error:
        raise Unreadable(str(error)) from error


def _place(contribution: Contribution, number: int, batch: FileBatch) -> None:
    """Give the record its place in the batch, under an id of its own where another has taken its id."""
    first = batch.contributions.get(contribution.id)
    if first is None:
        batch.contributions[contribution.id] = contribution
        batch.places[contribution.id] = number
        return
    if first.digest == contribution.digest:
        complain_of_copy(batch, number, contribution.local_id)
        return
    other = under_another_id(contribution)
    complain_of_id(batch, number, contribution.local_id)
    _place(other, number, batch)


def under_another_id(contribution: Contribution) -> Contribution:
    """The record under its own id and its digest: what another record of the same file has not taken."""
    local_id = f"{contribution.local_id}#{contribution.digest[:8]}"
    return replace(contribution, id=contribution_id(contribution.origin.source, local_id), local_id=local_id)


def complain_of_copy(batch: FileBatch, number: int, local_id: str) -> None:
    batch.complain(number, ReportFault(code=COPY, severity=Severity.NOTE, field="001", detail=local_id[:200]))
    batch.count(number, "copy")


def complain_of_id(batch: FileBatch, number: int, local_id: str) -> None:
    fault = ReportFault(code=REPEATED_ID, severity=Severity.REPAIRED, field="001", detail=local_id[:200])
    batch.complain(number, fault)


def local_id_of(record: pymarc.Record) -> str | None:
    """What the source calls the record (001)."""
    control = record.get("001")
    text = (control.data or "").strip() if control else ""
    return text[:200] or None


def said(fault: Fault) -> ReportFault:
    return ReportFault(
        code=fault.code.value, severity=fault.severity, field=fault.field[:100], detail=fault.detail[:500]
    )

"""Files of MARC 21 Authority records become headings, with a word on every record that was not as it should be."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import islice
from typing import BinaryIO

import pymarc
import structlog

from services.catalog.authorities import store
from services.catalog.authorities.authority import Authority
from services.catalog.authorities.keeping import By, put
from services.catalog.authorities.marc import NoHeading, authority_of
from services.catalog.formats import FaultCode, Format, Found, Severity, Unwritable, as_marc21, read
from services.catalog.identity import Row
from services.catalog.imports.reading import COPY, FROM_WORST, NO_ID, REPEATED_ID, local_id_of, said
from services.catalog.imports.run import ReportFault, ReportRow, Run
from services.catalog.imports.store import advance_run, finish_run, report
from services.catalog.union.store import end_turn, take_turn
from shared.bus.work import Work, Works

log = structlog.get_logger(__name__)

FORMS = frozenset([Format.MARC21, Format.MARCXML, Format.MARCJSON])
RECORDS_A_BATCH = 100
NO_HEADING, CHANGED_HERE = "no-heading", "changed-here"
_OF_WORKS = frozenset(
    [
        FaultCode.NOT_BIBLIOGRAPHIC,
        FaultCode.NO_TITLE,
        FaultCode.BAD_ISBN,
        FaultCode.BAD_ISSN,
        FaultCode.BAD_YEAR,
        FaultCode.YEAR_FROM_IMPRINT,
    ]
)
"""What is no fault of an authority record."""


@dataclass(frozen=True, slots=True)
class Coming:
    """A record of the file that has a heading."""

    number: int
    local_id: str
    record: pymarc.Record
    authority: Authority
    digest: str


@dataclass
class _Batch:
    """Some records of a file. end, number: where the run then stands."""

    end: int
    number: int
    coming: list[Coming] = field(default_factory=list)
    positions: dict[int, int] = field(default_factory=dict)
    faults: dict[int, list[ReportFault]] = field(default_factory=dict)
    refused: int = 0

    def complain(self, number: int, fault: ReportFault) -> None:
        self.faults.setdefault(number, []).append(fault)


@dataclass(frozen=True)
class AuthorityImport:
    """Takes files of authority records in. told: after each batch."""

    works: Works
    told: Callable[[Run], None]

    async def take(self, run: Run, stream: BinaryIO) -> Run:
        """Read the file on from where the run stands; the run at its end. Raises TakenOver."""
        found = read(stream, Format(run.form), start_at=run.position)
        begun_at = run.number
        try:
            while batch := await asyncio.to_thread(_next_batch, found, run, begun_at):
                run = await self.works.transact(partial(_commit, run, batch), bulk=True)
                self.told(run)
        except (ValueError, OSError, UnicodeError) as error:
            log.warning("import_unreadable", run=run.id, error=str(error)[:300])
            return await finish_run(self.works.database, run, failure="unreadable", detail=str(error)[:300])
        return await finish_run(self.works.database, run, failure=None if run.counts.read else "empty")


def _next_batch(found: Iterator[Found], run: Run, begun_at: int) -> _Batch | None:
    batch = _Batch(run.position, run.number)
    for one in islice(found, RECORDS_A_BATCH):
        number = begun_at + one.number
        batch.end, batch.number, batch.positions[number] = one.end, number, one.position
        for fault in one.faults:
            if fault.code not in _OF_WORKS:
                batch.complain(number, said(fault))
        _take(one, number, batch)
    return batch if batch.positions else None


def _take(found: Found, number: int, batch: _Batch) -> None:
    record = found.record or pymarc.Record()
    try:
        authority = authority_of(record)
        marc = as_marc21(record)
    except NoHeading:
        batch.refused += 1
        if number not in batch.faults:
            batch.complain(number, ReportFault(code=NO_HEADING, severity=Severity.LOST, field="1XX"))
        return
    except Unwritable as unwritable:
        batch.refused += 1
        batch.complain(number, said(unwritable.fault))
        return
    digest = hashlib.blake2b(marc, digest_size=12).hexdigest()
    local_id = local_id_of(record)
    if local_id is None:
        local_id = f"h-{digest}"
        batch.complain(number, ReportFault(code=NO_ID, severity=Severity.NOTE, field="001", detail=local_id))
    batch.coming.append(Coming(number, local_id, record, authority, digest))


async def _commit(run: Run, batch: _Batch, work: Work) -> Run:
    at = await take_turn(work)
    settling = _Settling(run, work, at, {number: list(told) for number, told in batch.faults.items()})
    for coming in batch.coming:
        await settling.settle(coming, batch.positions[coming.number])
    report(work, settling.report(batch))
    await end_turn(work, at)
    return await advance_run(work, run, position=batch.end, number=batch.number, counts=settling.all_counts(batch))


@dataclass
class _Settling:
    """One batch as it goes in."""

    run: Run
    work: Work
    at: datetime
    faults: dict[int, list[ReportFault]]
    counts: Counter[str] = field(default_factory=Counter)
    ids: dict[int, str] = field(default_factory=dict)

    async def settle(self, coming: Coming, position: int) -> None:
        """Establish or change what the record names, unless people changed it since it came last."""
        identifier = store.authority_id(self.run.source, coming.local_id)
        before = await store.find_authority(self.work, identifier)
        if before and _came_in_this_run(before, self.run, position):
            if before["imported"]["digest"] == coming.digest:
                self._complain(coming, COPY, Severity.NOTE)
                self.counts["copy"] += 1
                return None
            self._complain(coming, REPEATED_ID, Severity.REPAIRED)
            own = replace(coming, local_id=f"{coming.local_id}#{coming.digest[:8]}")
            return await self.settle(own, position)
        self.ids[coming.number] = identifier
        if before and before["imported"]["digest"] == coming.digest:
            self.counts["unchanged"] += 1
        elif before and before["version"] != before["imported"]["version"]:
            self._complain(coming, CHANGED_HERE, Severity.NOTE)
            self.counts["unchanged"] += 1
        else:
            await self._put(identifier, coming, position, before)
        return None

    async def _put(self, identifier: str, coming: Coming, position: int, before: Row | None) -> None:
        self.counts["updated" if before else "new"] += 1
        if self.run.dry:
            return
        imported = {
            "run": self.run.id,
            "position": position,
            "digest": coming.digest,
            "version": before["version"] + 1 if before else 1,
        }
        by = By(self.run.by, "", "imported", self.run.name)
        await put(self.work, identifier, coming.record, by, self.at, before=before, imported=imported)

    def _complain(self, coming: Coming, code: str, severity: Severity) -> None:
        fault = ReportFault(code=code, severity=severity, field="001", detail=coming.local_id[:200])
        self.faults.setdefault(coming.number, []).append(fault)

    def all_counts(self, batch: _Batch) -> Counter[str]:
        """What happened, and how many records had a fault of each severity."""
        had = Counter(severity for faults in self.faults.values() for severity in {fault.severity for fault in faults})
        told = Counter({Severity(severity).value: count for severity, count in had.items()})
        return self.counts + told + Counter(read=len(batch.positions), refused=batch.refused)

    def report(self, batch: _Batch) -> list[ReportRow]:
        """A row for each record of which something is to be said."""
        names = {coming.number: coming.authority.heading.text for coming in batch.coming}
        return [
            ReportRow(
                run=self.run.id,
                number=number,
                position=batch.positions[number],
                severity=min((Severity(fault.severity) for fault in faults), key=FROM_WORST.index),
                title=names.get(number, ""),
                contribution=self.ids.get(number),
                faults=tuple(faults),
            )
            for number, faults in sorted(self.faults.items())
        ]


def _came_in_this_run(before: Row, run: Run, position: int) -> bool:
    imported = before["imported"]
    return bool(imported["run"] == run.id and imported["position"] != position)

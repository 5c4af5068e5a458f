"""Files of MARC 21 Authority records become headings, with a word on every record that was not as it should be."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from typing import BinaryIO

import pymarc
import structlog
from pymongo import UpdateOne

from services.catalog.authorities import store
from services.catalog.authorities.authority import Authority
from services.catalog.authorities.keeping import By, ask_of_likenesses, keep
from services.catalog.authorities.marc import NoHeading, authority_of
from services.catalog.formats import FaultCode, Format, Found, Severity, Unwritable, as_marc21, read
from services.catalog.identity import Row
from services.catalog.imports.pace import RECORDS_A_STEP, LostRace, Pace
from services.catalog.imports.reading import (
    COPY,
    NO_ID,
    REPEATED_ID,
    local_id_of,
    report_row,
    said,
    severities_in,
)
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
    """A heading of the file."""

    local_id: str
    record: pymarc.Record
    authority: Authority
    digest: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the file; behind it the run stands at `end`. coming: None where it has no heading that is kept."""

    number: int
    position: int
    end: int
    coming: Coming | None
    faults: tuple[ReportFault, ...]


@dataclass(frozen=True)
class AuthorityImport:
    """Takes files of authority records in. told: after each batch."""

    works: Works
    told: Callable[[Run], None]

    async def take(self, run: Run, stream: BinaryIO) -> Run:
        """Read the file on from where the run stands; the run at its end. Raises TakenOver."""
        begun_at, pace = run.number, Pace(self.works)
        with closing(read(stream, Format(run.form), start_at=run.position)) as found:
            while True:
                try:
                    batch = await _read_on(found, begun_at)
                except (ValueError, OSError) as error:
                    log.warning("import_unreadable", run=run.id, error=str(error)[:300])
                    return await finish_run(self.works.database, run, failure="unreadable", detail=str(error)[:300])
                if not batch:
                    return await finish_run(self.works.database, run, failure=None if run.counts.read else "empty")
                run = await pace.take(self._take_one, run, batch, _steps(batch))
                self.told(run)

    async def _take_one(self, run: Run, batch: Sequence[Piece]) -> Run:
        return await self.works.transact(partial(_commit, run, batch), bulk=True)


async def _read_on(found: Iterator[Found], begun_at: int) -> list[Piece]:
    """The next batch; whoever is cancelled waits for the thread, so that nothing is closed beneath it."""
    reading = asyncio.create_task(asyncio.to_thread(_next_batch, found, begun_at))
    try:
        return await asyncio.shield(reading)
    finally:
        await asyncio.wait([reading])


def _next_batch(found: Iterator[Found], begun_at: int) -> list[Piece]:
    return [_piece(one, begun_at + one.number) for one in islice(found, RECORDS_A_BATCH)]


def _steps(batch: Sequence[Piece]) -> Iterator[Sequence[Piece]]:
    return (batch[place : place + RECORDS_A_STEP] for place in range(0, len(batch), RECORDS_A_STEP))


def _piece(found: Found, number: int) -> Piece:
    faults = [said(fault) for fault in found.faults if fault.code not in _OF_WORKS]
    coming = _coming(found.record or pymarc.Record(), faults)
    return Piece(number, found.position, found.end, coming, tuple(faults))


def _coming(record: pymarc.Record, faults: list[ReportFault]) -> Coming | None:
    """The record's heading; what is wrong with it joins the faults."""
    try:
        authority, marc = authority_of(record), as_marc21(record)
    except NoHeading:
        if not faults:
            faults.append(ReportFault(code=NO_HEADING, severity=Severity.LOST, field="1XX"))
        return None
    except Unwritable as unwritable:
        faults.append(said(unwritable.fault))
        return None
    digest = hashlib.blake2b(marc, digest_size=12).hexdigest()
    local_id = local_id_of(record)
    if local_id is None:
        local_id = f"h-{digest}"
        faults.append(_fault(NO_ID, Severity.NOTE, local_id))
    return Coming(local_id, record, authority, digest)


async def _commit(run: Run, batch: Sequence[Piece], work: Work) -> Run:
    if work.lost and len(batch) > RECORDS_A_STEP:
        raise LostRace
    at = await take_turn(work)
    settling = _Settling(run, work, at, await _standing(work, run, batch))
    for piece in batch:
        await settling.settle(piece)
    await ask_of_likenesses(work, settling.kept, at)
    report(work, settling.report)
    await end_turn(work, at)
    return await advance_run(work, run, position=batch[-1].end, number=batch[-1].number, counts=settling.counts)


async def _standing(work: Work, run: Run, batch: Iterable[Piece]) -> dict[str, Row | None]:
    """By the ids that the batch has, the headings that stand under them."""
    ids = {store.authority_id(run.source, piece.coming.local_id) for piece in batch if piece.coming}
    rows = await work.find(store.AUTHORITIES, {"_id": {"$in": sorted(ids)}})
    return {**dict.fromkeys(ids), **{row["_id"]: row for row in rows}}


@dataclass
class _Settling:
    """One batch as it goes in. standing: by id, headings as they are by now; kept: those that it changed."""

    run: Run
    work: Work
    at: datetime
    standing: dict[str, Row | None]
    kept: list[Row] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    report: list[ReportRow] = field(default_factory=list)

    async def settle(self, piece: Piece) -> None:
        """Take in what the piece names, count and report it."""
        faults = list(piece.faults)
        outcome, identifier, title = "refused", None, ""
        if piece.coming:
            outcome, identifier = await self._settle(piece.coming, piece.position, faults)
            title = piece.coming.authority.heading.text
        self.counts.update(["read", outcome, *severities_in(faults)])
        if faults:
            row = report_row(self.run.id, piece.number, piece.position, faults, title=title, contribution=identifier)
            self.report.append(row)

    async def _settle(self, coming: Coming, position: int, faults: list[ReportFault]) -> tuple[str, str | None]:
        """Establish or change the heading, unless people changed it since it came last; what became of it, its id."""
        identifier, before = await self._place(coming, position, faults)
        if before is None:
            self._keep(identifier, coming, position, None)
            return "new", identifier
        if self._came_in_this_run(before, position):
            faults.append(_fault(COPY, Severity.NOTE, coming.local_id))
            return "copy", None
        unchanged = before["imported"]["digest"] == coming.digest
        if unchanged or before["version"] != before["imported"]["version"]:
            if not unchanged:
                faults.append(_fault(CHANGED_HERE, Severity.NOTE, coming.local_id))
            self._mark_seen(before, coming, position)
            return "unchanged", identifier
        self._keep(identifier, coming, position, before)
        return "updated", identifier

    async def _place(self, coming: Coming, position: int, faults: list[ReportFault]) -> tuple[str, Row | None]:
        """The heading's id, one of its own where another of the file has it already, and what stands under it."""
        local_id = coming.local_id
        identifier, before = await self._find(local_id)
        while before and self._came_in_this_run(before, position) and before["imported"]["digest"] != coming.digest:
            faults.append(_fault(REPEATED_ID, Severity.REPAIRED, local_id))
            local_id = f"{local_id}#{coming.digest[:8]}"
            identifier, before = await self._find(local_id)
        return identifier, before

    async def _find(self, local_id: str) -> tuple[str, Row | None]:
        identifier = store.authority_id(self.run.source, local_id)
        if identifier not in self.standing:
            self.standing[identifier] = await store.find_authority(self.work, identifier)
        return identifier, self.standing[identifier]

    def _came_in_this_run(self, before: Row, position: int) -> bool:
        imported = before["imported"]
        return bool(imported["run"] == self.run.id and imported["position"] != position)

    def _keep(self, identifier: str, coming: Coming, position: int, before: Row | None) -> None:
        if self.run.dry:
            return
        imported = self._imported(coming, position, before["version"] + 1 if before else 1)
        by = By(self.run.by, "", "imported", self.run.name)
        row = keep(self.work, identifier, coming.record, by, self.at, before=before, imported=imported)
        self.standing[identifier] = row
        self.kept.append(row)

    def _mark_seen(self, before: Row, coming: Coming, position: int) -> None:
        """So that another heading of the file under the same number is not taken for a newer state of this one."""
        if self.run.dry:
            return
        imported = self._imported(coming, position, before["imported"]["version"])
        self.standing[before["_id"]] = before | {"imported": imported}
        self.work.write(store.AUTHORITIES, UpdateOne({"_id": before["_id"]}, {"$set": {"imported": imported}}))

    def _imported(self, coming: Coming, position: int, version: int) -> Row:
        return {"run": self.run.id, "position": position, "digest": coming.digest, "version": version}


def _fault(code: str, severity: Severity, local_id: str) -> ReportFault:
    return ReportFault(code=code, severity=severity, field="001", detail=local_id[:200])

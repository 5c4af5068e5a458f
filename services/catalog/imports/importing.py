"""One run from where it stands to its end: batches go into the union together with how far the run has got."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import structlog

from services.catalog.authorities.importing import AuthorityImport
from services.catalog.formats import FaultCode
from services.catalog.imports import store
from services.catalog.imports.pace import RECORDS_A_STEP, LostRace, Pace
from services.catalog.imports.reader_process import Batches, FileToRead, ReaderDied, batches_of
from services.catalog.imports.reading import (
    RECORDS_A_BATCH,
    FileBatch,
    Unreadable,
    complain_of_copy,
    complain_of_id,
    under_another_id,
)
from services.catalog.imports.run import Content, Run
from services.catalog.imports.source import Source
from services.catalog.union.contributing import Batch, Became, contribute
from shared.bus.work import Work, Works
from shared.runtime import Runtime
from shared.store.objects import ObjectMissing

log = structlog.get_logger(__name__)

_HAD_BEFORE = {Became.COPY, Became.REPEATED}
NOTHING_IN_IT, NOT_STORED, UNREADABLE, STUCK = "empty", "file-missing", "unreadable", "stuck"
MOST_TRIES = 5
"""So often a run is taken up at one and the same place: a file that ends its readers must not keep others waiting."""
NICENESS = 10
"""A tenth of the share of a process that is not nice, where both want a core."""
Told = Callable[[Run], None]


def tell_nobody(_: Run) -> None:
    """Nobody waits to hear how far the run has got."""


def give_way() -> None:
    """Let every other process of this machine go first, for as long as this one lives."""
    os.nice(NICENESS)


@dataclass(frozen=True)
class Importing:
    """Takes files in. told: after each batch."""

    works: Works
    told: Told = tell_nobody

    async def take(self, run: Run, source: Source, stream: BinaryIO) -> Run:
        """Read the file on from where the run stands; the run at its end.

        Raises TakenOver where another process went on with it. A run that was broken off is taken up by the same call:
        each batch and the place behind it are committed together.
        """
        while True:
            run = await store.try_run(self.works.database, run)
            if run.tries > MOST_TRIES:
                log.error("import_stuck", run=run.id, number=run.number)
                return await store.finish_run(self.works.database, run, failure=STUCK, detail=str(run.number))
            try:
                return await self._take(run, source, stream)
            except ReaderDied as died:
                log.warning("import_reader_died", run=run.id, why=str(died))

    async def _take(self, run: Run, source: Source, stream: BinaryIO) -> Run:
        if run.content == Content.AUTHORITIES:
            return await AuthorityImport(self.works, self.told).take(run, stream)
        batches = await asyncio.to_thread(batches_of, stream, FileToRead(run, source.origin()))
        try:
            run = await self._take_batches(run, batches)
        except Unreadable as error:
            log.warning("import_unreadable", run=run.id, error=str(error)[:300])
            return await store.finish_run(self.works.database, run, failure=UNREADABLE, detail=str(error)[:300])
        if not run.counts.read:
            return await store.finish_run(self.works.database, run, failure=NOTHING_IN_IT)
        not_retired = run.whole and await self._has_unread(run)
        if run.whole and not run.dry and not not_retired:
            run = await retire_the_rest(self.works, run, self.told)
        return await store.finish_run(self.works.database, run, not_retired=not_retired)

    async def _has_unread(self, run: Run) -> bool:
        return run.counts.refused > 0 or await store.reports(self.works.database, run, FaultCode.TRUNCATED)

    async def _take_batches(self, run: Run, batches: Batches) -> Run:
        """While one batch is being written, the next is read."""
        pace = Pace(self.works)
        reading = asyncio.create_task(asyncio.to_thread(batches.next_batch))
        try:
            while batch := await reading:
                reading = asyncio.create_task(asyncio.to_thread(batches.next_batch))
                run = await self._take_batch(run, batch, pace)
        finally:
            batches.close()
            await asyncio.gather(reading, return_exceptions=True)
        return run

    async def _take_batch(self, run: Run, batch: FileBatch, pace: Pace) -> Run:
        run = await pace.take(self._take_one, run, batch, batch.steps(RECORDS_A_STEP))
        self.told(run)
        return run

    async def _take_one(self, run: Run, batch: FileBatch) -> Run:
        return await self.works.transact(partial(_commit, run, batch), bulk=True)


async def retire_the_rest(works: Works, run: Run, told: Told = tell_nobody) -> Run:
    """Retire what the source had and the run did not come upon."""
    while gone := await store.not_seen(works.database, run, RECORDS_A_BATCH):
        run = await works.transact(partial(_retire, run, gone), bulk=True)
        told(run)
    return run


async def _commit(run: Run, read_batch: FileBatch, work: Work) -> Run:
    if work.lost and len(read_batch.positions) > RECORDS_A_STEP:
        raise LostRace
    batch = read_batch.copied()
    if not run.dry:
        became = await contribute(work, Batch(list(batch.contributions.values())))
        batch.counts += Counter(what for what in became.values() if what not in _HAD_BEFORE)
        await _settle_repeated(work, batch, became)
    store.report(work, batch.report(run.id))
    return await store.advance_run(work, run, position=batch.end, number=batch.number, counts=batch.all_counts())


async def _settle_repeated(work: Work, batch: FileBatch, became: dict[str, Became]) -> None:
    """What an earlier batch of the same file has already had an id of."""
    others = []
    for one in [identifier for identifier, what in became.items() if what in _HAD_BEFORE]:
        contribution, number = batch.contributions.pop(one), batch.places.pop(one)
        if became[one] is Became.COPY:
            complain_of_copy(batch, number, contribution.local_id)
            continue
        complain_of_id(batch, number, contribution.local_id)
        other = under_another_id(contribution)
        batch.contributions[other.id], batch.places[other.id] = other, number
        others.append(other)
    if others:
        batch.counts += Counter((await contribute(work, Batch(others))).values())


async def _retire(run: Run, gone: list[str], work: Work) -> Run:
    became = await contribute(work, Batch(retired=gone))
    return await store.advance_run(work, run, position=run.position, number=run.number, counts=Counter(became.values()))


async def take_next_upload(runtime: Runtime) -> bool:
    """Import the uploaded file that has waited longest, or whose process died; False where there is none."""
    run = await store.take_run(runtime.database)
    if run is None or run.key is None:
        return False
    source = store.source_of(await runtime.database[store.SOURCES].find_one({"_id": run.source}) or {})
    with TemporaryDirectory(prefix="lienthong-import-") as folder:
        path = Path(folder) / "file"
        try:
            await runtime.objects.fetch(run.key, path)
        except ObjectMissing:
            await store.finish_run(runtime.database, run, failure=NOT_STORED)
            return True
        with path.open("rb") as stream:
            try:
                await Importing(runtime.works).take(run, source, stream)
            except store.TakenOver:
                log.warning("import_taken_over", run=run.id)
    return True

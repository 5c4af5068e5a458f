"""Harvests sources by OAI-PMH when they are due: what changed since the last time, now and then everything.

A page and the token of the next are committed together, so a harvest that was broken off goes on where it was. The
dates of a source are not believed: what it dated shortly before the last harvest is asked for again, and a harvest of
everything finds what it dated wrongly and what it dropped without a word.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO
from typing import Any

import structlog

from services.catalog.formats import FaultCode, Format, Found, Severity, Unwritable, read
from services.catalog.identity import Row
from services.catalog.imports import store
from services.catalog.imports.fetching import Away, Busy, HarvestLimits, MustNotCall, Provider
from services.catalog.imports.importing import retire_the_rest
from services.catalog.imports.oai import (
    BAD_ARGUMENT,
    BAD_TOKEN,
    NO_RECORDS,
    ListPage,
    NotOai,
    OaiError,
    OaiRecord,
    datestamp_of,
    read_page,
)
from services.catalog.imports.reading import FileBatch, said
from services.catalog.imports.run import ReportFault, Run, RunState
from services.catalog.imports.source import OaiAddress, Source
from services.catalog.union.contributing import Batch, contribute
from services.catalog.union.contribution import Contribution, Seen, contribution_id, contribution_of
from shared.bus.work import Work, Works

log = structlog.get_logger(__name__)

RECORDS_AT_ONCE = 50
PUT_OFF = timedelta(minutes=15)
UNNAMED = "no-identifier"
"""Code of the fault of a record of which nobody knows which one of the source it is."""
MOST_FAILURES = 20
"""After so many in a row a harvest is given up, and begun anew when it is next due."""


@dataclass(frozen=True)
class Harvesting:
    """Harvests one source at a turn."""

    works: Works
    limits: HarvestLimits

    async def turn(self) -> bool:
        """Harvest the source that is due; False where none is."""
        taken = await store.take_harvest(self.works.database)
        if taken is None:
            return False
        source, state = taken
        if source.oai is None:
            return True
        provider = Provider(source.oai.url, self.limits)
        try:
            await self._harvest(source, source.oai, state, provider)
        except store.TakenOver:
            log.warning("harvest_taken_over", source=source.id)
        finally:
            await provider.close()
        return True

    async def _harvest(self, source: Source, oai: OaiAddress, state: Row, provider: Provider) -> None:
        harvest = await self._begun(source, oai, state)
        try:
            harvest = await self._all_pages(harvest, provider)
        except Away as away:
            await self._put_off(harvest, away)
            return
        except MustNotCall as error:
            await self._end(harvest, failure="inside", detail=str(error))
            return
        except (OaiError, NotOai) as error:
            await self._end(harvest, failure="not-oai", detail=str(error))
            return
        not_retired = harvest.run.whole and await store.reports(self.works.database, harvest.run, UNNAMED)
        if harvest.run.whole and harvest.run.counts.read and not not_retired:
            await retire_the_rest(self.works, harvest.run)
        await self._end(harvest, not_retired=not_retired)

    async def _begun(self, source: Source, oai: OaiAddress, state: Row) -> Harvest:
        """The harvest that was broken off, or a new one."""
        if state.get("run"):
            run = await store.get_run(_Reads(self.works), state["run"])
            return Harvest(source, oai, run, state)
        now = datetime.now(UTC)
        since, last_whole = state.get("harvested_at"), state.get("whole_at")
        whole = since is None or last_whole is None or last_whole < now - timedelta(days=oai.whole_every_days)
        fields = {"name": oai.url, "form": oai.form, "whole": whole, "by": "harvest", "state": RunState.RUNNING}
        run = await store.begin_run(self.works.database, source, fields)
        begun = {"run": run.id, "token": None, "begun_at": None, "failures": 0}
        return Harvest(source, oai, run, await store.note_harvest(self.works.database, source.id, begun))

    async def _all_pages(self, harvest: Harvest, provider: Provider) -> Harvest:
        while found := await self._page(harvest, provider):
            page, token = found
            for place in range(0, max(len(page.records), 1), RECORDS_AT_ONCE):
                records = page.records[place : place + RECORDS_AT_ONCE]
                is_last = place + RECORDS_AT_ONCE >= len(page.records)
                take = partial(_commit, harvest, records, page if is_last else None)
                harvest = await self.works.transact(take, bulk=True)
            if page.token is None:
                break
            if page.token == token:
                raise NotOai("the same resumption token again")
            harvest = harvest.asking_with(page.token)
        return harvest

    async def _page(self, harvest: Harvest, provider: Provider) -> tuple[ListPage, str | None] | None:
        """The next page and the token that got it; None where there is nothing.

        A token that is no longer known means from the beginning, a date that is refused by the day, then everything.
        """
        for arguments in harvest.ways_to_ask():
            try:
                page = read_page(await provider.ask({"verb": "ListRecords", **arguments}))
                return page, arguments.get("resumptionToken")
            except OaiError as error:
                if error.code == NO_RECORDS:
                    return None
                if error.code not in {BAD_TOKEN, BAD_ARGUMENT}:
                    raise
                last = error
        raise last

    async def _put_off(self, harvest: Harvest, away: Away) -> None:
        failures = harvest.state.get("failures", 0) + 1
        if failures >= MOST_FAILURES:
            await self._end(harvest, failure="away", detail=str(away))
            return
        wait = timedelta(seconds=away.seconds) if isinstance(away, Busy) and away.seconds else PUT_OFF
        log.warning("harvest_put_off", source=harvest.source.id, why=str(away))
        put_off = {"failures": failures, "next_at": datetime.now(UTC) + wait}
        await store.note_harvest(self.works.database, harvest.source.id, put_off)

    async def _end(
        self, harvest: Harvest, *, failure: str | None = None, detail: str | None = None, not_retired: bool = False
    ) -> None:
        database = self.works.database
        await store.finish_run(database, harvest.run, failure=failure, detail=detail, not_retired=not_retired)
        state = (await store.harvest_state(self.works.database, harvest.source.id)) or {}
        now = datetime.now(UTC)
        ended: dict[str, Any] = {
            "run": None,
            "token": None,
            "failures": 0,
            "next_at": now + timedelta(hours=harvest.oai.every_hours),
        }
        if failure is None:
            ended["harvested_at"] = min(state.get("begun_at") or now, now)
            if harvest.run.whole:
                ended["whole_at"] = now
        await store.note_harvest(self.works.database, harvest.source.id, ended)


@dataclass(frozen=True)
class Harvest:
    """One harvest under way. state: the source's row, as it was when the harvest was taken up."""

    source: Source
    oai: OaiAddress
    run: Run
    state: Row

    @property
    def asked_with(self) -> str | None:
        token: str | None = self.state.get("token")
        return token

    def asking_with(self, token: str) -> Harvest:
        return Harvest(self.source, self.oai, self.run, {**self.state, "token": token})

    def gone_on(self, run: Run) -> Harvest:
        return Harvest(self.source, self.oai, run, self.state)

    def ways_to_ask(self) -> list[dict[str, str]]:
        """Arguments of ListRecords, those to try first first."""
        everything = {"metadataPrefix": self.oai.prefix} | ({"set": self.oai.set} if self.oai.set else {})
        ways = [{"resumptionToken": self.asked_with}] if self.asked_with else []
        since = self.state.get("harvested_at")
        if since and not self.run.whole:
            earlier = since - timedelta(hours=self.oai.overlap_hours)
            ways += [{**everything, "from": datestamp_of(earlier, by_day=by_day)} for by_day in (False, True)]
        return [*ways, everything]


async def _commit(harvest: Harvest, records: tuple[OaiRecord, ...], page: ListPage | None, work: Work) -> Harvest:
    """page: where these are the last records of it."""
    run = harvest.run
    batch = FileBatch(run.position, run.number)
    retired, unread = [], []
    for place, record in enumerate(records):
        batch.number += 1
        batch.positions[batch.number] = run.position + place
        batch.counts["read"] += 1
        if record.deleted:
            retired.append(contribution_id(run.source, record.identifier))
        elif not _take(record, harvest, batch):
            unread.append(contribution_id(run.source, record.identifier))
    batch.end = run.position + len(records)
    coming = batch.contributions
    going = [one for one in dict.fromkeys(retired) if one not in coming]
    became = await contribute(work, Batch(list(coming.values()), going))
    batch.counts += Counter(became.values())
    store.mark_seen(work, run, unread)
    store.report(work, batch.report(run.id))
    if page:
        await store.keep_token(work, run.source, page.token, page.responded_at)
    run = await store.advance_run(work, run, position=batch.end, number=batch.number, counts=batch.all_counts())
    return harvest.gone_on(run)


def _take(record: OaiRecord, harvest: Harvest, batch: FileBatch) -> bool:
    """Whether it could be read; the last of those with one identifier stands."""
    number = batch.number
    found = _read(record.metadata, harvest.oai.form) if record.metadata else None
    for fault in found.faults if found else ():
        batch.complain(number, said(fault))
    if not record.identifier:
        batch.complain(number, ReportFault(code=UNNAMED, severity=Severity.LOST, field="identifier"))
    if found is None or found.record is None or not record.identifier:
        batch.counts["refused"] += 1
        if not batch.faults.get(number):
            no_record = ReportFault(code=FaultCode.NOT_A_RECORD, severity=Severity.LOST, detail=record.identifier[:200])
            batch.complain(number, no_record)
        return False
    try:
        contribution = _contribution(record, found, harvest)
    except Unwritable as unwritable:
        batch.counts["refused"] += 1
        batch.complain(number, said(unwritable.fault))
        return False
    batch.contributions[contribution.id] = contribution
    batch.places[contribution.id] = number
    return True


def _contribution(record: OaiRecord, found: Found, harvest: Harvest) -> Contribution:
    if found.record is None:
        raise LookupError("there is no record")
    # The position is the same for all: coming upon an identifier again in one harvest is no fault.
    seen = Seen(harvest.run.id, 0)
    return contribution_of(
        harvest.source.origin(), record.identifier, found.record, datestamp=record.datestamp, seen=seen
    )


def _read(metadata: bytes, form: Format) -> Found | None:
    return next(iter(read(BytesIO(metadata), form)), None)


class _Reads:
    """Committed reads for `store.get_run`."""

    def __init__(self, works: Works) -> None:
        self._database = works.database

    async def find_one(self, collection: str, query: Any) -> Any:
        return await self._database[collection].find_one(query)

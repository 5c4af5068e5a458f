"""Files go into the union whole, once, with a word on every record that was not as it should be."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from pymarc import Field, Record, Subfield

from services.catalog.formats import Format, Severity, Unwritable, as_marc21, as_marcxml, read, restored, write
from services.catalog.imports import importing, reading, store
from services.catalog.imports.importing import Importing
from services.catalog.imports.letting_go import let_go_of_file
from services.catalog.imports.pace import Pace
from services.catalog.imports.run import Run, RunState
from services.catalog.union.contribution import Origin
from services.catalog.union.store import CLUSTERS, CONTRIBUTIONS
from shared.web.problems import Problem
from tests.integration.catalog.imports.conftest import Desk
from tests.integration.catalog.union.conftest import Union
from tests.integration.catalog.union.shelves import NONE, books, catalogue, iso2709

SCHOOL = Origin("truong", "truong-le-loi", 2)


async def test_a_file_is_taken_in_once_however_often_it_comes(desk: Desk) -> None:
    source = await desk.source()
    body = iso2709(catalogue(books(600)))
    first = await desk.take(source, body)
    state = await desk.union.state()
    again = await desk.take(source, body)
    assert (first.state, first.counts.read, first.counts.new) == (RunState.DONE, 600, 600)
    assert (again.counts.new, again.counts.updated, again.counts.unchanged) == (0, 0, 600)
    assert await desk.union.state() == state


async def test_a_whole_file_retires_what_it_no_longer_has(desk: Desk) -> None:
    source = await desk.source()
    shelf = list(catalogue(books(20)))
    await desk.take(source, iso2709(iter(shelf)))
    part = await desk.take(source, iso2709(iter(shelf[:5])))
    assert (part.counts.retired, await desk.standing()) == (0, 20)
    whole = await desk.take(source, iso2709(iter(shelf[:15])), whole=True)
    assert (whole.counts.unchanged, whole.counts.retired, await desk.standing()) == (15, 5, 15)
    assert not whole.not_retired
    other = await desk.source("khac")
    await desk.take(other, iso2709(iter(shelf[:1])), whole=True)
    assert await desk.standing() == 16


File = dict[str, Any]


def broken_off(shelf: list[Record]) -> File:
    return {"body": iso2709(iter(shelf[:15]))[:-40]}


def with_a_record_damaged(shelf: list[Record]) -> File:
    pieces = [record.as_marc() for record in shelf]
    return {"body": b"".join([*pieces[:3], b"garbage that is no record\x1d", *pieces[4:]])}


def without_headings(_: list[Record]) -> File:
    return {"body": "Nguyễn Du;Truyện Kiều\nTô Hoài;Dế Mèn\n".encode(), "form": Format.CSV}


def no_workbook(_: list[Record]) -> File:
    return {"body": b"PK\x03\x04 and nothing more", "form": Format.XLSX}


@pytest.mark.parametrize("sent", [broken_off, with_a_record_damaged, without_headings, no_workbook])
async def test_a_whole_file_of_which_something_cannot_be_read_retires_nothing(
    desk: Desk, sent: Callable[[list[Record]], File]
) -> None:
    source = await desk.source()
    shelf = list(catalogue(books(20)))
    await desk.take(source, iso2709(iter(shelf)))
    file = sent(shelf)
    tried = await desk.take(source, **file, whole=True, dry=True)
    run = await desk.take(source, **file, whole=True)
    assert (tried.not_retired, run.not_retired, run.state) == (True, True, RunState.DONE)
    assert (run.counts.retired, await desk.standing()) == (0, 20)


async def test_an_empty_file_retires_nothing(desk: Desk) -> None:
    source = await desk.source()
    await desk.take(source, iso2709(catalogue(books(3))))
    empty = await desk.take(source, b"", whole=True)
    assert (empty.state, empty.failure, await desk.standing()) == (RunState.FAILED, "empty", 3)


async def test_a_record_that_iso_2709_cannot_hold_stands_in_the_union(desk: Desk) -> None:
    source = await desk.source()
    [book] = catalogue(books(1))
    book.add_field(*(Field("852", NONE, [Subfield("a", f"Kho {issue}, {'x' * 80}")]) for issue in range(1500)))
    book.add_field(*(Field("653", NONE, [Subfield("a", f"{word} {'ề' * 900}")]) for word in range(700)))
    run = await desk.take(source, b"".join(write([book], Format.MARCXML)), form=Format.MARCXML)
    assert (run.counts.new, run.counts.refused, run.counts.lost) == (1, 0, 0)
    [standing] = await desk.database[CONTRIBUTIONS].find().to_list()
    assert len(restored(standing["marc"]).get_fields("852")) == 1500
    [cluster] = await desk.database[CLUSTERS].find().to_list()
    merged = restored(cluster["marc"])
    assert (len(merged.get_fields("653")), merged.get_fields("852")) == (700, [])
    assert as_marcxml(merged)
    with pytest.raises(Unwritable):
        as_marc21(merged)
    other = list(catalogue(books(1), manner=1))
    await desk.take(await desk.source("khac"), iso2709(iter(other)))
    [together] = await desk.database[CLUSTERS].find({"deleted": False}).to_list()
    assert len(together["members"]) == 2


async def test_two_records_under_one_number_are_both_kept(desk: Desk) -> None:
    """In one batch and across batches."""
    source = await desk.source()
    shelf = list(catalogue(books(reading.RECORDS_A_BATCH + 10)))
    shelf[3]["001"].data = shelf[2]["001"].data
    shelf[-1]["001"].data = shelf[0]["001"].data
    body = iso2709(iter([*shelf, shelf[1], shelf[-2]]))
    for run in (await desk.take(source, body), await desk.take(source, body, whole=True)):
        said = {row.number: [fault.code for fault in row.faults] for row in await desk.report(run)}
        count = len(shelf)
        assert said == {
            4: ["repeated-id"],
            count: ["repeated-id"],
            count + 1: ["exact-copy"],
            count + 2: ["exact-copy"],
        }
        assert (run.counts.read, run.counts.copy_, run.counts.repaired) == (count + 2, 2, 2)
        assert await desk.standing() == count
    assert len(await desk.union.clusters()) == len(shelf)


async def test_damaged_records_are_reported_and_stop_nobody(desk: Desk) -> None:
    source = await desk.source()
    pieces = [record.as_marc() for record in catalogue(books(9))]
    pieces[4] = b"garbage that is no record\x1d"
    pieces[7] = pieces[7][: len(pieces[7]) // 2]
    run = await desk.take(source, b"".join(pieces))
    report = await desk.report(run)
    assert run.state == RunState.DONE
    assert run.counts.new >= 7
    assert {row.severity for row in report} >= {Severity.LOST}
    assert run.counts.read == run.counts.new + run.counts.refused + run.counts.copy_
    assert all(row.faults and row.position >= 0 for row in report)


async def test_a_dry_run_only_reports(desk: Desk) -> None:
    source = await desk.source()
    run = await desk.take(source, iso2709(catalogue(books(3))) + b"no record\x1d", dry=True)
    assert (run.counts.read >= 4, await desk.standing(), len(await desk.report(run)) >= 1) == (True, 0, True)


async def test_a_run_that_two_processes_have_goes_on_in_one(desk: Desk) -> None:
    source = await desk.source()
    body = iso2709(catalogue(books(700)))
    run = await desk.begin(source)
    first = Importing(desk.union.runtime.works)
    ended = await asyncio.gather(
        first.take(run, source, BytesIO(body)), first.take(run, source, BytesIO(body)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in ended) == ["Run", "TakenOver"]
    assert await desk.standing() == 700
    now = await store.get_run(Committed(desk), run.id)
    assert (now.state, now.counts.read, now.counts.new) == (RunState.DONE, 700, 700)


class Committed:
    """Reads for `store.get_run`."""

    def __init__(self, desk: Desk) -> None:
        self._database = desk.database

    async def find_one(self, collection: str, query: dict) -> dict | None:
        return await self._database[collection].find_one(query)


async def test_a_source_does_not_change_hands(desk: Desk) -> None:
    await desk.source(trust=4)
    with pytest.raises(Problem, match="source-of-another-library"):
        await desk.source(library="truong-le-loi", trust=1)
    [source] = await store.list_sources(desk.database, None, 5)
    assert (source.library, source.trust) == ("thu-vien-tinh", 4)


async def test_an_upload_whose_object_is_gone_fails_by_its_name(desk: Desk) -> None:
    source = await desk.source()
    run = await desk.begin(source, key="imports/gone")
    assert await importing.take_next_upload(desk.union.runtime)
    row = await desk.database[store.RUNS].find_one({"_id": run.id})
    assert row is not None
    assert (row["state"], row["failure"]) == ("failed", "file-missing")
    assert not await importing.take_next_upload(desk.union.runtime)


async def test_a_file_is_let_go_once_all_its_runs_ended_long_ago(desk: Desk) -> None:
    runtime, source, runs = desk.union.runtime, await desk.source(), desk.database[store.RUNS]
    await runtime.objects.put("imports/tinh/1", iso2709(catalogue(books(2))), "application/marc")
    for dry in (True, False):
        await desk.begin(source, key="imports/tinh/1", dry=dry)
    assert await importing.take_next_upload(runtime)
    assert not await let_go_of_file(runtime, days=0)
    assert await importing.take_next_upload(runtime)
    assert not await let_go_of_file(runtime, days=1)
    assert await let_go_of_file(runtime, days=0)
    assert await runtime.objects.list("imports") == []
    assert [row["key"] async for row in runs.find()] == [None, None]
    assert not await let_go_of_file(runtime, days=0)


async def test_an_import_beside_single_changes_ends_as_an_undisturbed_one(desk: Desk, another: Union) -> None:
    """It loses races, goes on in steps, and neither waits for the other for good."""
    shelf = list(catalogue(books(900)))
    shelf[40]["001"].data = shelf[39]["001"].data
    body = iso2709(iter([*shelf[:60], shelf[5], *shelf[60:]])) + b"no record\x1d"
    singles = list(catalogue(books(40), manner=1))
    source = await desk.source()
    importing_it = asyncio.create_task(desk.take(source, body))
    for single in singles:
        await desk.union.put(SCHOOL, [single], bulk=False)
    run = await importing_it
    undisturbed = Desk(another)
    await another.put(SCHOOL, singles)
    expected = await undisturbed.take(await undisturbed.source(), body)
    assert run.counts == expected.counts
    assert await desk.union.state() == await another.state()
    assert [row.model_dump(exclude={"run"}) for row in await desk.report(run)] == [
        row.model_dump(exclude={"run"}) for row in await undisturbed.report(expected)
    ]


async def test_a_run_knows_whether_others_are_at_work(desk: Desk) -> None:
    pace, shelf = Pace(desk.union.runtime.works), list(catalogue(books(2)))
    assert not await pace.meets_others()
    await desk.union.put(SCHOOL, shelf[:1], bulk=True)
    assert not await pace.meets_others()
    await desk.union.put(SCHOOL, shelf[1:], bulk=False)
    assert await pace.meets_others()
    assert not await pace.meets_others()


def test_the_steps_of_a_batch_are_the_batch() -> None:
    body = iso2709(catalogue(books(60))) + b"no record\x1d"
    run = Run(
        id="i-1", source="tinh", library="thu-vien-tinh", state=RunState.RUNNING, name="tệp", form=Format.MARC21,
        by="thu-thu", created_at=datetime.now(UTC),
    )  # fmt: skip
    batch = reading.FileReader(read(BytesIO(body), Format.MARC21), run, SCHOOL).next_batch()
    assert batch is not None
    steps = list(batch.steps(25))
    assert [len(step.positions) for step in steps] == [25, 25, 11]
    assert (steps[-1].end, steps[-1].number) == (batch.end, batch.number)
    assert sum((step.counts for step in steps), Counter()) == batch.counts
    assert {one for step in steps for one in step.contributions} == batch.contributions.keys()
    assert [row for step in steps for row in step.report("i-1")] == batch.report("i-1")
    assert steps[0].end == steps[1].positions[26]

"""Every message is archived as it came, once, whatever dies between the spool and the object store."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from services.stats.archive.compact import Compactor
from services.stats.archive.handlers import build_archive
from services.stats.archive.store import OBJECTS, SPOOL, Archive, ArchiveDamaged, ObjectState
from services.stats.settings import StatsSettings
from tests.integration.stats.test_counting import loan

UNKNOWN = b'{"id":"u-1","source":"urn:test","type":"vn.lienthong.shelf.moved.v9","time":"2026-03-09T05:00:00Z"}'
MALFORMED = b"\xff not an event"


class Died(Exception):
    """The process was killed here."""


def compactor(runtime, **settings) -> Compactor:
    return Compactor(runtime.works, runtime.objects, StatsSettings(**settings))


async def archived(runtime) -> list[bytes]:
    archive = Archive(runtime.database, runtime.objects)
    days = await archive.days("0001-01-01", "9999-12-31")
    return [line.body for day in days for line in [line async for line in archive.lines(day)]]


async def archived_rows(runtime):
    return await runtime.database[OBJECTS].find({"state": ObjectState.ARCHIVED}).to_list()


async def test_everything_is_kept_as_it_came_also_unknown_and_malformed(runtime, deliver_to):
    bodies = [loan(1), UNKNOWN, MALFORMED]
    await deliver_to(build_archive(), "circulation", bodies)
    assert sorted(await archived(runtime)) == sorted(bodies)

    await compactor(runtime).turn()

    assert sorted(await archived(runtime)) == sorted(bodies)
    assert await runtime.database[SPOOL].count_documents({}) == 0


async def test_a_message_that_comes_again_is_archived_once(runtime, deliver_to):
    archive = build_archive()
    again = loan(2)
    await deliver_to(archive, "circulation", [loan(1), again, UNKNOWN])
    await compactor(runtime).turn()

    await deliver_to(archive, "circulation", [again, UNKNOWN, loan(3)])
    await compactor(runtime).turn()

    identities = [orjson.loads(body)["id"] for body in await archived(runtime)]
    assert sorted(identities) == ["loan-1", "loan-2", "loan-3", "u-1"]


async def test_a_day_and_topic_grow_into_one_object_until_it_is_full(runtime, deliver_to):
    archive = build_archive()
    for number in range(3):
        await deliver_to(archive, "circulation", [loan(number)])
        await compactor(runtime).turn()
    assert [row["lines"] for row in await archived_rows(runtime)] == [3]

    await deliver_to(archive, "circulation", [loan(3)])
    await compactor(runtime, stats_archive_object_bytes=1).turn()

    assert sorted(row["lines"] for row in await archived_rows(runtime)) == [1, 3]
    assert len(await archived(runtime)) == 4


@pytest.mark.parametrize("moment", ["object written", "before the object"])
async def test_a_compactor_that_dies_neither_loses_nor_doubles(runtime, deliver_to, monkeypatch, moment):
    await deliver_to(build_archive(), "circulation", [loan(1), loan(2)])
    dying = compactor(runtime)

    async def die(*_):
        raise Died

    target, name = (runtime.works, "transact") if moment == "object written" else (runtime.objects, "put")
    with monkeypatch.context() as patched:
        patched.setattr(target, name, die)
        with pytest.raises(Died):
            await dying.turn()
    assert len(await archived(runtime)) == 2

    await compactor(runtime).turn()
    swept = await compactor(runtime).sweep(datetime.now(UTC) + timedelta(seconds=1))

    assert len(await archived(runtime)) == 2
    assert swept == 1
    assert await runtime.objects.list("archive") == [row["_id"] for row in await archived_rows(runtime)]


async def test_a_second_compactor_cannot_archive_the_same_lines(runtime, deliver_to, monkeypatch):
    await deliver_to(build_archive(), "circulation", [loan(1), loan(2)])
    put = runtime.objects.put

    async def put_and_be_overtaken(*arguments):
        monkeypatch.undo()
        await compactor(runtime).turn()
        return await put(*arguments)

    monkeypatch.setattr(runtime.objects, "put", put_and_be_overtaken)
    await compactor(runtime).turn()

    assert [row["lines"] for row in await archived_rows(runtime)] == [2]
    assert len(await archived(runtime)) == 2


async def test_a_damaged_object_is_noticed(runtime, deliver_to):
    await deliver_to(build_archive(), "circulation", [loan(1)])
    await compactor(runtime).turn()
    (row,) = await archived_rows(runtime)
    packed = await runtime.objects.get(row["_id"])

    await runtime.objects.put(row["_id"], packed[:-1], "application/zstd")

    with pytest.raises(ArchiveDamaged, match=row["_id"]):
        await archived(runtime)

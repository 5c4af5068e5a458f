"""Dumps of what is public: whole, described, replaced at once, kept for a while."""

import csv
import gzip
import hashlib
import io
import json
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pymarc
import pytest

from services.catalog.app import dumping_of
from services.catalog.exchange.opendata.making import FOLDER, Dumping
from services.catalog.exchange.opendata.store import DUMPS
from services.catalog.exchange.store import CLUSTERS
from services.catalog.settings import CatalogSettings
from tests.integration.catalog.conftest import World
from tests.integration.catalog.exchange.clusters import cluster_id, nearly_too_large, record, row
from tests.integration.catalog.exchange.conftest import fill, run


@pytest.fixture
def dumping(world: World) -> Dumping:
    return dumping_of(world.runtime, CatalogSettings(public_url="https://thuvien.example"))


async def download(world: World, name: str, dump: str = "latest") -> bytes:
    answer = await world.client.get(f"/open-data/{dump}/{name}")
    assert answer.status_code == 200
    return gzip.decompress(answer.content)


async def test_every_public_cluster_is_in_every_file_and_nothing_else(world: World, dumping: Dumping) -> None:
    await fill(world, range(1234))
    rows = world.runtime.database[CLUSTERS]
    await rows.insert_many([row(2001, public=False), row(2002, deleted=True), row(2003, redirect_to=cluster_id(1))])
    await dumping.make()
    expected = [cluster_id(number) for number in range(1234)]
    marc = list(pymarc.MARCReader(await download(world, "union.mrc.gz")))
    assert [one["001"].data for one in marc] == expected
    lines = [json.loads(line) for line in (await download(world, "union.jsonl.gz")).splitlines()]
    assert [line["@id"] for line in lines] == [f"https://thuvien.example/clusters/{one}" for one in expected]
    text = (await download(world, "union.csv.gz")).decode("utf-8-sig")
    table = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [line["id"] for line in table] == expected
    assert table[7]["title"] == "Chuyện Hạ Lôi, quyển số 7"
    assert str(marc[7]["245"]) == str(record(7)["245"])


async def test_it_is_described_with_licence_and_checksums(world: World, dumping: Dumping) -> None:
    await fill(world, range(3))
    await dumping.make()
    answer = await world.client.get("/open-data")
    assert answer.headers["content-type"] == "application/ld+json"
    described = answer.json()
    (dataset,) = described["dcat:dataset"]
    assert dataset["dct:license"] == {"@id": "https://creativecommons.org/publicdomain/zero/1.0/"}
    assert [one["dct:title"] for one in dataset["dcat:distribution"]] == [
        "union.mrc.gz",
        "union.jsonl.gz",
        "union.csv.gz",
    ]
    for one in dataset["dcat:distribution"]:
        address = one["dcat:downloadURL"]["@id"].removeprefix("https://thuvien.example")
        body = (await world.client.get(address)).content
        assert len(body) == one["dcat:byteSize"]
        assert hashlib.sha256(body).hexdigest() == one["spdx:checksum"]["spdx:checksumValue"]


async def test_an_equal_union_is_an_equal_dump(world: World, dumping: Dumping) -> None:
    await fill(world, range(3))
    once, again = await dumping.make(), None
    await world.runtime.database[DUMPS].delete_many({})
    again = await dumping.make()
    assert [file.sha256 for file in once.files] == [file.sha256 for file in again.files]


async def test_before_the_first_dump_there_is_an_empty_list(world: World) -> None:
    assert (await world.client.get("/open-data")).json()["dcat:dataset"] == []
    assert (await world.client.get("/open-data/latest/union.mrc.gz")).status_code == 404


async def test_a_night_has_one_dump_once_there_is_something(world: World, dumping: Dumping) -> None:
    await dumping.turn()
    assert await world.runtime.database[DUMPS].count_documents({}) == 0
    await fill(world, range(3))
    for _ in range(2):
        assert await dumping.turn() is False
    assert await world.runtime.database[DUMPS].count_documents({}) == 1


async def test_old_dumps_and_unfinished_ones_are_let_go_the_newest_stays(world: World, dumping: Dumping) -> None:
    await fill(world, range(3))
    old = await dumping.make()
    dumps = world.runtime.database[DUMPS]
    long_ago = datetime.now(UTC) - timedelta(days=40)
    await dumps.delete_one({"_id": old.id})
    await dumps.insert_one({**old.model_dump(exclude={"id"}), "_id": "20260101T000000Z", "made_at": long_ago})
    unfinished = f"{FOLDER}/20260102T000000Z/union.mrc.gz-0123456789abcdef"
    await world.runtime.objects.put(unfinished, b"half", "application/gzip")
    await replace(dumping, days=30).make()
    (kept,) = await dumps.find({}).to_list()
    keys = await world.runtime.objects.list(FOLDER)
    assert unfinished not in keys
    assert {file["key"] for file in kept["files"]} <= set(keys)
    await dumps.update_one({"_id": kept["_id"]}, {"$set": {"made_at": long_ago}})
    assert (await world.client.get(f"/open-data/{kept['_id']}/union.csv.gz")).status_code == 200


async def test_a_record_that_one_file_cannot_hold_is_counted(world: World, dumping: Dumping) -> None:
    await world.runtime.database[CLUSTERS].insert_many([row(0), row(1, marc=nearly_too_large()), row(2)])
    made = await dumping.make()
    assert {file.name: file.records for file in made.files} == {
        "union.mrc.gz": 2,
        "union.jsonl.gz": 3,
        "union.csv.gz": 3,
    }


@pytest.mark.parametrize("address", ["/open-data/latest/other.gz", "/open-data/20260101T000000Z/union.csv.gz"])
async def test_files_that_are_not_there_are_not_found(world: World, dumping: Dumping, address: str) -> None:
    await dumping.make()
    assert (await world.client.get(address)).json()["reason"] == "dump-unknown"


async def test_a_dump_is_made_by_command(world: World) -> None:
    await fill(world, range(3))
    settings = world.runtime.settings
    told = {
        "MONGO_URL": settings.mongo_url,
        "MONGO_PREFIX": settings.mongo_prefix,
        "OBJECT_STORE": settings.object_store,
    }
    done = await run(sys.executable, "-m", "services.catalog", "dump", environment=told)
    assert done.status == 0, done.err
    lines = [line.split("\t") for line in done.out.splitlines()]
    assert [(name, records) for name, records, *_ in lines] == [
        ("union.mrc.gz", "3"),
        ("union.jsonl.gz", "3"),
        ("union.csv.gz", "3"),
    ]
    body = (await world.client.get("/open-data/latest/union.csv.gz")).content
    assert lines[2][3] == f"sha256 {hashlib.sha256(body).hexdigest()}"

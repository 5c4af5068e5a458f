"""kill -9 at random points of an import by command line: taken up again, the end is that of an undisturbed one."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from services.catalog.imports import store
from services.catalog.imports.command import SOME_LOST
from services.catalog.union.store import CONTRIBUTIONS
from shared.events.topics import topics
from tests.engines import ROOT, transactions_of
from tests.integration.catalog.imports.conftest import Desk
from tests.integration.catalog.union.conftest import Union
from tests.integration.catalog.union.shelves import books, catalogue, iso2709
from tests.resources.outbox import announced

KILLED = -signal.SIGKILL


def start(desk: Desk, path: Path) -> subprocess.Popen[bytes]:
    settings = desk.union.runtime.settings
    environment = os.environ | {
        "MONGO_URL": settings.mongo_url,
        "MONGO_PREFIX": settings.mongo_prefix,
        "OBJECT_STORE": settings.object_store,
    }
    command = [sys.executable, "-m", "services.catalog", "import", str(path)]
    command += ["--source", "tinh", "--library", "thu-vien-tinh", "--language", "en"]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


async def kill_at(desk: Desk, process: subprocess.Popen[bytes], number: int) -> int:
    """Kill it once so many records are in; its exit code, which is another one where it was done before."""
    while process.poll() is None:
        run = await desk.database[store.RUNS].find_one({"source": "tinh"})
        if run and run["number"] >= number:
            process.kill()
        await asyncio.sleep(0.005)  # between two looks, not in place of one
    return process.returncode


async def everything(union: Union) -> dict[str, Any]:
    """All that an import leaves behind, but for moments and random ids."""
    without = {"at": 0, "added_at": 0, "changed_at": 0, "seen": 0}
    contributions = {row["_id"]: row async for row in union.database[CONTRIBUTIONS].find({}, without)}
    runs = [row["counts"] async for row in union.database[store.RUNS].find()]
    reports = [(row["number"], row["faults"]) async for row in union.database[store.REPORTS].find().sort("number", 1)]
    said = sorted((one.topic, one.key) for one in await announced(union.database))
    events = [one for one in said if not topics()[one[0]].compacted]
    states = sorted(set(said) - set(events))  # a batch that went in by pieces says the state of a cluster at each
    told = {"events": events, "states": states}
    return {"union": await union.state(), "contributions": contributions, "runs": runs, "reports": reports, **told}


@pytest.mark.parametrize(
    "size", [(3_000, 3), pytest.param((100_000, 5), marks=pytest.mark.prove)], ids=["small", "full"]
)
async def test_a_killed_import_ends_as_an_undisturbed_one(
    desk: Desk, another: Union, mongo_client: MongoClient[dict[str, Any]], tmp_path: Path, size: tuple[int, int]
) -> None:
    count, kills = size
    shelf = books(count // 3 * 2)
    twice = [*catalogue(shelf), *catalogue(shelf[: count - len(shelf)], manner=1)]
    path = tmp_path / "tệp.mrc"
    path.write_bytes(iso2709(iter(twice)) + b"no record\x1d")
    chosen = random.Random(count)
    points = sorted(chosen.randrange(count * 3 // 4) for _ in range(kills))  # behind them there is time to kill it
    with transactions_of(
        mongo_client, seconds=5
    ):  # what a killed process leaves open would else stand in the way for 60
        killed = [await kill_at(desk, start(desk, path), point) for point in points]
        assert killed.count(KILLED) == kills, killed
        ended = start(desk, path)
        output, _ = await asyncio.to_thread(ended.communicate)
    assert ended.returncode == SOME_LOST, output.decode()
    undisturbed = Desk(another)
    source = await undisturbed.source()
    run = await undisturbed.take(source, path.read_bytes())
    assert run.counts.new == count
    expected = await everything(another)
    for part, held in (await everything(desk.union)).items():
        assert held == expected[part], part

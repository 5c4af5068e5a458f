"""`import.beside_*`: how long loans and single new records take while a file is imported, and while none is.

    python -m tests.benchmarks.import_beside [--seconds N] [--rounds N]

Both are the transactions that the catalog does for them: a loan kept and told of, a published document's record taken
into the union. They are begun at an even pace, without waiting for each other, in turns of so many seconds without and
with an import by command line beside; latency counts from when each should have begun. All meet the same MongoDB.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path

import pymarc

from deploy.local.engines.mongo import MongoReplicaSet
from services.catalog.circulation.loan import Loan, LoanState
from services.catalog.circulation.store import keep_loan
from services.catalog.imports.store import RUNS
from services.catalog.indexes import ensure_indexes
from services.catalog.registry.store import LIBRARIES
from services.catalog.union.contributing import Batch, contribute
from services.catalog.union.contribution import Contribution, Origin, contribution_of
from shared.bus.work import Work
from shared.events.circulation import LoanMade
from shared.runtime import Runtime, open_runtime
from shared.settings import Settings
from tests.benchmarks.brief_records import brief_records, write_file
from tests.benchmarks.figures import Figure, rounded
from tests.benchmarks.import_rate import LIBRARY, importer
from tests.engines import free_port, running

COMMAND = "python -m tests.benchmarks --only import"
A_SECOND = 10
"""Loans, and as many single records: what a province's libraries do in their busiest hour, and more."""
MOST_A_SECOND = 2500
"""Records that an import takes in, so that the file outlasts all turns."""
WARM_SECONDS = 3
KINDS = ("loan", "record")


@dataclass
class Latencies:
    """Milliseconds by kind, without and with an import beside; how many records the import took in meanwhile."""

    without: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    beside: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    imported_per_second: list[float] = field(default_factory=list)


def figures(mongo_url: str, seconds: int, rounds: int) -> Iterator[Figure]:
    """The 95th percentile of each kind beside an import, over that without one."""
    latencies = asyncio.run(measure(mongo_url, seconds, rounds))
    for kind in KINDS:
        details = {
            "p50": rounded(statistics.median(latencies.beside[kind])),
            "p50_without": rounded(statistics.median(latencies.without[kind])),
            "counted": len(latencies.beside[kind]),
            "imported_per_second": rounded(statistics.median(latencies.imported_per_second)),
        }
        beside, without = p95(latencies.beside[kind]), p95(latencies.without[kind])
        yield Figure(f"import.beside_{kind}", "ms (p95)", COMMAND, [beside], [without], details=details)


def p95(milliseconds: list[float]) -> float:
    return statistics.quantiles(milliseconds, n=20)[-1]


async def measure(mongo_url: str, seconds: int, rounds: int) -> Latencies:
    """Turns without and with an import, each so many seconds."""
    found = Latencies()
    with tempfile.TemporaryDirectory(prefix="import-beside-") as made:
        file = Path(made, "brief.mrc")
        write_file(file, MOST_A_SECOND * (seconds + WARM_SECONDS) * rounds)
        settings = Settings(
            mongo_url=mongo_url, mongo_prefix=f"bench{uuid.uuid4().hex[:8]}_", object_store=Path(made, "o").as_uri()
        )
        runtime = open_runtime("catalog", settings)
        try:
            await ensure_indexes(runtime.database)
            row = {"version": 1, "title": "Thư viện tỉnh", "library_type": "provincial", "parent": None}
            contact = {"contact": "a@b.example", "own_system": False}
            await runtime.database[LIBRARIES].insert_one({"_id": LIBRARY, **row, **contact})
            live = Live(runtime, count=4 * A_SECOND * (seconds + WARM_SECONDS) * rounds)
            await live.work(WARM_SECONDS, {kind: [] for kind in KINDS})
            for _ in range(rounds):
                await live.work(seconds, found.without)
                found.imported_per_second.append(await _beside_an_import(live, file, seconds, found.beside))
        finally:
            await runtime.client.drop_database(runtime.database.name)
            await runtime.client.close()
    return found


async def _beside_an_import(live: Live, file: Path, seconds: int, into: dict[str, list[float]]) -> float:
    """Records a second that were imported meanwhile. Interrupted at the end, the import goes on in the next turn."""
    process = importer(live.runtime.settings, file)
    try:
        before = taken = await live.taken()
        while taken == before:
            if process.poll() is not None:
                raise RuntimeError("the import ended before it was measured")
            await asyncio.sleep(0.1)
            taken = await live.taken()
        began = time.perf_counter()
        await live.work(seconds, into)
        rate = (await live.taken() - taken) / (time.perf_counter() - began)
        if process.poll() is not None:
            raise RuntimeError("the import ended while it was measured")
        return rate
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


class Live:
    """Loans and single records, begun at an even pace."""

    def __init__(self, runtime: Runtime, count: int) -> None:
        self.runtime = runtime
        records = brief_records(count, seed=7)
        self._records = (self._contribution(record) for record in records)

    async def taken(self) -> int:
        """How many records the import has taken in."""
        row = await self.runtime.database[RUNS].find_one(sort=[("created_at", -1)])
        return int(row["number"]) if row else 0

    async def work(self, seconds: int, into: dict[str, list[float]]) -> None:
        """So long, A_SECOND of each kind a second; milliseconds of each go `into` its kind."""
        began = time.perf_counter()
        under_way: list[asyncio.Task[None]] = []
        for number in range(seconds * A_SECOND):
            for place, (kind, do) in enumerate((("loan", self._lend), ("record", self._publish(next(self._records))))):
                due = began + (number + place / len(KINDS)) / A_SECOND
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                under_way.append(asyncio.create_task(self._timed(do, due, into[kind])))
        await asyncio.gather(*under_way)

    async def _timed(self, do: Callable[[Work], Awaitable[object]], due: float, into: list[float]) -> None:
        await self.runtime.works.transact(do)
        into.append(1000 * (time.perf_counter() - due))

    async def _lend(self, work: Work) -> None:
        number = uuid.uuid4().hex
        loan = Loan(
            id=f"l-{number}", library=LIBRARY, item=number, patron=f"p-{number}", due=date.max, state=LoanState.OUT
        )
        said = LoanMade(loan=loan.id, library=LIBRARY, item=number, patron=loan.patron, due=loan.due)
        await keep_loan(work, loan, said)

    def _publish(self, contribution: Contribution) -> Callable[[Work], Awaitable[object]]:
        return partial(contribute, batch=Batch([contribution]))

    def _contribution(self, record: pymarc.Record) -> Contribution:
        return contribution_of(Origin("lienthong", LIBRARY), record["001"].data or "", record)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.import_beside", description=__doc__)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=6)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="import-beside-") as made:
        mongo = MongoReplicaSet(Path(made, "mongo"), free_port())
        with running(mongo, Path(made, "log")):
            for figure in figures(mongo.url, options.seconds, options.rounds):
                sys.stdout.write(json.dumps({figure.name: figure.entry()}) + "\n")


if __name__ == "__main__":
    main()

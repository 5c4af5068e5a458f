"""`import.*`: records a second into an empty union, beside bare pymarc and beside Debian's Zebra over the same file.

    python -m tests.benchmarks.import_rate [--records N …] [--rounds N]

The file is one of brief records in Vietnamese (`brief_records`). Ours is the command that a librarian types, with a
MongoDB of its own: parse, normalise, match, merge, store, announce; then until all of it is found, with the relay and a
search index beside (Kafka is left out: the relay hands over what it sends). pymarc only parses; Zebra parses and
indexes, matches nothing and keeps no history. All run in turns on the same cores.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from select import select
from typing import TextIO

import psutil
import pymarc

from deploy.local.engines.mongo import MongoReplicaSet
from deploy.local.settings import ROOT
from services.catalog.discovery.feed import Feed
from services.catalog.registry.store import LIBRARIES
from services.catalog.search import SearchIndex, SearchRequest
from services.catalog.union.store import CLUSTERS
from shared.bus.memory import MemoryBroker, MemoryPublisher
from shared.bus.messages import Message, Outgoing
from shared.bus.relay import Relay
from shared.events.clusters import ClusterChanged
from shared.settings import Settings
from shared.store.mongo import connect_blocking, database_blocking
from shared.store.objects import Objects
from shared.telemetry.logs import configure_logs
from tests.benchmarks.brief_records import write_file
from tests.benchmarks.figures import Figure, rounded
from tests.benchmarks.processes import family
from tests.engines import free_port, running

COMMAND = "python -m tests.benchmarks --only import"
AIM = 2000
"""Records a second."""
ZEBRA = Path(__file__).with_name("zebra")
LOOK_SECONDS = 0.2
LIBRARY = "thu-vien-tinh"


@dataclass
class Rates:
    """Records a second, run by run; processor time of a record; the most memory that the importing processes took."""

    records: int
    stored: list[float] = field(default_factory=list)
    found: list[float] = field(default_factory=list)
    pymarc: list[float] = field(default_factory=list)
    zebra: list[float] = field(default_factory=list)
    importer_ms: list[float] = field(default_factory=list)
    mongo_ms: list[float] = field(default_factory=list)
    zebra_ms: list[float] = field(default_factory=list)
    megabytes: float = 0.0
    clusters: int = 0


def figures(mongo_url: str, sizes: Sequence[int], rounds: int) -> Iterator[Figure]:
    """For each size our rate beside Zebra's, beside pymarc's and beside the aim; and the memory."""
    for records in sizes:
        rates = measure(mongo_url, records, rounds)
        yield _figure(rates, "stored", rates.zebra)
        yield _figure(rates, "found", rates.zebra)
        yield Figure(
            f"import.beside_pymarc.{records}", "records/s", COMMAND, runs=rates.stored, baseline_runs=rates.pymarc
        )
        yield Figure(f"import.memory.{records}", "MB", COMMAND, runs=[rates.megabytes])


def _figure(rates: Rates, name: str, zebra: Sequence[float]) -> Figure:
    details = {
        "records": rates.records,
        "clusters": rates.clusters,
        "aim": AIM,
        "importer_ms": rounded(statistics.median(rates.importer_ms)),
        "mongo_ms": rounded(statistics.median(rates.mongo_ms)),
        "zebra_ms": rounded(statistics.median(rates.zebra_ms)),
    }
    runs: list[float] = getattr(rates, name)
    return Figure(f"import.{name}.{rates.records}", "records/s", COMMAND, runs, zebra, details=details)


def measure(mongo_url: str, records: int, rounds: int) -> Rates:
    """Make the file; then ours, ours until it is found, Zebra and pymarc, again and again."""
    rates = Rates(records)
    with tempfile.TemporaryDirectory(prefix="import-rate-") as made:
        folder = Path(made)
        file = folder / "brief.mrc"
        write_file(file, records)
        for turn in range(rounds):
            _import(mongo_url, file, rates)
            _import_and_index(mongo_url, file, folder / f"index-{turn}", rates)
            _zebra(file, folder / f"zebra-{turn}", rates)
            rates.pymarc.append(records / _parse(file))
    return rates


def _import(mongo_url: str, file: Path, rates: Rates) -> None:
    with _union(mongo_url) as settings:
        mongo = _mongod(mongo_url)
        before, began = _processor_seconds(mongo), time.perf_counter()
        used = Used(importer(settings, file))
        used.until_its_end()
        rates.stored.append(rates.records / (time.perf_counter() - began))
        rates.mongo_ms.append(1000 * (_processor_seconds(mongo) - before) / rates.records)
        rates.importer_ms.append(1000 * used.seconds / rates.records)
        rates.megabytes = max(rates.megabytes, used.megabytes)
        rates.clusters = _clusters(settings)


def _import_and_index(mongo_url: str, file: Path, folder: Path, rates: Rates) -> None:
    with _union(mongo_url) as settings:
        command = [sys.executable, "-m", "tests.benchmarks.import_rate", "--index", str(folder)]
        pipe, environment = subprocess.PIPE, _environment(settings)
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe, text=True) as indexing:
            if indexing.stdin is None or indexing.stdout is None or indexing.stdout.readline() != "ready\n":
                raise RuntimeError("the index was not begun")
            began = time.perf_counter()
            Used(importer(settings, file)).until_its_end()
            indexing.stdin.close()
            indexed = int(indexing.stdout.readline())
            seconds = time.perf_counter() - began
        if indexed != _clusters(settings):
            raise RuntimeError(f"{indexed} of {_clusters(settings)} clusters are found")
        rates.found.append(rates.records / seconds)


def _zebra(file: Path, folder: Path, rates: Rates) -> None:
    shutil.copytree(ZEBRA, folder)
    for own in ("register", "locks", "keys"):
        (folder / own).mkdir()
    quiet = ["zebraidx", "-v", "none", "-c", "zebra.cfg"]
    subprocess.run([*quiet, "init"], cwd=folder, check=True)
    began = time.perf_counter()
    used = Used(subprocess.Popen([*quiet, "update", str(file)], cwd=folder))
    used.until_its_end()
    rates.zebra.append(rates.records / (time.perf_counter() - began))
    rates.zebra_ms.append(1000 * used.seconds / rates.records)
    shutil.rmtree(folder)


def _parse(file: Path) -> float:
    """Seconds."""
    began = time.perf_counter()
    with file.open("rb") as stream:
        for record in pymarc.MARCReader(stream):
            if record is None:
                raise RuntimeError("a record cannot be read")
    return time.perf_counter() - began


class Used:
    """What a process and its children use until it ends: processor seconds, and the most memory at once."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self.seconds = self.megabytes = 0.0

    def until_its_end(self) -> None:
        """Raises CalledProcessError where it failed."""
        while True:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(LOOK_SECONDS)
            if self._process.returncode is not None:
                break
            self._look()
        if self._process.returncode:
            raise subprocess.CalledProcessError(self._process.returncode, self._process.args)

    def _look(self) -> None:
        with suppress(psutil.NoSuchProcess):
            found = [(one.memory_info().rss, one.cpu_times()) for one in family(self._process.pid)]
            self.megabytes = max(self.megabytes, sum(size for size, _ in found) / 1e6)
            self.seconds = max(self.seconds, sum(times.user + times.system for _, times in found))


@contextmanager
def _union(mongo_url: str) -> Iterator[Settings]:
    """An empty one, with a library to import for."""
    settings = Settings(mongo_url=mongo_url, mongo_prefix=f"bench{uuid.uuid4().hex[:8]}_")
    client = connect_blocking(settings)
    database = database_blocking(client, settings, "catalog")
    row = {"version": 1, "title": "Thư viện tỉnh", "library_type": "provincial", "parent": None, "own_system": False}
    database[LIBRARIES].insert_one({"_id": LIBRARY, "contact": "a@b.example", **row})
    try:
        yield settings
    finally:
        client.drop_database(database.name)
        client.close()


def importer(settings: Settings, file: Path) -> subprocess.Popen[bytes]:
    """The command that a librarian types."""
    command = [sys.executable, "-m", "services.catalog", "import", str(file), "--source", "bench", "--library", LIBRARY]
    environment = _environment(settings)
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _environment(settings: Settings) -> dict[str, str]:
    own = {"MONGO_URL": settings.mongo_url, "MONGO_PREFIX": settings.mongo_prefix, "LOG_LEVEL": "WARNING"}
    return os.environ | own


def _clusters(settings: Settings) -> int:
    client = connect_blocking(settings)
    try:
        return database_blocking(client, settings, "catalog")[CLUSTERS].count_documents({"deleted": False})
    finally:
        client.close()


def _mongod(mongo_url: str) -> psutil.Process:
    client = connect_blocking(Settings(mongo_url=mongo_url))
    try:
        return psutil.Process(client.admin.command("serverStatus")["pid"])
    finally:
        client.close()


def _processor_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


class _IntoIndex(MemoryPublisher):
    """In the place of Kafka and a replica: what the relay sends goes into the index."""

    def __init__(self, feed: Feed) -> None:
        super().__init__(MemoryBroker())
        self._feed = feed

    def publish(self, messages: Sequence[Outgoing]) -> None:
        told = [one for one in messages if one.topic == ClusterChanged.topic]
        self._feed.apply([Message(one.topic, 0, place, one.key, one.value) for place, one in enumerate(told)])


def index(folder: Path) -> None:
    """Relay into an index until the standard input ends and nothing is left; say how many clusters it then holds."""
    settings = Settings()
    configure_logs("catalog", "benchmark", log_format=settings.log_format, level=settings.log_level)
    engine = SearchIndex(folder)
    database = database_blocking(connect_blocking(settings), settings, "catalog")
    relay = Relay(database, "catalog", _IntoIndex(Feed(engine, Objects(settings.object_store))), settings)
    relay.ensure_indexes()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while not _has_ended(sys.stdin) or relay.turn():
        relay.turn()
    engine.commit()
    sys.stdout.write(f"{engine.search(SearchRequest(query=f'library:{LIBRARY}', limit=1)).total}\n")


def _has_ended(stream: TextIO) -> bool:
    """Whether nothing more will come; waits a moment for it."""
    return bool(select([stream], [], [], LOOK_SECONDS)[0])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.import_rate", description=__doc__)
    parser.add_argument("--records", type=int, nargs="+", default=[10_000, 100_000], help="1000000 takes half an hour")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--index", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.index:
        index(options.index)
        return
    with tempfile.TemporaryDirectory(prefix="import-rate-") as made:
        mongo = MongoReplicaSet(Path(made, "mongo"), free_port())
        with running(mongo, Path(made, "log")):
            for figure in figures(mongo.url, options.records, options.rounds):
                entry = figure.entry()
                sys.stdout.write(json.dumps({figure.name: entry}) + "\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()

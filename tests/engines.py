"""The real engines as fixtures: started when first asked for, on free ports, in directories of their own.

A test that kills takes the handle: `kafka_cluster.kill("kafka-2")`, `kafka_cluster.start("kafka-2")`; the names are
those of the engine's programs. It leaves the engine as it found it, or runs its own with `running`.
"""

import itertools
import os
import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Generic, TypeVar

import pytest
from pymongo import MongoClient
from pymongo.synchronous.database import Database

from deploy.local.engines.broker import EmbeddedBroker
from deploy.local.engines.engine import Engine, EngineNotReady, Program, listens
from deploy.local.engines.kafka import LIBS, KafkaCluster
from deploy.local.engines.mail import MailServer
from deploy.local.engines.mongo import MongoReplicaSet

ROOT = Path(__file__).parents[1]
READY_SECONDS = 180
PORT_RANGES, PORTS_EACH = 4, 3000

E = TypeVar("E", bound=Engine)


class Running(Generic[E]):
    """An engine with live processes that can be killed and started again, one by one."""

    def __init__(self, engine: E, logs: Path) -> None:
        self.engine = engine
        self.programs = {program.name: program for program in engine.programs}
        self._logs = logs
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        """Start one program again; `engine.wait_ready` tells when it answers."""
        self._processes[name] = self._spawn(self.programs[name])

    def kill(self, name: str) -> None:
        """SIGKILL one program and return when it is gone."""
        process = self._processes[name]
        process.kill()
        process.wait()

    def pid(self, name: str) -> int:
        return self._processes[name].pid

    def stop(self) -> None:
        for process in self._processes.values():
            process.terminate()
        for name, process in self._processes.items():
            try:
                process.wait(timeout=self.programs[name].stop_seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def log_tail(self) -> str:
        return "\n".join(f"{log.name}: {log.read_text(errors='replace')[-2000:]}" for log in self._logs.glob("*.log"))

    def _spawn(self, program: Program) -> subprocess.Popen[bytes]:
        # setpriv: an engine does not outlive a test run that was killed.
        command = ("setpriv", "--pdeathsig", "KILL", "--", *program.command)
        with (self._logs / f"{program.name}.log").open("ab") as log:
            environment = os.environ | program.environment
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=ROOT, env=environment
            )


@contextmanager
def running(engine: E, logs: Path) -> Iterator[Running[E]]:
    """Start all programs of the engine, wait until it answers, stop it at the end."""
    logs.mkdir(parents=True, exist_ok=True)
    engine.prepare()
    handle = Running(engine, logs)
    try:
        for name in handle.programs:
            handle.start(name)
        try:
            engine.wait_ready(READY_SECONDS)
        except EngineNotReady as late:
            late.add_note(handle.log_tail())
            raise
        yield handle
    finally:
        handle.stop()


def ports_of(worker: int) -> Iterator[int]:
    """A worker's own ports, round and round from anywhere, so that neither two workers nor two engines of one are
    given the same: below the range from which the system gives ports to outgoing connections.
    """
    first = 20000 + worker % PORT_RANGES * PORTS_EACH
    start = random.randrange(PORTS_EACH)
    return (first + (start + number) % PORTS_EACH for number in itertools.count())


_ports = ports_of(int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")))


def free_port() -> int:
    """A loopback port nobody uses."""
    return next(port for port in _ports if not listens(port))


def free_ports(count: int) -> tuple[int, ...]:
    return tuple(free_port() for _ in range(count))


def kafka_with(nodes: int, directory: Path) -> KafkaCluster:
    """A cluster of `nodes` on free ports, with the jars that every run shares."""
    ports = free_ports(2 * nodes)
    return KafkaCluster(directory, LIBS, ports[:nodes], ports[nodes:])


@pytest.fixture(scope="session")
def mongo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running[MongoReplicaSet]]:
    directory = tmp_path_factory.mktemp("mongo")
    with running(MongoReplicaSet(directory / "data", free_port()), directory) as handle:
        yield handle


@pytest.fixture(scope="session")
def mongo_url(mongo: Running[MongoReplicaSet]) -> str:
    return mongo.engine.url


@pytest.fixture(scope="session")
def mongo_client(mongo_url: str) -> Iterator[MongoClient[dict[str, Any]]]:
    with MongoClient[dict[str, Any]](mongo_url, w="majority") as client:
        yield client


@contextmanager
def transactions_of(client: MongoClient[dict[str, Any]], *, seconds: int) -> Iterator[None]:
    """MongoDB ends transactions that are older, and not only those over 60 seconds."""
    name = "transactionLifetimeLimitSeconds"
    before = client.admin.command({"getParameter": 1, name: 1})[name]
    client.admin.command({"setParameter": 1, name: seconds})
    yield
    client.admin.command({"setParameter": 1, name: before})


@pytest.fixture
def mongo_prefix(mongo_client: MongoClient[dict[str, Any]], request: pytest.FixtureRequest) -> str:
    """What the names of a test's databases begin with. In them is nothing but the empty collections and the indexes of
    the tests before it in its folder, since to make those anew is most of a small test's time."""
    prefix = f"{request.path.parent.name}_"
    for name in mongo_client.list_database_names():
        if name.startswith(prefix):
            _empty(mongo_client[name])
    return prefix


def _empty(database: Database[dict[str, Any]]) -> None:
    for name in database.list_collection_names():
        database[name].delete_many({})


@pytest.fixture(scope="session")
def embedded_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running[EmbeddedBroker]]:
    with running(EmbeddedBroker(free_port()), tmp_path_factory.mktemp("broker")) as handle:
        yield handle


@pytest.fixture(scope="session")
def kafka_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running[KafkaCluster]]:
    directory = tmp_path_factory.mktemp("kafka")
    with running(kafka_with(3, directory), directory) as handle:
        yield handle


@pytest.fixture(scope="session")
def mail_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running[MailServer]]:
    directory = tmp_path_factory.mktemp("mail")
    with running(MailServer(directory / "maildir", free_port()), directory) as handle:
        yield handle

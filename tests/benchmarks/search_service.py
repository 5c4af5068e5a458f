"""One replica of the search API in a process of its own, over a made index; while it answers it may build another.

    python -m tests.benchmarks.search_service [MESSAGES TOLD]

What is built comes from a file of messages, through the feed that reads the topic, in a thread of the same process, as
`POST /v1/search/rebuild` does it; how far it has come is told in a file.
"""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import os
import pickle
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import uvicorn

from deploy.local.settings import ROOT
from services.catalog.app import build_app, catalog_of
from services.catalog.discovery.feed import Feed
from services.catalog.discovery.replica import empty_index
from services.catalog.search import SearchEntry, SearchIndex
from services.catalog.settings import CatalogSettings
from shared.bus.follower import POLL_MESSAGES
from shared.bus.messages import Message
from shared.events import Event, encode
from shared.events.clusters import Agent, ClusterChanged, ClusterView, HeldBy
from shared.runtime import open_runtime
from shared.settings import Settings
from shared.store.objects import Objects
from shared.telemetry.logs import configure_logs
from tests.engines import free_port
from tests.proof.watching import seconds_until

START_SECONDS = 60
TOLD_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Replica:
    """A process that answers on a port of this machine."""

    port: int
    process: psutil.Process

    @property
    def processor_ms(self) -> float:
        """Used so far."""
        times = self.process.cpu_times()
        return 1000 * (times.user + times.system)

    @property
    def megabytes(self) -> float:
        """Resident, the pages of the index that are in memory among them."""
        return self.process.memory_info().rss / 1e6


@contextmanager
def served(index: Path, folder: Path, building: tuple[Path, Path] | None = None) -> Iterator[Replica]:
    """A replica over an index that nobody writes to; `building`: the messages of another, and where it is told of."""
    port = free_port()
    own = {"HTTP_PORT": str(port), "CATALOG_INDEX_FOLDER": str(index), "LOG_LEVEL": "WARNING"}
    keys = {"VAULT_KEY": base64.b64encode(secrets.token_bytes(32)).decode()}
    places = {"OBJECT_STORE": (folder / "objects").as_uri()}
    command = [sys.executable, "-m", "tests.benchmarks.search_service", *map(str, building or ())]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | own | keys | places)
    try:
        _await(port, process)
        yield Replica(port, psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait()


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    seconds_until(lambda: process.poll() is not None or _answers(port), START_SECONDS, "the replica did not start")
    if process.poll() is not None:
        raise RuntimeError("the replica ended")


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        connection.getresponse().read()
    except OSError:
        return False
    finally:
        connection.close()
    return True


def write_messages(entries: Iterable[SearchEntry], file: Path) -> None:
    """What the topic would say of entries."""
    file.write_bytes(pickle.dumps([_message(entry) for entry in entries]))


def _message(entry: SearchEntry) -> Message:
    view = ClusterView(
        id=entry.id,
        version=entry.version,
        form=entry.form,
        title=entry.title,
        people=tuple(Agent(name=name) for name in entry.creators),
        year=entry.year,
        publishers=entry.publishers,
        extent=entry.extent,
        language=entry.language,
        isbns=entry.isbns,
        subjects=entry.subjects,
        classes=entry.classes,
        libraries=tuple(HeldBy(library=held.library, records=held.records) for held in entry.libraries),
        added_at=entry.added_at,
    )
    body = encode(Event(data=ClusterChanged(cluster=view), source="urn:lienthong:catalog", aggregate_version=1))
    return Message(ClusterChanged.topic, 0, 0, entry.id, body)


@dataclass(frozen=True, slots=True)
class Progress:
    """Of a build: documents taken in, and the moment of a monotonic clock when they were."""

    documents: int
    at: float

    @classmethod
    def read(cls, told: Path) -> Progress:
        """Wait for what is told next."""
        before = _text_of(told)
        seconds_until(lambda: _text_of(told) not in {"", before}, TOLD_SECONDS, "the build says nothing more")
        return cls(**json.loads(_text_of(told)))

    def per_second(self, later: Progress) -> float:
        return (later.documents - self.documents) / (later.at - self.at)


def _build(messages: Path, told: Path) -> None:
    """Over and over, each time from nothing."""
    everything: list[Message] = pickle.loads(messages.read_bytes())
    taken = 0
    while True:
        feed = Feed(empty_index(told.with_suffix(".index")), Objects(told.parent.as_uri()))
        for start in range(0, len(everything), POLL_MESSAGES):
            batch = everything[start : start + POLL_MESSAGES]
            feed.apply(batch)
            taken += len(batch)
            fresh = told.with_suffix(".new")
            fresh.write_text(json.dumps({"documents": taken, "at": time.monotonic()}))
            fresh.rename(told)


async def serve() -> None:
    settings, own = Settings(), CatalogSettings()
    configure_logs("catalog", "benchmark", log_format=settings.log_format, level=settings.log_level)
    runtime = open_runtime("catalog", settings)
    app = build_app(runtime, catalog_of(runtime, SearchIndex(own.index_folder), own), own, feeding=None)
    config = uvicorn.Config(app, host=settings.http_host, port=settings.http_port, log_config=None)
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    if sys.argv[1:]:
        threading.Thread(target=_build, args=tuple(map(Path, sys.argv[1:])), daemon=True).start()
    asyncio.run(serve())


def _text_of(file: Path) -> str:
    return file.read_text() if file.exists() else ""

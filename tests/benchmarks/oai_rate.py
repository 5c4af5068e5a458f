"""`oai.*`: records a second of the OAI-PMH door over HTTP, as MARCXML: the first page of a list, its last, all of it.

    MONGO_URL=… python -m tests.benchmarks.oai_rate [--clusters N …] [--repeats N]

Clusters are rows as the union keeps them, of brief records. The service is a process of its own, this one only fetches
and counts. Pages are asked for in turns, first and last, so that both meet the same machine.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import httpx
import uvicorn
from lxml import etree

from deploy.local.settings import ROOT
from services.catalog.app import build_app, catalog_of
from services.catalog.exchange.oai.routes import PAGE
from services.catalog.exchange.store import CLUSTERS
from services.catalog.indexes import ensure_indexes
from services.catalog.search import SearchIndex
from services.catalog.settings import CatalogSettings
from shared.runtime import open_runtime
from shared.settings import Settings
from shared.store.mongo import connect_blocking, database_blocking
from shared.telemetry.logs import configure_logs
from tests.benchmarks.figures import Figure, rounded
from tests.engines import free_port
from tests.integration.catalog.exchange.clusters import rows
from tests.proof.watching import seconds_until

COMMAND = "python -m tests.benchmarks --only oai"
AIM = 2000
"""Records a second."""
TOKEN = "{http://www.openarchives.org/OAI/2.0/}resumptionToken"
START_SECONDS = 60


@dataclass(frozen=True)
class Rates:
    """Records a second: of each time that a page was fetched, and of the whole list."""

    clusters: int
    first: list[float]
    last: list[float]
    whole: float


def figures(mongo_url: str, sizes: Sequence[int], repeats: int) -> Iterator[Figure]:
    """First page, last page and whole list of unions of these sizes, over the aim."""
    for clusters in sizes:
        rates = measure(mongo_url, clusters, repeats)
        for name, runs in (("first_page", rates.first), ("last_page", rates.last), ("list", [rates.whole])):
            details = {"clusters": clusters, "records_a_page": PAGE, "format": "marcxml"}
            yield Figure(f"oai.{name}.{clusters}", "records/s", COMMAND, runs=runs, baseline=AIM, details=details)


def measure(mongo_url: str, clusters: int, repeats: int) -> Rates:
    """Fill a database of its own, harvest it once from end to end, then its first and last pages in turns."""
    settings = Settings(mongo_url=mongo_url, mongo_prefix=f"bench{uuid.uuid4().hex[:8]}_")
    client = connect_blocking(settings)
    try:
        numbered = rows(range(clusters))
        while batch := list(islice(numbered, 10_000)):
            database_blocking(client, settings, "catalog")[CLUSTERS].insert_many(batch)
        with _served(settings) as address, httpx.Client(base_url=address, timeout=60) as http:
            return _harvest(http, clusters, repeats)
    finally:
        client.drop_database(f"{settings.mongo_prefix}catalog")
        client.close()


def _harvest(http: httpx.Client, clusters: int, repeats: int) -> Rates:
    first = asked = {"verb": "ListRecords", "metadataPrefix": "marcxml"}
    _fetch(http, first)
    began, seen = time.perf_counter(), 0
    while True:
        count, token = _fetch(http, asked)
        seen += count
        if not token:
            break
        asked = {"verb": "ListRecords", "resumptionToken": token}
    seconds = time.perf_counter() - began
    if seen != clusters:
        raise RuntimeError(f"{seen} of {clusters} records came")
    pages = [(_rate(http, first), _rate(http, asked)) for _ in range(repeats)]
    return Rates(clusters, [one for one, _ in pages], [other for _, other in pages], seen / seconds)


def _fetch(http: httpx.Client, asked: dict[str, str]) -> tuple[int, str | None]:
    """How many records came, each with its metadata, and the token of the next page."""
    answer = http.get("/oai", params=asked).raise_for_status().content
    token = etree.fromstring(answer).find(f".//{TOKEN}")
    return answer.count(b"</metadata></record>"), None if token is None else token.text


def _rate(http: httpx.Client, asked: dict[str, str]) -> float:
    began = time.perf_counter()
    count, _ = _fetch(http, asked)
    return count / (time.perf_counter() - began)


@contextmanager
def _served(settings: Settings) -> Iterator[str]:
    """The API without its feed, in a process of its own."""
    port = free_port()
    own = {"MONGO_URL": settings.mongo_url, "MONGO_PREFIX": settings.mongo_prefix, "HTTP_PORT": str(port)}
    keys = {"VAULT_KEY": base64.b64encode(secrets.token_bytes(32)).decode(), "LOG_LEVEL": "WARNING"}
    with tempfile.TemporaryDirectory(prefix="oai-rate-") as folder:
        places = {"OBJECT_STORE": Path(folder, "objects").as_uri(), "CATALOG_INDEX_FOLDER": str(Path(folder, "index"))}
        command = [sys.executable, "-m", "tests.benchmarks.oai_rate", "--serve"]
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | own | keys | places)
        try:
            _await(f"http://127.0.0.1:{port}/healthz", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


def _await(address: str, process: subprocess.Popen[bytes]) -> None:
    seconds_until(lambda: process.poll() is not None or _answers(address), START_SECONDS, "the service did not start")
    if process.poll() is not None:
        raise RuntimeError("the service ended")


def _answers(address: str) -> bool:
    try:
        return httpx.get(address).is_success
    except httpx.HTTPError:
        return False


async def serve() -> None:
    settings, own = Settings(), CatalogSettings()
    configure_logs("catalog", "benchmark", log_format=settings.log_format, level=settings.log_level)
    runtime = open_runtime("catalog", settings)
    await ensure_indexes(runtime.database)
    app = build_app(runtime, catalog_of(runtime, SearchIndex(own.index_folder), own), own, feeding=None)
    config = uvicorn.Config(app, host=settings.http_host, port=settings.http_port, log_config=None)
    await uvicorn.Server(config).serve()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.oai_rate", description=__doc__)
    parser.add_argument("--clusters", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve())
        return
    for figure in figures(Settings().mongo_url, options.clusters, options.repeats):
        runs = [rounded(run) for run in figure.runs]
        sys.stdout.write(json.dumps({figure.name: rounded(statistics.median(runs)), "runs": runs}) + "\n")


if __name__ == "__main__":
    main()

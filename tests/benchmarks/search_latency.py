"""`search.*`: how long answers take over HTTP with eight clients at once, no query repeated, beside bare Tantivy.

    python -m tests.benchmarks.search_latency [--editions N …] [--queries N] [--replicas N]

The index is made of generated editions, as a replica makes it; every replica is a process of its own over a copy of it,
clients are shared out among them. Bare Tantivy answers the same queries in this process, one after the other: the
words' conjunction over one field and the stored documents of the first page, without scores' refinements, highlights,
JSON or HTTP. The size of the index, the rate of making it, a replica's memory and its processor time for an answer are
told beside: the last does not depend on what else the machine is doing.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import http.client
import json
import os
import random
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import psutil
import tantivy
import uvicorn
from tantivy import Occur

from deploy.local.settings import ROOT
from services.catalog.app import build_app, catalog_of
from services.catalog.search import SearchIndex
from services.catalog.search.query import Field as Asked
from services.catalog.search.query import words
from services.catalog.search.schema import TEXT_COLUMNS, schema
from services.catalog.settings import CatalogSettings
from shared.roles import open_runtime
from shared.settings import Settings
from shared.telemetry.logs import configure_logs
from tests.benchmarks.editions import SEED, Editions
from tests.benchmarks.figures import Figure, rounded
from tests.engines import free_port

COMMAND = "python -m tests.benchmarks --only search"
AIM_MS = 20.0
"""The 95th percentile over 10^6 editions."""
CLIENTS = 8
PAGE = 20
COMMIT_EVERY = 20_000
START_SECONDS = 60
KINDS = ("word", "two_words", "phrase", "prefix", "facets")


@dataclass(frozen=True, slots=True)
class Question:
    """Words of a title and how they are asked for."""

    kind: str
    words: tuple[str, ...]

    @property
    def address(self) -> str:
        text = {
            "phrase": f'"{" ".join(self.words)}"',
            "prefix": f"{' '.join(self.words)}*",
        }.get(self.kind, " ".join(self.words))
        asked = {"q": text, "limit": PAGE, "verbatim": "true"}
        return "/v1/search?" + urlencode(asked | ({"facets": "true"} if self.kind == "facets" else {}))


@dataclass
class Measured:
    """Milliseconds by kind of question, of the service and of bare Tantivy; what the index costs."""

    editions: int
    made_per_second: float
    megabytes: float
    resident_megabytes: float = 0.0
    processor_ms: float = 0.0
    """Of the replicas, for one answer."""
    hits: dict[str, list[int]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    served: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    bare: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})


def figures(sizes: Sequence[int], queries: int, replicas: int) -> Iterator[Figure]:
    """The 95th percentile of each kind of question at each size, beside bare Tantivy's."""
    for editions in sizes:
        measured = measure(editions, queries, replicas)
        for kind in KINDS:
            yield _figure(measured, kind, replicas)


def _figure(measured: Measured, kind: str, replicas: int) -> Figure:
    details = {
        "editions": measured.editions,
        "clients": CLIENTS,
        "replicas": replicas,
        "queries": len(measured.served[kind]),
        "aim": AIM_MS,
        "percentiles": percentiles(measured.served[kind]),
        "bare_percentiles": percentiles(measured.bare[kind]),
        "median_hits": statistics.median(measured.hits[kind]),
        "index_megabytes": rounded(measured.megabytes),
        "made_per_second": rounded(measured.made_per_second),
        "replica_megabytes": rounded(measured.resident_megabytes),
        "processor_ms": rounded(measured.processor_ms),
    }
    return Figure(
        f"search.{kind}.{measured.editions}",
        "ms (p95)",
        COMMAND,
        runs=[details["percentiles"]["p95"]],
        baseline_runs=[details["bare_percentiles"]["p95"]],
        details=details,
    )


def percentiles(milliseconds: Sequence[float]) -> dict[str, float]:
    cut = statistics.quantiles(milliseconds, n=100)
    return {"p50": rounded(cut[49]), "p95": rounded(cut[94]), "p99": rounded(cut[98])}


def measure(editions: int, queries: int, replicas: int) -> Measured:
    """Make an index, serve copies of it, ask; a tenth of the questions comes first and is not counted."""
    with tempfile.TemporaryDirectory(prefix="search-latency-") as folder, ExitStack() as running:
        made = Path(folder, "index")
        measured, titles = _made(made, editions)
        questions = _questions(titles, queries + queries // 10)
        served = [running.enter_context(_served(made, Path(folder, f"replica-{one}"))) for one in range(replicas)]
        ports = [port for port, _ in served]
        _ask(questions[: len(questions) // 11], ports, lambda *_: None)
        counted = questions[len(questions) // 11 :]
        before = _processor_ms(served)
        _ask(counted, ports, _into(measured))
        measured.processor_ms = (_processor_ms(served) - before) / len(counted)
        measured.resident_megabytes = max(psutil.Process(pid).memory_info().rss for _, pid in served) / 1e6
        _ask_bare(made, counted, measured)
        return measured


def _processor_ms(served: Sequence[tuple[int, int]]) -> float:
    times = [psutil.Process(pid).cpu_times() for _, pid in served]
    return 1000 * sum(one.user + one.system for one in times)


def _made(folder: Path, editions: int) -> tuple[Measured, list[str]]:
    """The index, and titles to ask for."""
    index, chance = SearchIndex(folder), random.Random(SEED)
    titles: list[str] = []
    spent = 0.0
    for number, entry in enumerate(Editions().make(editions), 1):
        if len(titles) < 50_000 or chance.random() < 0.05:
            titles.append(entry.title)
        began = time.perf_counter()
        index.put(entry)
        if number % COMMIT_EVERY == 0:
            index.commit()
        spent += time.perf_counter() - began
    began = time.perf_counter()
    index.commit()
    index.close()
    spent += time.perf_counter() - began
    size = sum(file.stat().st_size for file in folder.iterdir())
    return Measured(editions, editions / spent, size / 1e6), titles


def _questions(titles: Sequence[str], each: int) -> list[Question]:
    """As many of each kind, mixed; none comes twice."""
    chance = random.Random(SEED + 1)
    found: list[Question] = []
    for kind in KINDS:
        asked: set[tuple[str, ...]] = set()
        while len(asked) < each:
            asked.add(_words_of(chance.choice(titles).lower().split(), kind, chance))
        found += [Question(kind, one) for one in sorted(asked)]
    chance.shuffle(found)
    return found


def _words_of(title: Sequence[str], kind: str, chance: random.Random) -> tuple[str, ...]:
    place = chance.randrange(len(title) - 1)
    if kind == "word":
        return (title[place],)
    if kind == "phrase":
        return (title[place], title[place + 1])
    if kind == "prefix":
        return (title[place], title[place + 1][: chance.choice((2, 3))])
    return tuple(chance.sample(title, 2))


Tell = Callable[[Question, float, int], None]


def _into(measured: Measured) -> Tell:
    def tell(question: Question, milliseconds: float, hits: int) -> None:
        measured.served[question.kind].append(milliseconds)
        measured.hits[question.kind].append(hits)

    return tell


def _ask(questions: Sequence[Question], ports: Sequence[int], tell: Tell) -> None:
    """All questions, by eight clients that each ask the next when they were answered."""
    shares = [questions[client::CLIENTS] for client in range(CLIENTS)]
    threads = [
        threading.Thread(target=_client, args=(share, ports[client % len(ports)], tell))
        for client, share in enumerate(shares)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _client(questions: Sequence[Question], port: int, tell: Tell) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for question in questions:
        began = time.perf_counter()
        connection.request("GET", question.address)
        answer = connection.getresponse()
        body = answer.read()
        spent = 1000 * (time.perf_counter() - began)
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} for {question}")
        tell(question, spent, json.loads(body)["total"])
    connection.close()


def _ask_bare(folder: Path, questions: Sequence[Question], measured: Measured) -> None:
    searcher = tantivy.Index(schema(), str(folder)).searcher()
    for question in questions:
        began = time.perf_counter()
        for _, address in searcher.search(_bare(question), PAGE).hits:
            searcher.doc(address)
        measured.bare[question.kind].append(1000 * (time.perf_counter() - began))


def _bare(question: Question) -> tantivy.Query:
    column, layout = TEXT_COLUMNS[Asked.ANYWHERE], schema()
    folded = [word.folded for word in words(" ".join(question.words))]
    if question.kind == "phrase" and len(folded) > 1:
        return tantivy.Query.phrase_query(layout, column, [*folded])
    parts = [tantivy.Query.term_query(layout, column, word) for word in folded]
    if question.kind == "prefix":
        parts[-1] = tantivy.Query.regex_query(layout, column, f"{folded[-1]}.*")
    return tantivy.Query.boolean_query([(Occur.Must, part) for part in parts])


@contextmanager
def _served(index: Path, folder: Path) -> Iterator[tuple[int, int]]:
    """A replica over a copy of the index in a process of its own: its port and process id."""
    shutil.copytree(index, folder / "index")
    port = free_port()
    own = {"HTTP_PORT": str(port), "CATALOG_INDEX_FOLDER": str(folder / "index"), "LOG_LEVEL": "WARNING"}
    keys = {"VAULT_KEY": base64.b64encode(secrets.token_bytes(32)).decode()}
    places = {"OBJECT_STORE": (folder / "objects").as_uri()}
    command = [sys.executable, "-m", "tests.benchmarks.search_latency", "--serve"]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | own | keys | places)
    try:
        _await(port, process)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.1)
        else:
            return
        finally:
            connection.close()
    raise RuntimeError("the replica did not start")


async def serve() -> None:
    settings, own = Settings(), CatalogSettings()
    configure_logs("catalog", "benchmark", log_format=settings.log_format, level=settings.log_level)
    runtime = open_runtime("catalog", settings)
    app = build_app(runtime, catalog_of(runtime, SearchIndex(own.index_folder), own), own, feeding=None)
    config = uvicorn.Config(app, host=settings.http_host, port=settings.http_port, log_config=None)
    await uvicorn.Server(config).serve()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.search_latency", description=__doc__)
    parser.add_argument("--editions", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--queries", type=int, default=400, help="of each kind")
    parser.add_argument("--replicas", type=int, default=2)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve())
        return
    for figure in figures(options.editions, options.queries, options.replicas):
        sys.stdout.write(json.dumps({figure.name: figure.details}) + "\n")


if __name__ == "__main__":
    main()

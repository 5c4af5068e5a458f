"""`search.*`: how long answers take over HTTP with eight clients at once, no query repeated, beside bare Tantivy.

    python -m tests.benchmarks.search_latency [--editions N …] [--queries N] [--replicas N]

The index is of generated editions; every replica is a process of its own over it, clients are shared out among them.
Bare Tantivy answers the same queries in this process, one after the other: the words' conjunction over one field and
the stored documents of the first page, without scores' refinements, highlights, JSON or HTTP. Zebra
answers them to eight clients by Z39.50, see `search_zebra`. The size of the index, the rate of making it, a replica's
memory and its processor time for an answer are told beside: the last depends less on what else the machine is doing.
`search.rebuild.*`: the same questions of one replica while it builds another index.

Clients share the cores with the replicas, so they do no more than they must: a socket each, and a look for the total.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlencode

import tantivy
from tantivy import Occur

from services.catalog.search.query import Field as Asked
from services.catalog.search.query import words
from services.catalog.search.schema import TEXT_COLUMNS, schema
from tests.benchmarks import search_zebra
from tests.benchmarks.editions import SEED, Editions
from tests.benchmarks.figures import Figure, rounded
from tests.benchmarks.search_index import Made, made
from tests.benchmarks.search_service import Progress, Replica, served, write_messages

COMMAND = "python -m tests.benchmarks --only search"
AIM_MS = 20.0
"""The 95th percentile over 10^6 editions."""
CLIENTS = 8
PAGE = 20
REBUILT = 20_000
"""Editions of the index that is built while another answers."""
ALONE_SECONDS = 5.0
ZEBRA_AT_MOST = 100_000
"""Editions; a larger database takes Zebra a quarter of an hour to make."""
ZEBRA_QUESTIONS = 250
"""Of all kinds, the last ones: each takes it a tenth of a second and more."""
_TOTAL = re.compile(rb'"total":(\d+)')
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
    """Milliseconds by kind of question, of the service, bare Tantivy and Zebra; what the replicas cost."""

    megabytes: float = 0.0
    """Resident, of the largest replica."""
    processor_ms: float = 0.0
    """Of the replicas, for one answer."""
    load: float = 0.0
    """Of the machine, when the last was answered."""
    hits: dict[str, list[int]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    served: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    bare: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})

    zebra: Mapping[str, list[float]] = field(default_factory=dict)

    @property
    def all_served(self) -> list[float]:
        return [spent for kind in KINDS for spent in self.served[kind]]


def figures(sizes: Sequence[int], queries: int, replicas: int) -> Iterator[Figure]:
    """The 95th percentile of each kind of question at each size, beside bare Tantivy's; the rebuild at each."""
    for editions in sizes:
        index, making = made(editions)
        questions = _questions(making.titles, queries + queries // 10)
        measured = measure(index, questions, replicas)
        if editions <= ZEBRA_AT_MOST:
            counted = [(one.kind, one.words) for one in questions[-ZEBRA_QUESTIONS:]]
            measured.zebra = search_zebra.ask(editions, counted, CLIENTS, PAGE)
        for kind in KINDS:
            yield _figure(making, measured, kind, replicas)
        yield _rebuild(index, questions, editions)


def _figure(making: Made, measured: Measured, kind: str, replicas: int) -> Figure:
    whole, bare = percentiles(measured.served[kind]), percentiles(measured.bare[kind])
    details = {
        "editions": making.editions,
        "clients": CLIENTS,
        "replicas": replicas,
        "queries": len(measured.served[kind]),
        "aim": AIM_MS,
        "percentiles": whole,
        "all_percentiles": percentiles(measured.all_served),
        "bare_percentiles": bare,
        "zebra_percentiles": percentiles(measured.zebra[kind]) if measured.zebra.get(kind) else None,
        "median_hits": statistics.median(measured.hits[kind]),
        "index_megabytes": rounded(making.megabytes),
        "made_per_second": rounded(making.per_second),
        "merge_seconds": rounded(making.merge_seconds),
        "segments": making.segments,
        "replica_megabytes": rounded(measured.megabytes),
        "processor_ms": rounded(measured.processor_ms),
        "load_after": rounded(measured.load),
    }
    return Figure(
        f"search.{kind}.{making.editions}",
        "ms (p95)",
        COMMAND,
        runs=[whole["p95"]],
        baseline_runs=[bare["p95"]],
        details=details,
    )


def _rebuild(index: Path, questions: Sequence[Question], editions: int) -> Figure:
    """Documents a second while the questions are answered, beside the same while nobody asks."""
    measured = Measured()
    with tempfile.TemporaryDirectory(prefix="search-rebuild-") as folder:
        messages, told = Path(folder, "messages"), Path(folder, "told")
        write_messages(Editions().make(REBUILT), messages)
        with served(index, Path(folder), (messages, told)) as replica:
            _ask(questions[: len(questions) // 11], [replica], lambda *_: None)
            began = Progress.read(told)
            time.sleep(ALONE_SECONDS)
            alone = Progress.read(told)
            _ask(questions[len(questions) // 11 :], [replica], _into(measured))
            asked = Progress.read(told)
    details = {
        "editions": editions,
        "clients": CLIENTS,
        "percentiles": percentiles(measured.all_served),
        "load_after": rounded(os.getloadavg()[0]),
    }
    return Figure(
        f"search.rebuild.{editions}",
        "editions/s",
        COMMAND,
        runs=[alone.per_second(asked)],
        baseline_runs=[began.per_second(alone)],
        details=details,
    )


def percentiles(milliseconds: Sequence[float]) -> dict[str, float]:
    cut = statistics.quantiles(milliseconds, n=100)
    return {"p50": rounded(cut[49]), "p95": rounded(cut[94]), "p99": rounded(cut[98])}


def measure(index: Path, questions: Sequence[Question], replicas: int) -> Measured:
    """Serve the index and ask; the first questions, one in eleven, are not counted."""
    warming, counted = questions[: len(questions) // 11], questions[len(questions) // 11 :]
    measured = Measured()
    with tempfile.TemporaryDirectory(prefix="search-latency-") as folder, ExitStack() as running:
        asked = [running.enter_context(served(index, Path(folder))) for _ in range(replicas)]
        _ask(warming, asked, lambda *_: None)
        before = sum(replica.processor_ms for replica in asked)
        _ask(counted, asked, _into(measured))
        measured.processor_ms = (sum(replica.processor_ms for replica in asked) - before) / len(counted)
        measured.megabytes = max(replica.megabytes for replica in asked)
        measured.load = os.getloadavg()[0]
    _ask_bare(index, counted, measured)
    return measured


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


def _ask(questions: Sequence[Question], replicas: Sequence[Replica], tell: Tell) -> None:
    """All questions, by eight clients that each ask the next when they were answered."""
    shares = [questions[client::CLIENTS] for client in range(CLIENTS)]
    threads = [
        threading.Thread(target=_client, args=(share, replicas[client % len(replicas)].port, tell))
        for client, share in enumerate(shares)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _client(questions: Sequence[Question], port: int, tell: Tell) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection, connection.makefile("rb") as answers:
        for question in questions:
            began = time.perf_counter()
            connection.sendall(f"GET {question.address} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            status, size = _head(answers)
            body = answers.read(size)
            spent = 1000 * (time.perf_counter() - began)
            total = _TOTAL.search(body)
            if status != 200 or total is None:
                raise RuntimeError(f"{status} for {question}")
            tell(question, spent, int(total[1]))


def _head(answers: BinaryIO) -> tuple[int, int]:
    """The status, and the length of the body."""
    status, size = int(answers.readline().split()[1]), 0
    while (line := answers.readline()) not in {b"\r\n", b""}:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            size = int(value)
    return status, size


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


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.search_latency", description=__doc__)
    parser.add_argument("--editions", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--queries", type=int, default=400, help="of each kind")
    parser.add_argument("--replicas", type=int, default=2)
    options = parser.parse_args()
    for figure in figures(options.editions, options.queries, options.replicas):
        sys.stdout.write(json.dumps({figure.name: figure.details}) + "\n")


if __name__ == "__main__":
    main()

"""All figures in one go, each beside its baseline: var/bench.json, docs/benchmarks.md, docs/scaling.md and
their plots.

What is compared runs in turns (A, B, A, B) on the same machine. `--only` takes the start of a figure's name, `--quick`
takes sizes that show that everything works and prove nothing, `--page` only writes the page from var/bench.json.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from deploy.local.engines.mongo import MongoReplicaSet
from deploy.local.settings import ROOT
from tests.benchmarks import (
    idle,
    import_beside,
    import_rate,
    loan_to_indicator,
    match_quality,
    oai_rate,
    ocr_pages,
    ocr_quality,
    pipeline_pages,
    search_latency,
)
from tests.benchmarks.description import figures as description
from tests.benchmarks.figures import Figure, write_figures
from tests.benchmarks.page import write_page
from tests.engines import free_port, kafka_with, running
from tests.proof.stacks import ProofStack, running_stack

COMMAND = "python -m tests.benchmarks --only {}"
console = Console()


@dataclass(frozen=True)
class Sizes:
    rounds: int = 2
    pages: int = 32
    scans: int = 24
    pages_of_a_kind: int | None = None
    """Held-out pages of each kind of damage; None for all."""
    events: int = 40_000
    events_a_second: int = 200
    loan_seconds: int = 30
    idle_seconds: int = 30
    imports: tuple[int, ...] = (10_000, 100_000)
    """Records of each file that is imported."""
    turn_seconds: int = 10
    """Of live work with an import beside, and without."""
    unions: tuple[int, ...] = (10_000, 100_000)
    """Clusters of each union that is harvested."""
    harvests: int = 20
    indexes: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    """Editions of each index that is searched."""
    queries: int = 400
    """Of each kind; none comes twice."""


QUICK = Sizes(
    rounds=1,
    pages=4,
    scans=2,
    pages_of_a_kind=1,
    events=2000,
    events_a_second=40,
    loan_seconds=4,
    idle_seconds=5,
    imports=(1000,),
    turn_seconds=2,
    unions=(1000,),
    harvests=3,
    indexes=(1000, 10_000),
    queries=40,
)
QUIET_LOAD = 1.5
"""Load average above which a figure is not to be trusted; right after another session its own echo is in it."""
LONGEST_LATENCY = 2.0
"""Seconds: what loan_to_indicator aims at."""

Session = Callable[[Path, Sizes], Iterator[Figure]]


def pages(folder: Path, sizes: Sizes) -> Iterator[Figure]:
    """The bare engine while nothing else runs, then the whole stack, and again."""
    bare: list[float] = []
    whole: list[float] = []
    per_page: dict[str, float] = {}
    for turn in range(1, sizes.rounds + 1):
        samples = pipeline_pages.documents(folder / f"scans-{turn}", sizes.pages, seed=turn)
        bare.append(pipeline_pages.through_bare_engine(samples))
        console.print(f"bare engine: {bare[-1]:.1f} pages/min")
        with running_stack(folder / f"pages-{turn}", real_kafka=True, nodes=1) as stack:
            pipeline_pages.warm_up(stack, folder / f"warm-{turn}")
            rate, per_page = pipeline_pages.through_stack(stack, samples)
        whole.append(rate)
        console.print(f"whole stack: {rate:.1f} pages/min")
    yield Figure(
        "pipeline.pages",
        unit="pages/min",
        command=COMMAND.format("pipeline.pages"),
        runs=whole,
        baseline_runs=bare,
        details={"pages": sizes.pages, "cores": os.cpu_count(), "cpu_seconds_per_page": per_page},
    )


def reading(folder: Path, sizes: Sizes) -> Iterator[Figure]:
    """Scans to text, hOCR, ALTO and PDF, beside OCRmyPDF and the bare engine."""
    return ocr_pages.figures(folder, sizes.scans, sizes.rounds)


def misreading(_: Path, sizes: Sizes) -> Iterator[Figure]:
    """Held-out pages of every kind of damage, beside the engine alone."""
    return ocr_quality.figures(sizes.pages_of_a_kind)


def describing(_folder: Path, _sizes: Sizes) -> Iterator[Figure]:
    """Metadata drafts beside their truths; nothing is timed, so that the load does not matter."""
    return description.figures()


def consume(folder: Path, sizes: Sizes) -> Iterator[Figure]:
    """The counting consumer over the bare loop, beside a broker and a MongoDB of their own."""
    kafka = kafka_with(1, folder / "kafka")
    mongo = MongoReplicaSet(folder / "mongo", free_port())
    sizing = ["--events", str(sizes.events), "--rounds", str(sizes.rounds)]
    command = [sys.executable, "-m", "tests.benchmarks.events_consume", *sizing]
    with running(kafka, folder / "kafka-log"), running(mongo, folder / "mongo-log"):
        environment = os.environ | {"KAFKA_BOOTSTRAP": kafka.bootstrap, "MONGO_URL": mongo.url}
        printed = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True).stdout
    found = json.loads(printed)
    yield Figure(
        "events.consume",
        unit="events/s",
        command=COMMAND.format("events.consume"),
        runs=found["runs"],
        baseline_runs=found["baseline_runs"],
        details={"events": sizes.events, "shares": found["shares"]},
    )


def importing(folder: Path, sizes: Sizes) -> Iterator[Figure]:
    """Files into an empty union beside a MongoDB of its own, in turns with bare pymarc and with Zebra."""
    mongo = MongoReplicaSet(folder / "mongo", free_port())
    with running(mongo, folder / "mongo-log"):
        yield from import_rate.figures(mongo.url, sizes.imports, sizes.rounds)
        yield from import_beside.figures(mongo.url, sizes.turn_seconds, 3 * sizes.rounds)


def harvesting(folder: Path, sizes: Sizes) -> Iterator[Figure]:
    """OAI-PMH beside a MongoDB of its own: the first page, the last, the whole list."""
    mongo = MongoReplicaSet(folder / "mongo", free_port())
    with running(mongo, folder / "mongo-log"):
        yield from oai_rate.figures(mongo.url, sizes.unions, sizes.harvests)


def searching(_: Path, sizes: Sizes) -> Iterator[Figure]:
    """Two replicas and eight clients, a union of each size after the other."""
    return search_latency.figures(sizes.indexes, sizes.queries, replicas=2)


def matching(_: Path, __: Sizes) -> Iterator[Figure]:
    """Precision and recall on every labelled set, beside the keys of others."""
    return match_quality.figures()


def loans_on_kafka(folder: Path, sizes: Sizes) -> Iterator[Figure]:
    with running_stack(folder / "loans", real_kafka=True, nodes=1) as stack:
        yield _loans("events.loan_to_indicator_p95", stack, sizes)


def embedded(folder: Path, sizes: Sizes) -> Iterator[Figure]:
    """The stack of `make up`: loans, then what it uses when all is done."""
    with running_stack(folder / "embedded", real_kafka=False) as stack:
        pipeline_pages.warm_up(stack, folder / "warm")
        yield _loans("events.loan_to_indicator_p95.embedded", stack, sizes)
        idle.await_rest(stack)
        cpu = idle.idle_cpu(stack, sizes.idle_seconds)
        yield Figure(
            "cpu.idle", "s/min", COMMAND.format("cpu.idle"), runs=[sum(cpu.values())], details={"by_process": cpu}
        )
        for name, megabytes in idle.memory(stack).items():
            yield Figure(f"memory.{name}", "MB", COMMAND.format("memory"), runs=[megabytes])


def _loans(name: str, stack: ProofStack, sizes: Sizes) -> Figure:
    latency = loan_to_indicator.measure(stack.doors, rate=sizes.events_a_second, seconds=sizes.loan_seconds)
    console.print(f"{name}: p50 {latency.p50:.2f} s, p95 {latency.p95:.2f} s")
    details: dict[str, Any] = {
        "p50": round(latency.p50, 3),
        "max": round(latency.worst, 3),
        "events_per_second": round(latency.events_per_second, 1),
        "seconds": sizes.loan_seconds,
    }
    command = COMMAND.format(name)
    return Figure(name, "s", command, runs=[latency.p95], baseline=LONGEST_LATENCY, details=details)


SESSIONS: dict[Session, tuple[str, ...]] = {
    pages: ("pipeline.pages",),
    reading: ("ocr.pages", "ocr.engine"),
    misreading: ("ocr.errors",),
    describing: ("ocr.description",),
    consume: ("events.consume",),
    importing: ("import",),
    harvesting: ("oai",),
    searching: ("search",),
    matching: ("match",),
    loans_on_kafka: ("events.loan_to_indicator_p95",),
    embedded: ("events.loan_to_indicator_p95.embedded", "cpu.idle", "memory"),
}
"""Each session with the figures it gives."""


def run(only: str, sizes: Sizes) -> None:
    """Run what gives the figures that begin with `only`; each is written as soon as it is known."""
    chosen = [session for session, names in SESSIONS.items() if any(_meant(name, only) for name in names)]
    if not chosen:
        sys.exit(f"no figure begins with {only!r}: {', '.join(name for names in SESSIONS.values() for name in names)}")
    for place, session in enumerate(chosen, start=1):
        console.rule(f"{place}/{len(chosen)} {', '.join(SESSIONS[session])}")
        load = round(os.getloadavg()[0], 1)
        if load > QUIET_LOAD:
            console.print(f"[yellow]load {load}: others use this machine, the figures will say little[/]")
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            for figure in session(Path(folder), sizes):
                entry = figure.entry() | {"load_before": load}
                write_figures({figure.name: entry})
                ratio = "" if entry["ratio"] is None else f", {entry['ratio']} of {entry['baseline']}"
                console.print(f"[bold]{figure.name}[/] {entry['value']} {entry['unit']}{ratio}")


def _meant(name: str, only: str) -> bool:
    return name.startswith(only) or only.startswith((f"{name}.", f"{name}_"))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--only", metavar="NAME", default="")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--page", action="store_true")
    options = parser.parse_args()
    if not options.page:
        run(options.only, QUICK if options.quick else Sizes())
    write_page()


if __name__ == "__main__":
    main()

"""An index of generated editions, made as a replica makes it and kept below var/bench for the next session.

Each process makes a part of it. A part is an index of its own, with other editions and the same layout, so that all of
them together are one: the segments' files side by side, and one list of them. What the engine then merges is timed.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import tantivy

from deploy.local.settings import ROOT
from services.catalog.search import LAYOUT, SearchEntry, SearchIndex
from services.catalog.search.schema import schema
from tests.benchmarks.editions import Editions

KEPT = ROOT / "var" / "bench"
PART = 50_000
"""Editions that one process makes at a time."""
COMMIT_EVERY = 20_000
TITLES = 60_000
"""From which questions are drawn."""


@dataclass(frozen=True, slots=True)
class Made:
    """What making it took: processor seconds of documents and their commits, seconds of merging their segments."""

    editions: int
    processor_seconds: float
    merge_seconds: float
    megabytes: float
    segments: int
    titles: Sequence[str]

    @property
    def per_second(self) -> float:
        """Documents, by one core."""
        return self.editions / self.processor_seconds


def made(editions: int) -> tuple[Path, Made]:
    """The folder of the index, which nobody may write to, and what is known of it."""
    folder = KEPT / f"search-{LAYOUT}-{editions}"
    facts = folder / "made.json"
    if not facts.exists():
        shutil.rmtree(folder, ignore_errors=True)
        found = _make(folder, editions)
        facts.write_text(json.dumps(asdict(found), ensure_ascii=False), "utf-8")
    return folder / "index", Made(**json.loads(facts.read_text("utf-8")))


def generated(editions: int) -> Iterator[SearchEntry]:
    """The editions that the index is of."""
    for first, count in _parts(editions):
        yield from Editions().make(count, first)


def _parts(editions: int) -> list[tuple[int, int]]:
    return [(first, min(PART, editions - first)) for first in range(0, editions, PART)]


def _make(folder: Path, editions: int) -> Made:
    parts = [(folder / f"part-{first}", first, count) for first, count in _parts(editions)]
    with multiprocessing.get_context("spawn").Pool(min(os.cpu_count() or 1, len(parts))) as pool:
        told = pool.starmap(_part, parts, chunksize=1)
    index = folder / "index"
    _join([part for part, _, _ in parts], index)
    seconds = _merge(index)
    return Made(
        editions,
        processor_seconds=sum(spent for spent, _ in told),
        merge_seconds=seconds,
        megabytes=sum(file.stat().st_size for file in index.iterdir()) / 1e6,
        segments=len(json.loads((index / "meta.json").read_text())["segments"]),
        titles=random.Random(editions).sample([title for _, titles in told for title in titles], min(TITLES, editions)),
    )


def _part(folder: Path, first: int, count: int) -> tuple[float, list[str]]:
    """Processor seconds of putting and committing, without what generating the editions took, and their titles."""
    index, titles, spent = SearchIndex(folder), [], 0.0
    for number, entry in enumerate(Editions().make(count, first), 1):
        titles.append(entry.title)
        began = time.process_time()
        index.put(entry)
        if number % COMMIT_EVERY == 0:
            index.commit()
        spent += time.process_time() - began
    began = time.process_time()
    index.commit()
    index.close()
    return spent + time.process_time() - began, titles


def _join(parts: Sequence[Path], into: Path) -> None:
    into.mkdir()
    metas = [json.loads((part / "meta.json").read_text()) for part in parts]
    for part in parts:
        for file in part.iterdir():
            if file.name != "meta.json" and not file.name.startswith("."):
                file.rename(into / file.name)
        shutil.rmtree(part)
    names = [file.name for file in into.iterdir()]
    segments = [segment for meta in metas for segment in meta["segments"]]
    (into / "meta.json").write_text(json.dumps(metas[-1] | {"segments": segments}))
    (into / ".managed.json").write_text(json.dumps([*names, "meta.json"]))


def _merge(index: Path) -> float:
    """Seconds in which the engine brings the segments down to as many as it keeps."""
    began = time.perf_counter()
    writer = tantivy.Index(schema(), str(index)).writer(64_000_000, num_threads=1)
    writer.commit()
    writer.wait_merging_threads()
    return time.perf_counter() - began

"""What becomes of a run whose reader, a process of its own, dies under it or does not answer any more."""

import asyncio
import os
import signal
import time
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pytest

from services.catalog.imports import importing, reader_process, store
from services.catalog.imports.importing import MOST_TRIES, Importing
from services.catalog.imports.reader_process import FileToRead, ReaderDied, ReaderProcess
from services.catalog.imports.reading import FileBatch, FileReader
from services.catalog.imports.run import Run, RunState
from tests.integration.catalog.imports.conftest import Desk
from tests.integration.catalog.union.shelves import books, catalogue, iso2709


class KillsWhoSaysIt:
    def __reduce__(self) -> str:
        os.kill(os.getpid(), signal.SIGKILL)
        return ""


@dataclass(frozen=True)
class DyingFile(FileToRead):
    """Its reader dies in the middle of the first batch, when it is already saying it."""

    def of(self, stream: BinaryIO) -> FileReader:
        reader = super().of(stream)
        batch = reader.next_batch()
        assert batch is not None
        batch.outcomes = {0: "x" * 1_000_000, 1: KillsWhoSaysIt()}  # type: ignore[dict-item]
        reader.next_batch = lambda: batch  # type: ignore[method-assign]
        return reader


@dataclass(frozen=True)
class HungFile(FileToRead):
    """Its reader says one batch and then nothing for a long time."""

    def of(self, stream: BinaryIO) -> FileReader:
        reader = super().of(stream)
        first = iter([reader.next_batch()])

        def next_batch() -> FileBatch | None:
            for batch in first:
                return batch
            time.sleep(600)
            return None

        reader.next_batch = next_batch  # type: ignore[method-assign]
        return reader


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(reader_process, "WORTH_A_PROCESS", 0)
    path = tmp_path / "tệp.mrc"
    path.write_bytes(iso2709(catalogue(books(300))))
    return path


async def test_a_word_broken_off_is_a_death(desk: Desk, path: Path) -> None:
    source = await desk.source()
    reader = ReaderProcess(path, DyingFile(await desk.begin(source), source.origin()))
    try:
        with pytest.raises(ReaderDied):
            reader.next_batch()
    finally:
        reader.close()


async def test_a_file_that_kills_its_readers_ends_as_a_failed_run(
    desk: Desk, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "FileToRead", DyingFile)
    monkeypatch.setattr(importing, "MOST_TRIES", 2)
    source = await desk.source()
    with path.open("rb") as stream:
        run = await Importing(desk.union.runtime.works).take(await desk.begin(source), source, stream)
    assert (run.state, run.failure, run.tries, run.counts.read) == (RunState.FAILED, "stuck", 3, 0)


async def test_a_run_that_ended_whoever_took_it_is_not_taken_for_ever(desk: Desk) -> None:
    """Also where the whole process dies each time, so that nobody is left to say why."""
    runtime = desk.union.runtime
    source = await desk.source()
    body = iso2709(catalogue(books(3)))
    key = "imports/tinh/1"
    await runtime.objects.put(key, body, "application/marc")
    run = await desk.begin(source, key=key)
    await desk.database[store.RUNS].update_one({"_id": run.id}, {"$set": {"tries": MOST_TRIES}})
    assert await importing.take_next_upload(runtime)
    row = await desk.database[store.RUNS].find_one({"_id": run.id}) or {}
    assert (row["state"], row["failure"], await desk.standing()) == ("failed", "stuck", 0)


async def test_getting_on_is_a_beginning(desk: Desk) -> None:
    source = await desk.source()
    run = await desk.begin(source, tries=MOST_TRIES - 1)
    ended = await Importing(desk.union.runtime.works).take(run, source, BytesIO(iso2709(catalogue(books(3)))))
    assert (ended.state, ended.tries) == (RunState.DONE, 0)


async def test_a_reader_that_hangs_does_not_keep_its_run_from_ending(
    desk: Desk, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "FileToRead", HungFile)
    source = await desk.source()

    def told(run: Run) -> None:
        raise InterruptedError(run.id)

    with path.open("rb") as stream:
        taking = Importing(desk.union.runtime.works, told).take(await desk.begin(source), source, stream)
        with pytest.raises(InterruptedError):
            await asyncio.wait_for(taking, timeout=120)

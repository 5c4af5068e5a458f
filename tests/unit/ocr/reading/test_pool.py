"""The pool of reading processes: harm to one page leaves the others, and the pool, alone."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from deploy.local.samples.render import Sample
from services.ocr.reading.engine import ModelMissing
from services.ocr.reading.pool import PageUnreadable, ReadingPool
from tests.resources import hostile


@pytest.fixture(scope="module")
def pool() -> Iterator[ReadingPool]:
    opened = ReadingPool(workers=2, seconds_per_page=120)
    yield opened
    opened.close()


async def test_bad_pages_fail_alone(pool: ReadingPool, samples: dict[str, Sample], tmp_path: Path) -> None:
    bomb, cut = tmp_path / "bomb.pdf", tmp_path / "cut.png"
    bomb.write_bytes(hostile.pdf(hostile.deflated(b" ", 1 << 30)))
    cut.write_bytes(samples["clean"].path.read_bytes()[:50_000])
    book = samples["book"].path
    outcomes = await asyncio.gather(
        pool.read(bomb, "application/pdf", 1),
        pool.read(cut, "image/png", 1),
        *(pool.read(book, "application/pdf", number) for number in range(1, 5)),
        return_exceptions=True,
    )
    failures = [outcome for outcome in outcomes if isinstance(outcome, PageUnreadable)]
    assert [failure.reason for failure in failures] == ["crashed", "truncated"]
    assert all(not isinstance(outcome, BaseException) for outcome in outcomes[2:])


async def test_a_killed_worker_costs_its_page_only(pool: ReadingPool, samples: dict[str, Sample]) -> None:
    book = samples["book"].path
    pages = [asyncio.create_task(pool.read(book, "application/pdf", number)) for number in range(1, 7)]
    await asyncio.wait(pages, return_when=asyncio.FIRST_COMPLETED)
    victim = max(workers(), key=lambda process: process.memory_info().rss)
    os.kill(victim.pid, signal.SIGKILL)
    outcomes = await asyncio.gather(*pages, return_exceptions=True)
    failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert len(failures) <= 1
    assert all(isinstance(failure, PageUnreadable) and failure.reason == "crashed" for failure in failures)
    assert (await pool.read(book, "application/pdf", 1)).reading.text.startswith("Lịch sử")


async def test_a_page_that_takes_too_long_is_stopped(samples: dict[str, Sample]) -> None:
    hasty = ReadingPool(workers=1, seconds_per_page=0.05)
    try:
        with pytest.raises(PageUnreadable) as caught:
            await hasty.read(samples["clean"].path, "image/png", 1)
    finally:
        hasty.close()
    assert caught.value.reason == "took-too-long"


async def test_the_same_page_reads_the_same_in_any_worker(pool: ReadingPool, samples: dict[str, Sample]) -> None:
    clean = samples["clean"].path
    first, second = await asyncio.gather(pool.read(clean, "image/png", 1), pool.read(clean, "image/png", 1))
    assert first.reading.words == second.reading.words
    assert first.images == second.images


def test_without_its_model_the_pool_does_not_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = workers()
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    with pytest.raises(ModelMissing):
        ReadingPool(workers=1)
    assert workers() == before


def workers() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "spawn_main" in " ".join(child.cmdline())]

"""Search stays quick over ten thousand records, some of them whole books."""

import random
import re
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.catalog.search import Holder, SearchEntry, SearchIndex, SearchRequest

RECORDS = 10_000
QUERIES = 400
TARGET_P95_SECONDS = 0.020

ONSETS = re.findall(r"\w+", "b c ch d đ g gi h kh l m n ng nh p ph qu r s t th tr v x")
RHYMES = re.findall(r"\w+", "a à á ả ã ạ an ân ăng ang anh ao ay ê ế iên iện oa òa ong ôn ôi ơi u ú ương ước uyên y ỷ")
SYLLABLES = [onset + rhyme for onset in ONSETS for rhyme in RHYMES]
FREQUENCIES = [1 / (rank + 15) for rank in range(len(SYLLABLES))]  # the commonest is about 2 % of a text, as in life


def _prose(chance: random.Random, length: int) -> str:
    return " ".join(chance.choices(SYLLABLES, FREQUENCIES, k=length))


def _entry(number: int, chance: random.Random) -> SearchEntry:
    length = 60_000 if number % 500 == 0 else int(chance.lognormvariate(6, 1))
    return SearchEntry(
        id=f"record-{number}",
        version=1,
        title=_prose(chance, 7),
        creators=(_prose(chance, 3),),
        subjects=(_prose(chance, 2), _prose(chance, 2)),
        summary=_prose(chance, 40),
        text=_prose(chance, length),
        libraries=(Holder(library=f"library-{number % 20}"),),
        year=1900 + number % 120,
        added_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


@pytest.mark.prove
def test_p95_over_ten_thousand_records(tmp_path: Path) -> None:
    chance = random.Random(20)
    index = SearchIndex(tmp_path)
    began = time.perf_counter()
    for number in range(RECORDS):
        index.put(_entry(number, chance))
    index.commit()
    indexed = time.perf_counter() - began

    worked, waited = [], []
    for number in range(QUERIES):
        query = _prose(chance, 1 + number % 4)
        work, wall = time.thread_time(), time.perf_counter()
        index.search(SearchRequest(query=f'"{query}"' if number % 8 == 7 else query))
        worked.append(time.thread_time() - work)
        waited.append(time.perf_counter() - wall)

    print(f"index {RECORDS / indexed:.0f} records/s; search {_told(worked)} of work, {_told(waited)} by the clock")  # noqa: T201
    # A search runs in the thread that asks, so its work is its latency on a machine with nothing else to do.
    assert _p95(worked) < TARGET_P95_SECONDS


def _p95(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20)[18]


def _told(seconds: list[float]) -> str:
    return f"p50 {statistics.median(seconds) * 1e3:.1f} ms, p95 {_p95(seconds) * 1e3:.1f} ms"

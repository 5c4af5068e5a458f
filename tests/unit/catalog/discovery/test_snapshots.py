"""What is kept of snapshots, over a real index and a real folder of objects."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from services.catalog.discovery.snapshots import FORGOTTEN_AFTER, KEPT, ROOT, Snapshots, copy
from services.catalog.search import SearchIndex, SearchRequest
from shared.store.objects import Objects
from tests.unit.catalog.search.entries import entry


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return Objects((tmp_path / "objects").as_uri())


@pytest.fixture
def index(tmp_path: Path) -> Path:
    made = SearchIndex(tmp_path / "index")
    made.put(entry("c-1", "Văn bia"))
    made.commit()
    made.close()
    return tmp_path / "index"


def names(objects: Objects) -> set[str]:
    return {key.split("/")[-2] for key in asyncio.run(objects.list(f"{ROOT}/"))}


def store(objects: Objects, index: Path, times: int) -> list[str]:
    snapshots = Snapshots(objects, "here")
    return [asyncio.run(snapshots.put(copy(index, {0: number}, index.with_name("copy")))) for number in range(times)]


def test_the_newest_few_stay(objects: Objects, index: Path) -> None:
    stored = sorted(store(objects, index, KEPT + 2))
    assert names(objects) == set(stored[-KEPT:])


def test_those_of_another_layout_stay_for_a_fortnight(objects: Objects, index: Path) -> None:
    now = datetime.now(UTC)
    young, old = (f"{now - FORGOTTEN_AFTER + change:%Y%m%dT%H%M%SZ}-0" for change in (timedelta(1), -timedelta(1)))
    for name in (young, old):
        asyncio.run(objects.put(f"{ROOT}/0-0.0.0/there/{name}/manifest.json", b"{}", "application/json"))
    stored = store(objects, index, 1)
    assert names(objects) == {young, *stored}


def test_what_is_no_snapshot_stays_and_hinders_nothing(objects: Objects, index: Path) -> None:
    strays = [f"{ROOT}/README", f"{ROOT}/0-0.0.0/there/19990101/file"]
    (first,) = store(objects, index, 1)
    folder = next(key for key in asyncio.run(objects.list(f"{ROOT}/")) if f"/{first}/" in key).rpartition(first)[0]
    strays += [f"{folder}note/manifest.json"]
    for stray in strays:
        asyncio.run(objects.put(stray, b"", "text/plain"))
    stored = {first, *store(objects, index, KEPT)}
    assert {*strays} <= {*asyncio.run(objects.list(f"{ROOT}/"))}
    assert names(objects) & stored == set(sorted(stored)[-KEPT:])
    assert asyncio.run(Snapshots(objects, "here").newest()) is not None


def test_a_broken_one_is_counted_and_the_one_before_is_taken(objects: Objects, index: Path, tmp_path: Path) -> None:
    newest = max(store(objects, index, 2))
    for key in asyncio.run(objects.list(f"{ROOT}/")):
        if f"/{newest}/" in key and key.endswith(".store"):
            asyncio.run(objects.put(key, b"broken", "application/octet-stream"))
    before = REGISTRY.get_sample_value("catalog_snapshot_failures_total", {"step": "taken"}) or 0
    assert asyncio.run(Snapshots(objects, "here").restore(tmp_path / "taken")) is not None
    assert REGISTRY.get_sample_value("catalog_snapshot_failures_total", {"step": "taken"}) == before + 1
    assert SearchIndex(tmp_path / "taken").search(SearchRequest(query="van bia")).total == 1

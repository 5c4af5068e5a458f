"""Harvests from a provider that pages, tires, deletes, lies about dates and repeats itself."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest

from services.catalog.formats import as_marcxml
from services.catalog.imports import store
from services.catalog.imports.fetching import HarvestLimits
from services.catalog.imports.harvesting import Harvesting
from services.catalog.imports.source import Source
from tests.integration.catalog.imports.conftest import Desk
from tests.integration.catalog.union.shelves import books, catalogue

PAGE = 4


@dataclass
class Held:
    """A record of the provider; metadata is None once it is deleted."""

    identifier: str
    datestamp: datetime
    metadata: str | None


@dataclass
class Archive:
    """What it holds, and its manners."""

    held: list[Held] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    answer_first: Callable[[dict[str, str]], tuple[int, dict[str, str], str] | None] = lambda _: None

    def answer(self, arguments: dict[str, str]) -> tuple[int, dict[str, str], str]:
        self.asked.append(arguments)
        if instead := self.answer_first(arguments):
            return instead
        start = int(arguments.get("resumptionToken", "0 ").split()[0])
        since = arguments.get("from") or arguments.get("resumptionToken", "0 ").partition(" ")[2]
        chosen = [one for one in self.held if not since or one.datestamp.strftime("%Y-%m-%dT%H:%M:%SZ") >= since]
        if not chosen:
            return 200, {}, envelope('<error code="noRecordsMatch"/>')
        page = "".join(map(record, chosen[start : start + PAGE]))
        token = f"{start + PAGE} {since}" if start + PAGE < len(chosen) else ""
        return 200, {}, envelope(f"<ListRecords>{page}<resumptionToken>{token}</resumptionToken></ListRecords>")


def envelope(inside: str) -> str:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    opening = '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
    return f"<?xml version='1.0'?>{opening}<responseDate>{now}</responseDate>{inside}</OAI-PMH>"


def record(one: Held) -> str:
    status = ' status="deleted"' if one.metadata is None else ""
    stamp = one.datestamp.strftime("%Y-%m-%dT%H:%M:%SZ")
    header = f"<header{status}><identifier>{one.identifier}</identifier><datestamp>{stamp}</datestamp></header>"
    metadata = "" if one.metadata is None else f"<metadata>{one.metadata}</metadata>"
    return f"<record>{header}{metadata}</record>"


@contextmanager
def serving(archive: Archive) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            arguments = {name: values[0] for name, values in parse_qs(urlparse(self.path).query).items()}
            status, headers, text = archive.answer(arguments)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/oai"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def archive() -> Archive:
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    shelf = catalogue(books(10))
    return Archive([Held(f"oai:a:{n}", long_ago, as_marcxml(one).decode()) for n, one in enumerate(shelf)])


@pytest.fixture
def address(archive: Archive) -> Iterator[str]:
    with serving(archive) as url:
        yield url


LIMITS = HarvestLimits(seconds=60, longest_wait=2, attempts=2, may_reach=lambda _: True)


async def harvest(desk: Desk, *, limits: HarvestLimits = LIMITS) -> dict[str, Any]:
    """Harvest once what is due; the run."""
    assert await Harvesting(desk.union.runtime.works, limits).turn()
    runs = await desk.database[store.RUNS].find().sort("created_at", -1).to_list(1)
    return runs[0]


async def make_due(desk: Desk, **state: Any) -> None:
    await desk.database[store.HARVESTS].update_one({}, {"$set": {"next_at": datetime.now(UTC), **state}})


async def source(desk: Desk, url: str, **given: Any) -> Source:
    return await desk.source("kho", oai={"url": url, "overlap_hours": 1, **given})


async def test_everything_comes_page_by_page_and_then_what_changed(desk: Desk, archive: Archive, address: str) -> None:
    await source(desk, address)
    run = await harvest(desk)
    assert (run["state"], run["counts"]["new"], await desk.standing()) == ("done", 10, 10)
    assert not await Harvesting(desk.union.runtime.works, LIMITS).turn()
    archive.held[3] = Held("oai:a:3", datetime.now(UTC), None)
    archive.held[4] = Held("oai:a:4", datetime.now(UTC), archive.held[5].metadata)
    archive.asked.clear()
    await make_due(desk)
    run = await harvest(desk)
    assert "from" in archive.asked[0]
    assert run["counts"] == {"read": 2, "retired": 1, "updated": 1}
    assert await desk.standing() == 9


async def test_what_the_source_dated_wrongly_or_dropped_is_found_by_a_whole_harvest(
    desk: Desk, archive: Archive, address: str
) -> None:
    await source(desk, address, whole_every_days=1)
    await harvest(desk)
    archive.held[2] = Held("oai:a:2", datetime(2001, 1, 1, tzinfo=UTC), archive.held[7].metadata)
    del archive.held[9]
    await make_due(desk)
    assert "updated" not in (await harvest(desk))["counts"]
    await make_due(desk, whole_at=datetime.now(UTC) - timedelta(days=2))
    run = await harvest(desk)
    assert (run["whole"], run["counts"]["updated"], run["counts"]["retired"]) == (True, 1, 1)
    assert await desk.standing() == 9


async def test_a_busy_provider_is_asked_again_when_it_said(desk: Desk, archive: Archive, address: str) -> None:
    refused: list[dict[str, str]] = []

    def busy(arguments: dict[str, str]) -> tuple[int, dict[str, str], str] | None:
        if arguments in refused:
            return None
        refused.append(arguments)
        return 503, {"retry-after": "0"}, "busy"

    archive.answer_first = busy
    await source(desk, address)
    assert (await harvest(desk))["counts"]["new"] == 10
    assert len(archive.asked) == 6


async def test_a_harvest_that_is_put_off_goes_on_where_it_was(desk: Desk, archive: Archive, address: str) -> None:
    archive.answer_first = lambda asked: (
        (503, {"retry-after": "3600"}, "later") if asked.get("resumptionToken", "").startswith("4") else None
    )
    await source(desk, address)
    run = await harvest(desk)
    assert (run["state"], run["counts"]["new"]) == ("running", 4)
    state = await store.harvest_state(desk.database, "kho")
    assert state is not None
    assert state["next_at"] > datetime.now(UTC) + timedelta(minutes=50)
    archive.answer_first = lambda _: None
    archive.asked.clear()
    await make_due(desk)
    again = await harvest(desk)
    assert (again["_id"], again["state"], again["counts"]["new"]) == (run["_id"], "done", 10)
    assert [asked.get("resumptionToken", "")[:1] for asked in archive.asked] == ["4", "8"]


async def test_a_token_that_is_forgotten_means_from_the_beginning(desk: Desk, archive: Archive, address: str) -> None:
    forgotten: list[str] = []

    def forget(asked: dict[str, str]) -> tuple[int, dict[str, str], str] | None:
        if asked.get("resumptionToken", "").startswith("8") and not forgotten:
            forgotten.append("8")
            return 200, {}, envelope('<error code="badResumptionToken">old</error>')
        return None

    archive.answer_first = forget
    await source(desk, address)
    run = await harvest(desk)
    assert (run["state"], run["counts"]["new"], run["counts"]["unchanged"]) == ("done", 10, 8)


async def test_dates_that_it_refuses_are_said_by_the_day(desk: Desk, archive: Archive, address: str) -> None:
    await source(desk, address)
    await harvest(desk)
    archive.answer_first = lambda asked: (
        (200, {}, envelope('<error code="badArgument">granularity</error>')) if "T" in asked.get("from", "") else None
    )
    archive.asked.clear()
    await make_due(desk)
    assert (await harvest(desk))["state"] == "done"
    assert [len(asked["from"]) for asked in archive.asked] == [20, 10]


@pytest.mark.parametrize(
    "answer",
    ["<html>hello", "", envelope("<Identify/>"), envelope('<error code="cannotDisseminateFormat"/>'), "<a>" * 5000],
)
async def test_what_is_no_list_fails_by_its_name(desk: Desk, archive: Archive, address: str, answer: str) -> None:
    archive.answer_first = lambda _: (200, {}, answer)
    await source(desk, address)
    run = await harvest(desk)
    assert (run["state"], run["failure"]) == ("failed", "not-oai")


async def test_a_token_that_leads_in_a_circle_ends(desk: Desk, archive: Archive, address: str) -> None:
    circle = f"<ListRecords>{record(archive.held[0])}<resumptionToken>0 x</resumptionToken></ListRecords>"
    archive.answer_first = lambda _: (200, {}, envelope(circle))
    await source(desk, address)
    run = await harvest(desk)
    assert (run["state"], run["failure"], await desk.standing()) == ("failed", "not-oai", 1)


async def test_an_address_inside_is_not_called(desk: Desk, archive: Archive, address: str) -> None:
    await source(desk, address)
    run = await harvest(desk, limits=HarvestLimits())
    assert (run["failure"], archive.asked) == ("inside", [])


async def test_records_that_cannot_be_read_are_reported(desk: Desk, archive: Archive, address: str) -> None:
    archive.held[1] = Held("oai:a:1", archive.held[1].datestamp, "<odd xmlns='x'>&#8;</odd>")
    await source(desk, address)
    run = await harvest(desk)
    reported = await store.list_report(desk.database, run["_id"], None, 0, 10)
    assert (run["state"], run["counts"]["new"], run["counts"]["refused"]) == ("done", 9, 1)
    assert [row.number for row in reported] == [2]


async def test_a_record_that_can_no_longer_be_read_stands_as_it_stood(
    desk: Desk, archive: Archive, address: str
) -> None:
    await source(desk, address)
    await harvest(desk)
    archive.held[1] = Held("oai:a:1", archive.held[1].datestamp, "<odd xmlns='x'>&#8;</odd>")
    del archive.held[5]
    await make_due(desk, whole_at=None)
    run = await harvest(desk)
    assert (run["counts"]["refused"], run["counts"]["retired"], run["not_retired"]) == (1, 1, False)
    assert await desk.standing() == 9


async def test_a_harvest_of_everything_that_hides_a_record_retires_nothing(
    desk: Desk, archive: Archive, address: str
) -> None:
    await source(desk, address)
    await harvest(desk)
    archive.held[1] = Held("", archive.held[1].datestamp, archive.held[1].metadata)
    del archive.held[5]
    await make_due(desk, whole_at=None)
    run = await harvest(desk)
    assert (run["state"], run["counts"]["refused"], run["not_retired"]) == ("done", 1, True)
    assert await desk.standing() == 10


async def test_a_list_that_is_broken_off_is_not_its_end(desk: Desk, archive: Archive, address: str) -> None:
    await source(desk, address)
    await harvest(desk)
    archive.answer_first = lambda _: (200, {}, envelope(f"<ListRecords>{record(archive.held[0])}")[:-40])
    await make_due(desk, whole_at=None)
    assert (await harvest(desk))["failure"] == "not-oai"
    assert await desk.standing() == 10

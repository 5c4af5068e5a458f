"""Sector catalogues: made and changed by the authority, with a page, a search within, a feed, files and an OAI set."""

import asyncio
from io import BytesIO
from typing import Any

import pymarc
import pytest
from lxml import etree

from services.catalog.exchange import store as exchange_store
from services.catalog.formats import Format, read
from services.catalog.scopes.store import ensure_indexes
from services.catalog.union import placing
from services.catalog.union.contributing import Batch, contribute
from services.catalog.union.contribution import Origin, contribution_of
from services.catalog.union.placing import apply_changed
from tests.integration.catalog.conftest import World
from tests.integration.catalog.union.shelves import books, catalogue

OAI = {"o": "http://www.openarchives.org/OAI/2.0/"}
ATOM = {"a": "http://www.w3.org/2005/Atom"}
CLASSES = ("346.597", "615.8", "959.731", "895.922")
LAW = {"title": "Luật tỉnh", "title_en": "Provincial law", "classes": ["340"]}


def marked(number: int, dewey: str) -> pymarc.Record:
    record = next(catalogue(books(number + 1)[number:], start=number))
    record.add_field(pymarc.Field("082", pymarc.Indicators("0", "4"), [pymarc.Subfield("a", dewey)]))
    return record


async def put(world: World, dewey: dict[int, str], library: str = "thu-vien-tinh") -> dict[int, str]:
    """Contribute books by number with their classes; the cluster of each."""
    origin = Origin(library, library)
    coming = {number: marked(number, one) for number, one in dewey.items()}
    made = {number: contribution_of(origin, record["001"].data or "", record) for number, record in coming.items()}
    await world.runtime.works.transact(lambda work: contribute(work, Batch(list(made.values()))), bulk=True)
    await world.index()
    rows = world.runtime.database["contributions"].find({"_id": {"$in": [one.id for one in made.values()]}})
    home = {row["_id"]: row["cluster"] async for row in rows}
    return {number: home[one.id] for number, one in made.items()}


async def applied(world: World) -> int:
    """Bring all sets up to their catalogues; in how many batches."""
    batches = 0
    while await apply_changed(world.runtime.works):
        batches += 1
    return batches


async def in_set(world: World, scope: str, **more: str) -> list[str]:
    """The clusters that a harvest of a catalogue gives; those that ended are left out."""
    params = {"verb": "ListIdentifiers", "metadataPrefix": "oai_dc", "set": f"scope:{scope}", **more}
    root = etree.fromstring((await world.client.get("/oai", params=params)).content)
    path = "//o:header[not(@status)]/o:identifier/text()"
    return sorted(identifier.rpartition(":")[2] for identifier in root.xpath(path, namespaces=OAI))


async def define(world: World, scope: str, **given: Any) -> dict[str, Any]:
    answer = await world.client.put(
        f"/v1/scopes/{scope}", json=LAW | given, headers=world.token("authority", "so-vhttdl")
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_the_union_begins_with_four_catalogues_that_fill_as_records_come(world: World) -> None:
    await applied(world)
    home = await put(world, dict(enumerate(CLASSES)))
    listed = (await world.get("/v1/scopes")).json()["scopes"]
    assert [(one["id"], one["pending"]) for one in listed] == [
        ("dia-chi", False),
        ("giao-duc", False),
        ("phap-luat", False),
        ("y-te", False),
    ]
    found = {one["id"]: await in_set(world, one["id"]) for one in listed}
    assert found == {"phap-luat": [home[0]], "y-te": [home[1]], "dia-chi": [home[2]], "giao-duc": []}
    sets = (await world.get("/oai?verb=ListSets")).text
    assert "<setSpec>scope:y-te</setSpec><setName>Mục lục chuyên ngành / Sector catalogue: Y tế / Health" in sets


async def test_a_page_shows_and_searches_its_part_of_the_union(world: World) -> None:
    home = await put(world, dict(enumerate(CLASSES)))
    page = (await world.get("/tm/phap-luat")).text
    for said in (
        "Pháp luật",
        'name="scope" value="phap-luat"',
        f"/clusters/{home[0]}",
        "/tm/phap-luat/feed",
        "1 biểu ghi",
    ):
        assert said in page, said
    assert home[1] not in page
    assert "Law" in (await world.get("/tm/phap-luat?lang=en")).text
    assert (await world.get("/tm/khong-co")).status_code == 404
    first = (await world.get("/")).text
    assert 'href="/tm/dia-chi"' in first
    for asked, expected in (("?scope=y-te", [home[1]]), ("?scope=y-te&q=class:340", []), ("?q=class:340", [home[0]])):
        answer = (await world.get(f"/v1/search{asked}")).json()
        assert [hit["id"] for hit in answer["hits"]] == expected, asked
    within = (await world.get("/?scope=y-te&q=a")).text
    assert "Mục lục chuyên ngành: Y tế" in within
    assert (await world.get("/v1/search?scope=khong-co")).status_code == 404
    removed = await world.get("/?scope=khong-co&q=luật")
    assert (removed.status_code, "Không tìm thấy trang này" in removed.text, "luật" in removed.text) == (
        404,
        True,
        True,
    )


async def test_the_feed_and_the_files_hold_what_belongs(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange_store, "CLUSTERS_AT_ONCE", 2)
    home = await put(world, dict.fromkeys(range(3), "346") | {3: "895.922"})
    feed = etree.fromstring((await world.get("/tm/phap-luat/feed")).content)
    addresses = feed.xpath("a:entry/a:id/text()", namespaces=ATOM)
    assert sorted(addresses) == sorted(f"https://thuvien.example/clusters/{home[number]}" for number in range(3))
    await applied(world)
    for form, kind in (
        ("marc", Format.MARC21),
        ("marcxml", Format.MARCXML),
        ("mods", Format.MODS),
        ("csv", Format.CSV),
    ):
        answer = await world.get(f"/tm/phap-luat/records?format={form}")
        records = [found.record for found in read(BytesIO(answer.content), kind) if found.record]
        assert len(records) == 3, form
        assert "attachment" in answer.headers["content-disposition"]
    marc = (await world.get("/tm/phap-luat/records")).content
    assert [record["001"].data for record in pymarc.MARCReader(marc)] == sorted(home[number] for number in range(3))
    for form, mark in (("jsonld", "\n"), ("bibtex", "@book"), ("ris", "TY  -")):
        assert (await world.get(f"/tm/phap-luat/records?format={form}")).text.count(mark) == 3, form


async def test_no_more_files_are_written_at_once_than_leave_room_for_searches(world: World) -> None:
    async with world.catalog.exports.one(), world.catalog.exports.one():
        crowded = await world.get("/tm/phap-luat/records")
        assert (crowded.status_code, crowded.headers["retry-after"]) == (503, "30")
        assert (await world.get("/v1/authorities/export")).status_code == 503
        assert (await world.get("/tm/phap-luat")).status_code == 200
    for _ in range(3):
        assert (await world.get("/tm/phap-luat/records")).status_code == 200


async def test_a_changed_catalogue_moves_what_stands_still(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "CLUSTERS_AT_ONCE", 3)
    home = await put(world, {number: CLASSES[number % 4] for number in range(10)})
    await applied(world)
    before = {row["_id"]: row["changed_at"] async for row in world.runtime.database["clusters"].find()}
    made = await define(world, "luat-tinh")
    assert (made["version"], made["pending"], made["oai_set"]) == (1, True, "scope:luat-tinh")
    # A batch is done, then the process dies; records come by the new definition meanwhile.
    assert await apply_changed(world.runtime.works)
    home |= await put(world, {10: "349"})
    assert await applied(world) >= 3
    law = sorted(home[number] for number in (0, 4, 8, 10))
    assert await in_set(world, "luat-tinh") == law
    after = {row["_id"]: row["changed_at"] async for row in world.runtime.database["clusters"].find()}
    assert {one for one in before if after[one] != before[one]} == set(law) - {home[10]}
    await define(world, "luat-tinh", classes=["610"])
    await applied(world)
    assert await in_set(world, "luat-tinh") == sorted(home[number] for number in (1, 5, 9))
    gone = await world.client.delete("/v1/scopes/luat-tinh", headers=world.operator)
    await applied(world)
    assert (gone.status_code, await in_set(world, "luat-tinh")) == (204, [])
    assert (await world.get("/v1/scopes/luat-tinh")).status_code == 404


async def test_sets_come_to_the_same_when_records_and_a_catalogue_change_at_once(world: World) -> None:
    await applied(world)

    async def import_some() -> dict[int, str]:
        home: dict[int, str] = {}
        for number in range(12):
            home |= await put(world, {number: CLASSES[number % 4]})
        return home

    async def change_and_apply() -> None:
        for classes in (["610"], ["340"]):
            await define(world, "luat-tinh", classes=classes)
            await applied(world)

    home, _ = await asyncio.gather(import_some(), change_and_apply())
    await applied(world)
    assert await in_set(world, "luat-tinh") == sorted(home[number] for number in (0, 4, 8))


async def test_a_ready_catalogue_that_was_taken_away_stays_away(world: World) -> None:
    assert (await world.client.delete("/v1/scopes/y-te", headers=world.operator)).status_code == 204
    await ensure_indexes(world.runtime.database)
    assert "y-te" not in (await world.get("/v1/scopes")).text
    again = await define(world, "y-te", title="Y tế", classes=["610"])
    assert again["version"] == 3


async def test_only_the_authority_and_operators_change_catalogues(world: World) -> None:
    for whom, status in ((world.librarian, 403), ({}, 401)):
        assert (await world.client.put("/v1/scopes/x", json=LAW, headers=whom)).status_code == status
        assert (await world.client.delete("/v1/scopes/y-te", headers=whom)).status_code == status
    for body in (LAW | {"classes": []}, LAW | {"query": "luật"}, LAW | {"classes": ["34"]}, LAW | {"more": 1}, {}):
        refused = await world.client.put("/v1/scopes/x", json=body, headers=world.operator)
        assert refused.status_code == 422, body
    assert (await world.client.put("/v1/scopes/A b", json=LAW, headers=world.operator)).status_code == 422

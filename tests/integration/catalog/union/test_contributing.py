"""Clusters follow from the set of contributions alone, and every change of them is told."""

import asyncio
import random

import pymarc
import pytest
from pymarc import Field, Subfield

from services.catalog.union import store
from services.catalog.union.contribution import Origin, contribution_id
from services.catalog.union.grouping import cluster_id
from shared.events.clusters import ClusterChanged, ClusterMerged, ClusterSplit, RecordContributed, RecordRetired
from tests.integration.catalog.union.conftest import Union
from tests.integration.catalog.union.shelves import NONE, books, catalogue
from tests.resources.outbox import announced

PROVINCE, SCHOOL = Origin("tinh", "thu-vien-tinh", 4), Origin("truong", "truong-le-loi", 2)


def shelves() -> tuple[list[pymarc.Record], list[pymarc.Record]]:
    """Two libraries with half of their books in common."""
    known = books(90)
    return list(catalogue(known[:60])), list(catalogue(known[30:], manner=1))


async def test_what_two_libraries_describe_alike_is_one_cluster(union: Union) -> None:
    here, there = shelves()
    ours = await union.put(PROVINCE, here)
    theirs = await union.put(SCHOOL, there)
    clusters = await union.clusters()
    assert len(clusters) == 90
    for one, other in zip(ours[30:], theirs[:30], strict=True):
        assert await union.home(one.id) == await union.home(other.id)


async def test_the_order_of_loading_makes_no_difference(union: Union, another: Union) -> None:
    here, there = shelves()
    await union.put(PROVINCE, here, at_once=60)
    await union.put(SCHOOL, there, at_once=7)
    mixed = [(SCHOOL, record) for record in there] + [(PROVINCE, record) for record in here]
    random.Random(1).shuffle(mixed)
    for origin, record in mixed:
        await another.put(origin, [record])
    assert await another.state() == await union.state()


async def test_two_importers_at_once_make_the_clusters_of_one(union: Union, another: Union) -> None:
    here, there = shelves()
    await asyncio.gather(union.put(PROVINCE, here, at_once=9), union.put(SCHOOL, there, at_once=9))
    await another.put(PROVINCE, here)
    await another.put(SCHOOL, there)
    assert await union.state() == await another.state()


async def test_the_same_again_changes_nothing(union: Union) -> None:
    here, _ = shelves()
    await union.put(PROVINCE, here)
    before, said = await union.state(), len(await union.told("records-current"))
    await union.put(PROVINCE, here)
    assert await union.state() == before
    assert len(await union.told("records-current")) == said


async def test_a_description_that_is_mended_moves_and_leaves_nothing_behind(union: Union, another: Union) -> None:
    known = books(3)
    await union.put(PROVINCE, catalogue(known))
    wrong = list(catalogue(known[:1], manner=1))
    wrong[0]["245"].subfields[0] = Subfield("a", "Một cuốn sách nào đó /")
    wrong[0].remove_fields("020")
    await union.put(SCHOOL, wrong)
    assert len(await union.clusters()) == 4
    await union.put(SCHOOL, catalogue(known[:1], manner=1))
    await another.put(PROVINCE, catalogue(known))
    await another.put(SCHOOL, catalogue(known[:1], manner=1))
    assert await union.state() == await another.state()


async def test_a_retired_record_leaves_its_cluster_to_the_others(union: Union, another: Union) -> None:
    known = books(4)
    ours = await union.put(PROVINCE, catalogue(known))
    theirs = await union.put(SCHOOL, catalogue(known, manner=1))
    await union.put(PROVINCE, [], retired=[one.id for one in ours[:2]])
    await another.put(PROVINCE, list(catalogue(known))[2:])
    await another.put(SCHOOL, catalogue(known, manner=1))
    assert await union.state() == await another.state()
    row = await union.database[store.CONTRIBUTIONS].find_one({"_id": ours[0].id})
    assert row is not None
    assert "marc" not in row
    await union.put(SCHOOL, [], retired=[theirs[0].id])
    gone = await union.cluster(cluster_id(theirs[0].id))
    assert (gone["deleted"], gone["redirect_to"], gone["marc"]) == (True, None, None)


async def test_ids_that_ended_lead_to_where_their_founder_stands(union: Union) -> None:
    known = books(1)
    late = list(catalogue(known))
    late[0]["008"].data = "200101s1999    vm            000 0 vie d"
    await union.put(PROVINCE, late)
    first = cluster_id(contribution_id("tinh", late[0]["001"].data or ""))
    early = list(catalogue(known, manner=1))
    early[0]["008"].data = "990101s1999    vm            000 0 vie d"
    await union.put(SCHOOL, early)
    second = cluster_id(contribution_id("truong", early[0]["001"].data or ""))
    assert (await union.cluster(first))["redirect_to"] == second
    assert list(await union.clusters()) == [second]
    merged = [event.data for event in await union.told("clusters") if event]
    assert merged == [ClusterMerged(cluster=second, by="catalog", absorbed=(first,))]


async def test_everything_is_told_gaplessly(union: Union) -> None:
    here, there = shelves()
    ours = await union.put(PROVINCE, here[:40])
    await union.put(SCHOOL, there[:20])
    await union.put(PROVINCE, [], retired=[one.id for one in ours[:5]])
    await union.put(PROVINCE, here[:5])
    for topic in ("records-bulk", "clusters"):
        versions: dict[str, list[int]] = {}
        for event in await union.told(topic):
            assert event is not None
            versions.setdefault(event.subject, []).append(event.aggregate_version)
        assert all(seen == list(range(1, len(seen) + 1)) for seen in versions.values()), topic
    kinds = {type(event.data) for event in await union.told("records-bulk") if event}
    assert kinds == {RecordContributed, RecordRetired}


async def test_the_last_message_of_each_cluster_says_how_it_is(union: Union) -> None:
    here, there = shelves()
    ours = await union.put(PROVINCE, here)
    await union.put(SCHOOL, there)
    await union.put(PROVINCE, [], retired=[one.id for one in ours[:3]])
    last = {said.key: said.body for said in await announced(union.database, "records-current")}
    clusters = await union.clusters()
    assert {key for key, body in last.items() if body} == clusters.keys()
    told = {event.subject: event.data for event in await union.told("records-current") if event}
    for cluster, members in clusters.items():
        data = told[cluster]
        assert isinstance(data, ClusterChanged)
        assert sum(held.records for held in data.cluster.libraries) == len(members)


async def test_the_merged_record_says_where_its_fields_came_from(union: Union) -> None:
    known = books(1)
    fuller = list(catalogue(known))
    summary = Field("520", NONE, [Subfield("a", "Tóm tắt của trường")])
    local = Field("852", NONE, [Subfield("a", "Kho mượn")])
    brief = list(catalogue(known, manner=1))
    brief[0].fields += [summary, local]
    ours = await union.put(PROVINCE, fuller)
    theirs = await union.put(SCHOOL, brief)
    row = await union.cluster(await union.home(ours[0].id))
    merged = pymarc.Record(data=row["marc"])
    assert row["survivor"] == ours[0].id
    assert row["provenance"]["520"] == [theirs[0].id]
    assert merged["520"]["a"] == "Tóm tắt của trường"
    assert merged["300"]["a"] == fuller[0]["300"]["a"]
    assert merged.get_fields("852") == []
    assert merged["001"].data == row["_id"]
    assert row["holdings"] == [
        {"library": "thu-vien-tinh", "records": 1, "items": 0},
        {"library": "truong-le-loi", "records": 1, "items": 1},
    ]


@pytest.mark.parametrize("copies", [2, 5])
async def test_exact_copies_of_many_libraries_are_compared_once(union: Union, copies: int) -> None:
    known = books(5)
    for number in range(copies):
        await union.put(Origin(f"s{number}", f"truong-{number}"), catalogue(known))
    assert len(await union.clusters()) == 5
    assert await union.database[store.DESCRIPTIONS].count_documents({}) == 5
    assert await union.database[store.DECISIONS].count_documents({"verdict": "merge"}) == 0
    rows = await union.database[store.DESCRIPTIONS].find().to_list()
    assert {row["count"] for row in rows} == {copies}


async def test_a_split_is_told(union: Union) -> None:
    known = books(1)
    ours = await union.put(PROVINCE, catalogue(known))
    theirs = list(catalogue(known, manner=1))
    their_ids = await union.put(SCHOOL, theirs)
    assert await union.home(ours[0].id) == await union.home(their_ids[0].id)
    theirs[0]["245"].subfields[0] = Subfield("a", "Hoàn toàn khác /")
    theirs[0].remove_fields("020")
    await union.put(SCHOOL, theirs)
    apart = {await union.home(ours[0].id), await union.home(their_ids[0].id)}
    assert len(apart) == 2
    splits = [event.data for event in await union.told("clusters") if event and isinstance(event.data, ClusterSplit)]
    assert len(splits) == 1
    assert {splits[0].cluster, *splits[0].into} == apart

"""What the union itself writes, as others get it: merged, changed and ended clusters."""

from collections.abc import Sequence

import pymarc

from services.catalog.union.contributing import Batch, contribute
from services.catalog.union.contribution import Contribution, Origin, contribution_of
from tests.integration.catalog.conftest import World
from tests.integration.catalog.exchange.conftest import found
from tests.integration.catalog.union.shelves import books, catalogue

SHELF = books(20)


async def put(
    world: World, library: str, records: Sequence[pymarc.Record], retired: Sequence[str] = ()
) -> list[Contribution]:
    coming = [contribution_of(Origin(library, library), one["001"].data or "", one) for one in records]
    await world.runtime.works.transact(lambda work: contribute(work, Batch(coming, retired)), bulk=True)
    return coming


async def harvested(world: World, **given: str) -> dict[str, bool]:
    """Clusters by id, and whether each has a record."""
    answer = await world.client.get("/oai", params={"verb": "ListRecords", "metadataPrefix": "marcxml", **given})
    return {
        record[0].findtext("{*}identifier").rpartition(":")[2]: len(record) == 2
        for record in found(answer.content, "//oai:record")
    }


async def test_editions_are_harvested_as_they_come_together_and_end(world: World) -> None:
    ours = await put(world, "thu-vien-tinh", list(catalogue(SHELF)))
    first = await harvested(world)
    assert list(first.values()) == [True] * 20
    theirs = await put(world, "thu-vien-xa", list(catalogue(SHELF[:5], manner=1)))
    assert (await harvested(world)).keys() == first.keys()
    shared = await harvested(world, set="library:thu-vien-xa")
    assert len(shared) == 5
    await put(world, "thu-vien-tinh", [], [ours[0].id, ours[19].id, theirs[0].id])
    after = await harvested(world)
    ended = [cluster for cluster, stands in after.items() if not stands]
    assert (after.keys(), len(ended)) == (first.keys(), 2)
    for cluster in ended:
        assert (await world.client.get(f"/clusters/{cluster}")).status_code == 410
    assert len(await harvested(world, set="library:thu-vien-xa")) == 5


async def test_an_id_that_is_no_more_leads_to_the_edition(world: World) -> None:
    """The one whose record gave a cluster its id leaves; the edition stays, with another id."""
    (ours,) = await put(world, "thu-vien-tinh", list(catalogue(SHELF[:1])))
    (before,) = await harvested(world)
    await put(world, "thu-vien-xa", list(catalogue(SHELF[:1], manner=1)))
    await put(world, "thu-vien-tinh", [], [ours.id])
    after = await harvested(world)
    (standing,) = (cluster for cluster, stands in after.items() if stands)
    answer = await world.client.get(f"/clusters/{before}")
    assert (answer.status_code, answer.headers["location"]) == (301, f"/clusters/{standing}")
    assert after == {before: False, standing: True}


async def test_a_record_bears_the_number_of_its_cluster(world: World) -> None:
    await put(world, "thu-vien-tinh", list(catalogue(SHELF[:1])))
    (cluster,) = await harvested(world)
    answer = await world.client.get(f"/clusters/{cluster}?format=marc")
    (record,) = pymarc.MARCReader(answer.content)
    assert record["001"].data == cluster
    assert SHELF[0].title.split()[0] in str(record["245"])

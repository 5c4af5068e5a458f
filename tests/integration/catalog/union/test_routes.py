"""The union and its imports over HTTP, from an upload to a judgement."""

import pytest

from services.catalog.imports.importing import take_next_upload
from shared.events.clusters import ClusterChanged
from tests.integration.catalog.conftest import World
from tests.integration.catalog.union.shelves import books, catalogue, iso2709

SOURCE = "/v1/sources/tinh-2026"


async def put(world: World, url: str, body: object, who: dict[str, str]):
    return await world.client.put(url, json=body, headers=who)


async def upload(world: World, body: bytes, who: dict[str, str], **asked: str):
    params = {"source": "tinh-2026", "name": "sách.mrc", **asked}
    return await world.client.post("/v1/imports", params=params, content=body, headers=who)


@pytest.fixture
async def imported(world: World) -> World:
    """Two libraries with the same three books, and one record that is none."""
    for source, library, manner in (("tinh-2026", "thu-vien-tinh", 0), ("truong-2026", "truong-le-loi", 1)):
        form = {"library": library}
        assert (await put(world, f"/v1/sources/{source}", form, world.token("librarian", library))).status_code == 200
        body = iso2709(catalogue(books(3), manner=manner)) + b"no record\x1d"
        sent = await upload(world, body, world.token("librarian", library), source=source)
        assert sent.status_code == 202, sent.text
        assert await take_next_upload(world.runtime)
    return world


async def test_an_upload_is_imported_and_its_report_read(imported: World) -> None:
    world = imported
    listed = (await world.get("/v1/imports?source=tinh-2026", world.librarian)).json()["imports"]
    assert [(run["state"], run["counts"]["new"], run["counts"]["refused"]) for run in listed] == [("done", 3, 1)]
    url = f"/v1/imports/{listed[0]['run']}"
    assert (await world.get(url, world.librarian)).json() == listed[0]
    report = (await world.get(f"{url}/report?severity=lost", world.librarian)).json()
    assert [line["number"] for line in report["lines"]] == [4]
    assert report["lines"][0]["faults"][0]["text"]
    assert (await world.get(f"{url}/report?severity=repaired", world.librarian)).json()["lines"] == []
    english = (await world.get(f"{url}/report?lang=en", world.librarian)).json()["lines"][0]["faults"][0]["text"]
    assert english != report["lines"][0]["faults"][0]["text"]


async def test_who_may_not_is_told_so(world: World) -> None:
    assert (await put(world, SOURCE, {"library": "thu-vien-tinh"}, world.librarian)).status_code == 200
    stranger = world.token("librarian", "truong-le-loi")
    assert (await put(world, SOURCE, {"library": "thu-vien-tinh"}, stranger)).json()["reason"] == "not-your-library"
    changed = await put(world, SOURCE, {"library": "truong-le-loi"}, stranger)
    assert changed.json()["reason"] == "source-of-another-library"
    trusted = await put(world, SOURCE, {"library": "thu-vien-tinh", "trust": 5}, world.librarian)
    assert (trusted.status_code, trusted.json()["reason"]) == (403, "trust-by-operator")
    trusted = await put(world, SOURCE, {"library": "thu-vien-tinh", "trust": 5}, world.operator)
    assert trusted.json()["trust"] == 5
    assert (await upload(world, b"x", stranger)).status_code == 403
    assert (await upload(world, b"x", {})).status_code == 401
    assert (await upload(world, b"nothing known", world.librarian, name="x")).json()["reason"] == "import-unknown-form"
    own = await put(world, "/v1/sources/lienthong", {"library": "thu-vien-tinh"}, world.librarian)
    assert own.status_code == 409


async def test_a_cluster_is_seen_judged_and_restored(imported: World) -> None:
    world = imported
    told = [event.data for event in await world.told("records-current") if event]
    both = [one.cluster for one in told if isinstance(one, ClusterChanged) and len(one.cluster.libraries) == 2]
    assert len(both) == 3
    shown = await world.get(f"/v1/clusters/{both[0].id}")
    assert shown.status_code == 200
    cluster = shown.json()
    one, other = [member["contribution"] for member in cluster["members"]]
    why = (await world.get(f"/v1/clusters/{both[0].id}/decisions", world.librarian)).json()
    assert [decision["verdict"] for decision in why["decisions"]] == ["merge"]
    assert why["decisions"][0]["evidence"]
    pin = {"left": one, "right": other, "same": False, "reason": "khác bản in"}
    parted = (await world.post("/v1/pins", world.librarian, pin)).json()
    assert parted["left_cluster"] != parted["right_cluster"]
    why = (await world.get(f"/v1/clusters/{both[0].id}/decisions", world.librarian)).json()
    assert [(made["same"], made["name"], made["reason"]) for made in why["pins"]] == [
        (False, "Người Thử", "khác bản in")
    ]
    undone = await world.client.delete(f"/v1/pins/{one}/{other}", headers=world.librarian)
    assert undone.json()["left_cluster"] == undone.json()["right_cluster"] == both[0].id
    gone = {parted["left_cluster"], parted["right_cluster"]} - {both[0].id}
    moved = await world.get(f"/v1/clusters/{gone.pop()}")
    assert (moved.status_code, moved.headers["location"]) == (308, f"/v1/clusters/{both[0].id}")
    record = (await world.get(f"/v1/contributions/{one}", world.librarian)).json()
    assert record["cluster"] == both[0].id
    assert (await world.get(f"/v1/contributions/{one}")).status_code == 401


async def test_a_question_is_listed_shown_skipped_and_answered(imported: World) -> None:
    world = imported
    thin = list(catalogue(books(3), manner=1, start=50))[:1]
    thin[0].remove_fields("020", "300", "260")
    thin[0]["008"].data = "200101s        vm            000 0 vie d"
    await upload(world, iso2709(iter(thin)), world.librarian)
    assert await take_next_upload(world.runtime)
    listed = (await world.get("/v1/review?limit=1", world.librarian)).json()
    question = listed["questions"][0]["id"]
    shown = (await world.get(f"/v1/review/{question}", world.librarian)).json()
    assert shown["left"]["cluster"] != shown["right"]["cluster"]
    skipped = await world.post(f"/v1/review/{question}/answer", world.librarian, {"same": None})
    assert (skipped.status_code, skipped.json()) == (200, None)
    answered = await world.post(f"/v1/review/{question}/answer", world.librarian, {"same": True})
    assert answered.json()["left_cluster"] == answered.json()["right_cluster"]
    assert (await world.post(f"/v1/review/{question}/answer", world.librarian, {"same": True})).status_code == 404


async def test_hostile_words_are_refused(world: World) -> None:
    for url in (
        "/v1/clusters/c-1",
        "/v1/review?cursor=%00",
        "/v1/review?cursor=MSBuYW4geA==",
        "/v1/review?cursor=eHg=",
        "/v1/imports?cursor=%F0%9F",
        "/v1/imports/i-000000000000000000000000",
        "/v1/imports/i-000000000000000000000000/report?cursor=-1",
        "/v1/sources/$where",
        "/v1/contributions/b-000000000000000000000000",
    ):
        assert (await world.get(url, world.librarian)).status_code in {404, 422, 200}, url
    odd = {"library": "thu-vien-tinh", "oai": {"url": "file:///etc/passwd"}}
    assert (await put(world, SOURCE, odd, world.librarian)).status_code == 422


async def test_a_published_document_stands_in_the_union_while_anyone_may_know_of_it(world: World) -> None:
    record = await world.published("Hạ Lôi")
    row = await world.runtime.database["contributions"].find_one({"local_id": record, "deleted": False})
    assert row is not None
    shown = await world.get(f"/v1/clusters/{row['cluster']}")
    assert shown.json()["holdings"] == [{"library": "thu-vien-xa", "records": 1, "items": 0}]
    closed = {"access_level": "closed", "note": "theo yêu cầu"}
    assert (await world.post(f"/v1/records/{record}/restrict", world.operator, closed)).status_code == 200
    await world.index()
    left = await world.runtime.database["contributions"].find_one({"_id": row["_id"]})
    assert left is not None
    assert (left["deleted"], "marc" in left) == (True, False)
    assert (await world.get(f"/v1/clusters/{row['cluster']}")).status_code == 404

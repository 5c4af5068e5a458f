"""Batches: what was expected and what came, by name and number."""

import hashlib
import unicodedata
from contextlib import AsyncExitStack

import orjson
import pytest

from services.ingest.app import build_intake
from shared.events.documents import DocumentRecognised
from shared.events.envelope import Event
from shared.events.records import RecordPublished, RecordWithdrawn
from tests.integration.ingest.conftest import LIBRARY, SCHOOL, page, send, token
from tests.integration.ingest.packing import mets_package, zipped
from tests.integration.ingest.test_documents import OBJECT
from tests.integration.ingest.test_uploads import uploaded

ITEMS = [{"item": "a.png", "pages": 1}, {"item": "b.png"}, {"item": "hop-01.zip", "pages": 2}, {"item": "never"}]


async def create(client, items=ITEMS, title="Đợt 1") -> str:
    answer = await client.post("/v1/batches", json={"title": title, "items": items})
    assert answer.status_code in {200, 201}, answer.text
    return answer.json()["id"]


async def progress(client, batch: str) -> dict:
    answer = await client.get(f"/v1/batches/{batch}")
    assert answer.status_code == 200, answer.text
    return answer.json()["progress"]


async def join(client, batch: str, name: str, content: bytes, **more):
    metadata = orjson.dumps({"title": "T", "batch": batch, **more}).decode()
    return await send(client, (name, content), metadata=metadata)


async def test_what_came_is_counted_and_what_did_not_is_named(client, outbox, deliver):
    batch = await create(client)
    good = await join(client, batch, "a.png", page(1))
    await join(client, batch, "b.png", b"")
    await client.post(
        "/v1/packages", json={"upload": await uploaded(client, zipped(mets_package()), "hop-01.zip"), "batch": batch}
    )
    await join(client, batch, "extra.png", page(9))
    now = await progress(client, batch)

    assert (now["expected"], now["arrived"], now["refused"], now["read"], now["published"]) == (4, 2, 1, 0, 0)
    assert (now["missing"], now["extra"], now["complete"]) == (["never"], ["extra.png"], False)
    assert [(one["item"], one["reason"]) for one in now["refusals"]] == [("b.png", "empty")]
    assert (await client.get(good.json()["status_url"])).json()["batches"] == [{"batch": batch, "item": "a.png"}]
    assert {event["data"]["batch"] for event in await outbox("document.scanned")} == {batch}

    await join(client, batch, "b.png", page(2))
    await join(client, batch, "x.png", page(3), item="never")
    now = await progress(client, batch)
    assert (now["arrived"], now["refusals"], now["missing"], now["extra"]) == (4, [], [], ["extra.png"])


async def test_what_is_read_and_public_is_counted(client, deliver):
    batch = await create(client, [{"item": "a.png"}, {"item": "b.png"}])
    ids = [(await join(client, batch, name, page(n))).json()["id"] for n, name in enumerate(("a.png", "b.png"))]
    common = {"library": LIBRARY, "metadata": {"title": "T"}}
    for document in ids:
        recognised = DocumentRecognised(
            **common,
            document=document,
            pages=1,
            text=OBJECT,
            manifest=OBJECT,
            confidence=9,
            verdict="clear",
            submitted_by="x",
        )
        await deliver("documents", Event(recognised, source="urn:lienthong:ocr", aggregate_version=1))
    record = {"record": "r-1", "document": ids[0], "pages": 1, "by": "x/lan", **common}
    public = {
        "id": "r-1",
        "library": LIBRARY,
        "library_name": "x",
        "metadata": {"title": "T"},
        "pages": 1,
        "version": 4,
    }
    published = RecordPublished(**record, public={**public, "published_at": "2026-03-02T08:00:00Z", "text": None})
    await deliver("records", Event(published, source="urn:lienthong:catalog", aggregate_version=4))
    now = await progress(client, batch)
    assert (now["read"], now["published"], now["complete"]) == (2, 1, True)

    withdrawn = RecordWithdrawn(**record, reason="x")
    await deliver("records", Event(withdrawn, source="urn:lienthong:catalog", aggregate_version=5))
    assert (await progress(client, batch))["published"] == 0


async def test_other_pages_other_content_and_twice_are_named(client):
    sha256 = hashlib.sha256(page(2)).hexdigest()
    batch = await create(
        client, [{"item": "a.png", "pages": 3}, {"item": "b.png", "sha256": sha256}, {"item": "c.png"}]
    )
    await join(client, batch, "a.png", page(1))
    await join(client, batch, "b.png", page(9))
    for shade in (3, 4):
        await join(client, batch, "c.png", page(shade))
    now = await progress(client, batch)

    assert (now["differing"], now["repeated"], now["arrived"]) == (["a.png", "b.png"], ["c.png"], 3)
    await join(client, batch, "b.png", page(2))
    assert (await progress(client, batch))["differing"] == ["a.png"]


async def test_a_document_that_was_there_before_counts_as_arrived(client):
    await send(client, ("a.png", page(1)))
    batch = await create(client, [{"item": "a.png"}])
    for _ in range(2):
        await join(client, batch, "a.png", page(1))

    assert (await progress(client, batch))["complete"] is True


async def test_the_drop_folder_joins_by_the_name_of_the_submission(client, runtime, registered, tmp_path):
    batch = await create(client, [{"item": "so-bo"}])
    folder = tmp_path / "drop" / LIBRARY / "so-bo"
    folder.mkdir(parents=True)
    (folder / "1.png").write_bytes(page())
    (folder / "metadata.json").write_bytes(orjson.dumps({"title": "T", "batch": batch}))
    (folder / ".done").touch()
    async with AsyncExitStack() as stack:
        await (await build_intake(runtime, stack)).turn()

    assert (await progress(client, batch))["complete"] is True


async def test_the_same_manifest_is_the_same_batch(client):
    first = await client.post("/v1/batches", json={"title": "Đợt 1", "items": ITEMS})
    again = await client.post("/v1/batches", json={"title": "Đợt 1", "items": ITEMS[::-1]})

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]


@pytest.mark.parametrize(
    "csv", ["item,pages,title\na.png,1,Sổ\n\nb.png,,\n", "\ufeffitem;pages;title\r\na.png;1;Sổ\r\nb.png;;\r\n"]
)
async def test_a_manifest_as_csv(client, csv):
    answer = await client.post(
        "/v1/batches", params={"title": "Đợt 1"}, content=csv.encode(), headers={"content-type": "text/csv"}
    )

    assert answer.status_code == 201, answer.text
    assert [(one["item"], one["pages"], one["title"]) for one in answer.json()["items"]] == [
        ("a.png", 1, "Sổ"),
        ("b.png", None, None),
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "batch-invalid"),
        (b"item\n", "batch-invalid"),
        (b"item,pages\na,x\n", "batch-csv-line"),
        (b"name\na\n", "batch-csv-line"),
        (b"item,pages\na,1,2,3\n", "batch-csv-broken"),
        (b"item\na\na\n", "batch-item-twice"),
        (b"\xff\xfe", "batch-csv-broken"),
        (b'item\n"a', "batch-csv-broken"),
        (b"item\n" + b"".join(b"%d\n" % n for n in range(10_001)), "batch-too-many-items"),
        (b"item\n" + b"x" * 5_000_000, "too-large"),
    ],
)
async def test_a_bad_csv_is_refused_with_its_line(client, runtime, content, reason):
    headers = {"content-type": "text/csv"}
    answer = await client.post("/v1/batches", params={"title": "Đợt"}, content=content, headers=headers)

    assert answer.json()["reason"] == reason
    assert await runtime.database["batches"].count_documents({}) == 0


@pytest.mark.parametrize("kind", ["text/plain", ""])
async def test_a_manifest_of_another_type_is_refused(client, kind):
    answer = await client.post("/v1/batches", content=b"x", headers={"content-type": kind})

    assert (answer.status_code, answer.json()["reason"]) == (415, "batch-type")


async def test_a_batch_is_its_librarys_own(client, outbox):
    batch = await create(client)
    client.headers["authorization"] = f"Bearer {token(org=SCHOOL)}"

    assert (await client.get(f"/v1/batches/{batch}")).status_code == 404
    assert (await client.get("/v1/batches")).json()["batches"] == []
    assert (await join(client, batch, "a.png", page())).json()["reason"] == "no-such-batch"
    assert await outbox() == []


async def test_the_list_goes_on_from_its_cursor(client):
    made = sorted([await create(client, title=f"Đợt {n}") for n in range(3)])
    first = (await client.get("/v1/batches", params={"limit": 2})).json()
    rest = (await client.get("/v1/batches", params={"limit": 2, "cursor": first["next_cursor"]})).json()

    assert [one["id"] for one in first["batches"] + rest["batches"]] == made


async def test_nobody_else_puts_a_refusal_into_a_batch(client, outbox):
    batch = await create(client)
    client.headers["authorization"] = f"Bearer {token(org=SCHOOL)}"
    body = {"upload": await uploaded(client, b"no archive", "x.zip"), "batch": batch}
    assert (await client.post("/v1/packages", json=body)).json()["reason"] == "package-broken-archive"

    client.headers["authorization"] = f"Bearer {token()}"
    assert (await progress(client, batch))["refused"] == 0
    assert (await client.get(f"/v1/batches/{batch}")).json()["progress"]["refusals"] == []
    assert [event["data"]["library"] for event in await outbox()] == [SCHOOL]


async def test_a_name_is_the_same_however_its_marks_are_written(client):
    batch = await create(client, [{"item": unicodedata.normalize("NFD", "Sổ bộ.png")}])
    await join(client, batch, unicodedata.normalize("NFC", "Sổ bộ.png"), page())

    assert (await progress(client, batch))["complete"] is True

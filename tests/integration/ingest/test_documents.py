"""Documents handed in over HTTP: taken whole and once, or refused with a reason and without a trace."""

import asyncio
from urllib.parse import urlparse

import httpx
import pytest

from services.ingest.app import build_api
from shared.events.documents import DocumentRecognised
from shared.events.envelope import Event
from shared.events.records import RecordDrafted, RecordReviewed
from tests.integration.ingest.conftest import LIBRARY, SCHOOL, files_under, page, send, serving, token

DEADLINE_SECONDS = 60
OBJECT = {"key": "k", "media_type": "text/plain", "sha256": "0" * 64, "size": 1}


def steps(status: httpx.Response) -> dict:
    return {step["name"]: step for step in status.json()["steps"]}


async def test_a_scan_is_stored_announced_and_can_be_followed(client, runtime, outbox):
    answer = await send(client, ("Trang 1.png", page()), ("Trang 2.tif", page(kind="TIFF", pages=2)))

    assert answer.status_code == 202
    accepted = answer.json()
    assert (accepted["duplicate"], accepted["verdict"]) == (False, "unscanned")
    assert "CHƯA quét virus" in accepted["message"]
    [event] = await outbox()
    assert event["type"] == "vn.lienthong.document.scanned.v1"
    assert (event["subject"], event["aggregateversion"], event["data"]["pages"]) == (accepted["id"], 1, 3)
    for file in event["data"]["files"]:
        assert len(await runtime.objects.get(file["original"]["key"])) == file["original"]["size"]
    status = await client.get(accepted["status_url"])
    assert status.json()["correlation_id"] == event["traceparent"].split("-")[1]
    assert steps(status)["received"]["state"] == "done"
    assert steps(status)["scanned"]["state"] == "waiting"


async def test_the_same_files_again_are_the_same_document_and_no_second_event(client, outbox):
    first = await send(client, ("a.png", page()))
    second = await send(client, ("other name.png", page()))

    assert (second.status_code, second.json()["duplicate"]) == (202, True)
    assert second.json()["id"] == first.json()["id"]
    assert len(await outbox()) == 1


async def test_the_same_files_ten_times_at_once_are_one_document(client, outbox):
    answers = await asyncio.gather(*(send(client, ("a.png", page())) for _ in range(10)))

    assert [answer.status_code for answer in answers] == [202] * 10
    assert sum(not answer.json()["duplicate"] for answer in answers) == 1
    assert len(await outbox()) == 1


@pytest.mark.parametrize(
    "case",
    [
        (b"", 422, "empty"),
        (b"plain text", 415, "unsupported-type"),
        (page(kind="JPEG")[:500], 422, "truncated"),
        (b"%PDF-1.7 nothing\n%%EOF\n", 422, "broken-pdf"),
        (page(kind="TIFF", pages=5), 422, "too-many-pages"),
    ],
)
async def test_a_bad_file_is_refused_announced_and_not_kept(client, runtime, outbox, tmp_path, case):
    body, status, reason = case
    answer = await send(client, ("good.png", page()), ("xấu.pdf", body))

    assert (answer.status_code, answer.json()["reason"]) == (status, reason)
    [event] = await outbox()
    assert event["type"] == "vn.lienthong.document.rejected.v1"
    assert (event["data"]["reason"], event["data"]["file"]) == (reason, "xấu.pdf")
    assert event["data"]["detail"] == answer.json()["detail"]
    assert await runtime.objects.list("") == []
    assert files_under(tmp_path / "spool") == []


async def test_a_refused_document_is_told_of_and_each_refusal_is_a_version(client, outbox):
    for _ in range(2):
        await send(client, ("a.pdf", b""))
    events = await outbox("document.rejected")

    assert [event["aggregateversion"] for event in events] == [1, 2]
    status = (await client.get(f"/v1/documents/{events[0]['subject']}")).json()
    assert (status["state"], status["rejection"]["reason"], status["files"]) == ("rejected", "empty", [])


async def test_pages_of_all_files_count_together(client):
    answer = await send(client, ("a.tif", page(1, "TIFF", 3)), ("b.tif", page(2, "TIFF", 3)))

    assert answer.json()["reason"] == "too-many-pages-in-all"


async def test_a_path_like_name_is_only_shown(client, outbox, tmp_path):
    await send(client, ("../../../etc/x\\y.png", page()))

    [event] = await outbox()
    assert event["data"]["files"][0]["name"] == "y.png"
    assert [name for name in files_under(tmp_path) if "y.png" in name] == []


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ("", "metadata-invalid"),
        ("[]", "metadata-invalid"),
        ('{"title": ""}', "metadata-invalid"),
        ('{"title": "\\ud800"}', "metadata-invalid"),
        ('{"title": "T", "access_level": "secret"}', "metadata-invalid"),
        ('{"title": "' + "x" * 70_000 + '"}', "metadata-too-large"),
        ('{"title": "T", "library": "truong-thpt-le-loi"}', "other-library"),
    ],
)
async def test_bad_metadata_is_refused(client, outbox, metadata, reason):
    answer = await send(client, ("a.png", page()), metadata=metadata)

    assert answer.json()["reason"] == reason
    assert 400 <= answer.status_code < 500
    assert await outbox() == []


async def test_an_operator_may_act_for_a_registered_library_only(client, registered):
    operator = {"authorization": f"Bearer {token('operator')}"}
    client.headers.update(operator)
    good = await send(client, ("a.png", page()), metadata=f'{{"title": "T", "library": "{SCHOOL}"}}')
    unknown = await send(client, ("a.png", page()), metadata='{"title": "T", "library": "nowhere"}')

    assert good.status_code == 202
    assert unknown.json()["reason"] == "unknown-library"
    assert (await client.get(good.json()["status_url"])).json()["library"] == SCHOOL


async def test_a_document_is_its_librarys_own(client):
    accepted = (await send(client, ("a.png", page()))).json()
    stranger = {"authorization": f"Bearer {token(org=SCHOOL)}"}

    assert (await client.get(accepted["status_url"], headers=stranger)).status_code == 404
    assert (await client.get("/v1/documents", headers=stranger)).json()["documents"] == []


@pytest.mark.parametrize(("role", "status"), [("reader", 403), ("appraiser", 403), ("authority", 403)])
async def test_only_those_who_scan_may_hand_in(client, role, status):
    client.headers["authorization"] = f"Bearer {token(role)}"

    assert (await send(client, ("a.png", page()))).status_code == status


async def test_the_list_goes_on_from_its_cursor(client):
    sent = [(await send(client, ("a.png", page(shade)))).json()["id"] for shade in range(5)]
    listed, cursor = [], ""
    while cursor is not None:
        answer = (
            await client.get("/v1/documents", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
        ).json()
        listed += [document["id"] for document in answer["documents"]]
        cursor = answer["next_cursor"]

    assert listed == sent[::-1]


@pytest.mark.parametrize("cursor", ["x", "bnVsbA", "////", "a" * 200, "WyJub3ciLCAxXQ"])
async def test_a_made_up_cursor_is_refused(client, cursor):
    assert (await client.get("/v1/documents", params={"cursor": cursor})).status_code == 422


async def test_steps_of_other_services_are_told(client, deliver):
    accepted = (await send(client, ("a.tif", page(kind="TIFF", pages=3)))).json()
    recognised = DocumentRecognised(
        document=accepted["id"],
        library=LIBRARY,
        metadata={"title": "T"},
        pages=3,
        failed_pages=(2,),
        text=OBJECT,
        manifest=OBJECT,
        confidence=90,
        verdict="unscanned",
        submitted_by="x",
    )
    record = {"record": "r-1", "library": LIBRARY, "document": accepted["id"], "metadata": {"title": "T"}, "pages": 3}
    drafted, reviewed = RecordDrafted(**record, by="catalog"), RecordReviewed(**record, by="x/lan")
    await deliver("documents", Event(recognised, source="urn:lienthong:ocr", aggregate_version=1))
    await deliver(
        "records",
        Event(drafted, source="urn:lienthong:catalog", aggregate_version=1),
        Event(reviewed, source="urn:lienthong:catalog", aggregate_version=2),
        Event(RecordReviewed(**record, by="an older one"), source="urn:lienthong:catalog", aggregate_version=1),
    )

    told = steps(await client.get(accepted["status_url"]))
    assert (told["recognised"]["pages_done"], told["recognised"]["pages_failed"]) == (2, [2])
    assert (told["reviewed"]["by"], told["drafted"]["record"]) == ("x/lan", "r-1")
    assert told["published"]["state"] == "waiting"


async def test_a_full_disk_is_said_and_leaves_nothing(runtime, monkeypatch, tmp_path, outbox):
    monkeypatch.setenv("INGEST_SPARE_BYTES", str(10**18))
    async with serving(runtime) as address, httpx.AsyncClient(base_url=address, timeout=60) as client:
        client.headers["authorization"] = f"Bearer {token()}"
        answer = await send(client, ("a.png", page()))

    assert (answer.status_code, answer.json()["reason"]) == (507, "no-space")
    assert await outbox() == []
    assert await runtime.objects.list("") == []


async def test_an_object_store_that_fills_up_leaves_no_document(runtime, client, outbox, tiny_disk):
    runtime.objects.__init__(f"file://{tiny_disk}")
    answer = await send(client, ("a.tif", page(kind="TIFF")))

    assert (answer.status_code, answer.json()["reason"]) == (507, "no-space")
    assert await outbox() == []
    assert files_under(tiny_disk) == []


async def until(condition) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            if condition():
                return
            await asyncio.sleep(0.01)


class Raw:
    """A client that says what no honest one does."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    @classmethod
    async def start(cls, address: str, length: int | None) -> "Raw":
        raw = cls(*await asyncio.open_connection(urlparse(address).hostname, urlparse(address).port))
        size = "transfer-encoding: chunked" if length is None else f"content-length: {length}"
        await raw.send(
            f"POST /v1/documents HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token()}\r\n"
            f"content-type: multipart/form-data; boundary=B\r\n{size}\r\n\r\n".encode()
        )
        return raw

    async def send(self, body: bytes) -> None:
        self.writer.write(body)
        await self.writer.drain()

    async def status(self) -> int:
        line = await asyncio.wait_for(self.reader.readline(), DEADLINE_SECONDS)
        self.writer.close()
        return int(line.split()[1])


METADATA = b'--B\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n{"title": "T"}\r\n'
FILE = b'--B\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'


async def test_two_declared_gigabytes_are_refused_before_anything_is_read(address):
    raw = await Raw.start(address, 2_000_000_000)

    assert await raw.status() == 413


@pytest.mark.usefixtures("impatient")
async def test_a_stalled_upload_is_cut(address, tmp_path, outbox):
    raw = await Raw.start(address, 100_000)
    await raw.send(METADATA + FILE + b"some bytes")

    assert await raw.status() == 408
    assert files_under(tmp_path / "spool") == []
    assert await outbox() == []


async def test_a_client_that_goes_away_leaves_nothing(address, client, tmp_path, outbox):
    raw = await Raw.start(address, 100_000)
    await raw.send(METADATA + FILE + b"some bytes")
    await until(lambda: files_under(tmp_path / "spool"))
    raw.writer.close()

    await until(lambda: not files_under(tmp_path / "spool"))
    assert await outbox() == []


def chunk(body: bytes) -> bytes:
    return f"{len(body):x}\r\n".encode() + body + b"\r\n"


@pytest.mark.parametrize(
    ("pieces", "status"),
    [
        ([METADATA + FILE] + [b"x" * 65_536] * 40, 413),
        ([METADATA] + [FILE + b"x\r\n"] * 6, 413),
        ([b'--B\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n'] + [b"x" * 65_536] * 2, 413),
        ([b"--B\r\nX: " + b"x" * 65_536], 400),
        ([METADATA, FILE + b"x\r\n", METADATA], 422),
        ([b'--B\r\nContent-Disposition: form-data; name="other"\r\n\r\n'], 422),
        ([b"garbage", b""], 400),
        ([METADATA + FILE + b"x", b""], 400),
        ([METADATA + b"--B--\r\n", b""], 422),
        ([FILE + b"x\r\n--B--\r\n", b""], 422),
    ],
)
async def test_a_body_of_unknown_length_is_cut_where_it_goes_wrong(address, tmp_path, pieces, status):
    raw = await Raw.start(address, None)
    for piece in pieces:
        await raw.send(chunk(piece))

    assert await raw.status() == status
    assert files_under(tmp_path / "spool") == []


async def test_what_a_killed_process_left_is_removed_at_the_next_start(runtime, tmp_path):
    left = tmp_path / "spool" / "lienthong-ingest-dead"
    left.mkdir(parents=True)
    (left / "half").write_text("x")
    app = build_api(runtime)
    async with app.router.lifespan_context(app), serving(runtime) as address, httpx.AsyncClient(timeout=60) as client:
        client.base_url, client.headers["authorization"] = address, f"Bearer {token()}"

        assert not left.exists()
        assert (await send(client, ("a.png", page()))).status_code == 202

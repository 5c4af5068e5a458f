"""Resumable uploads: the reference client's own, what breaks off goes on, and hostile headers are answered."""

import asyncio
import base64
import hashlib
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tusclient.client import TusClient

from services.ingest.app import build_expiry
from services.ingest.uploads import store
from tests.engines import ROOT, free_port
from tests.integration.ingest.conftest import LIBRARY, SCHOOL, SIGNING, page, send, token

TUS = {"tus-resumable": "1.0.0"}
BODY = {**TUS, "content-type": "application/offset+octet-stream"}


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setenv("INGEST_UPLOAD_PART_BYTES", "1000")


def named(filename: str) -> dict[str, str]:
    return {"upload-metadata": f"filename {base64.b64encode(filename.encode()).decode()}"}


async def begin(client, length: int, filename: str = "Trang 1.png") -> str:
    answer = await client.post("/v1/uploads", headers={**TUS, **named(filename), "upload-length": str(length)})
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


async def append(client, place: str, offset: int, content: bytes, **headers: str) -> httpx.Response:
    return await client.patch(place, headers={**BODY, "upload-offset": str(offset), **headers}, content=content)


async def offset_of(client, place: str) -> int:
    answer = await client.head(place, headers=TUS)
    assert answer.status_code == 200
    return int(answer.headers["upload-offset"])


async def uploaded(client, content: bytes, filename: str = "Trang 1.png") -> str:
    place = await begin(client, len(content), filename)
    assert (await append(client, place, 0, content)).status_code == 204
    return place.rpartition("/")[2]


async def hand_in(client, *uploads: str, **more) -> httpx.Response:
    return await client.post("/v1/documents", json={"title": "Sổ bộ làng", "uploads": uploads, **more})


async def test_the_reference_client_uploads_a_document(client, address, outbox, tmp_path):
    scan = page(kind="TIFF", pages=3)
    file = tmp_path / "Sổ bộ.tif"
    file.write_bytes(scan)

    def upload() -> str:
        tus = TusClient(f"{address}/v1/uploads", headers={"Authorization": f"Bearer {token()}"})
        uploader = tus.uploader(str(file), chunk_size=1500, metadata={"filename": file.name}, upload_checksum=True)
        uploader.upload()
        return str(uploader.url)

    url = await asyncio.to_thread(upload)
    answer = await hand_in(client, url.rpartition("/")[2])

    assert answer.status_code == 202, answer.text
    [event] = await outbox()
    [kept] = event["data"]["files"]
    assert (kept["name"], kept["pages"], kept["original"]["size"]) == ("Sổ bộ.tif", 3, len(scan))
    assert kept["original"]["sha256"] == hashlib.sha256(scan).hexdigest()


async def test_a_document_of_uploads_is_the_one_of_the_same_files_sent_at_once(client, outbox):
    at_once = (await send(client, ("a.png", page(1)), ("b.png", page(2)))).json()
    uploads = [await uploaded(client, page(1)), await uploaded(client, page(2))]
    first, again = await hand_in(client, *uploads), await hand_in(client, *uploads)

    assert (first.json()["id"], first.json()["duplicate"]) == (at_once["id"], True)
    assert again.json()["id"] == at_once["id"]
    assert len(await outbox()) == 1


@pytest.mark.usefixtures("impatient")
async def test_what_came_before_a_connection_broke_counts(client):
    place = await begin(client, 5000)

    async def breaks_off():
        yield b"a" * 2500
        await asyncio.sleep(2)  # the server's patience is shorter
        yield b"late"

    answer = await client.patch(place, headers={**BODY, "upload-offset": "0"}, content=breaks_off())

    assert (answer.status_code, answer.json()["reason"]) == (408, "stalled")
    assert await offset_of(client, place) == 2500
    assert (await append(client, place, 2500, b"b" * 2500)).headers["upload-offset"] == "5000"


async def test_two_that_append_at_once_do_not_mix(client, runtime):
    place = await begin(client, 4000)
    answers = await asyncio.gather(*(append(client, place, 0, bytes([65 + n]) * 4000) for n in range(5)))

    assert sorted(answer.status_code for answer in answers) == [204, 409, 409, 409, 409]
    upload = await store.find(runtime.database, place.rpartition("/")[2], LIBRARY)
    content = b"".join([await runtime.objects.get(part) for part in upload.parts])
    assert (len(content), len(set(content))) == (4000, 1)
    assert len(await runtime.objects.list("uploads")) == len(upload.parts)


@pytest.mark.parametrize("algorithm", ["sha256", "sha1", "md5"])
async def test_a_wrong_checksum_drops_the_piece_and_the_right_one_keeps_it(client, runtime, algorithm):
    place = await begin(client, 3000)
    right = base64.b64encode(hashlib.new(algorithm, b"x" * 3000).digest()).decode()
    wrong = await append(client, place, 0, b"y" * 3000, **{"upload-checksum": f"{algorithm} {right}"})

    assert (wrong.status_code, wrong.json()["reason"]) == (460, "upload-checksum")
    assert await offset_of(client, place) == 0
    assert await runtime.objects.list("uploads") == []
    good = await append(client, place, 0, b"x" * 3000, **{"upload-checksum": f"{algorithm} {right}"})
    assert good.status_code == 204


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"upload-length": "-1"}, 400),
        ({"upload-length": "1e9"}, 400),
        ({"upload-length": "٣"}, 400),
        ({"upload-length": "9" * 400}, 400),
        ({"upload-length": "999999999999"}, 413),
        ({}, 400),
        ({"upload-length": "5", "upload-metadata": "filename ???"}, 400),
        ({"upload-length": "5", "upload-metadata": "filename é"}, 400),
        ({"upload-length": "5", "upload-metadata": "a" * 5000}, 400),
        ({"upload-length": "5", "tus-resumable": "0.2.2"}, 412),
    ],
)
async def test_bad_headers_begin_nothing(client, runtime, headers, status):
    encoded = {name: value.encode() for name, value in {**TUS, **headers}.items()}
    answer = await client.post("/v1/uploads", headers=encoded)

    assert answer.status_code == status
    assert await runtime.database["uploads"].count_documents({}) == 0


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"upload-offset": "3"}, 409),
        ({"upload-offset": "x"}, 400),
        ({"content-type": "text/plain"}, 415),
        ({"upload-checksum": "crc32 AAAA"}, 400),
        ({"upload-checksum": "sha1 *"}, 400),
        ({"tus-resumable": "2"}, 412),
    ],
)
async def test_bad_headers_add_nothing(client, headers, status):
    place = await begin(client, 10)
    answer = await client.patch(place, headers={**BODY, "upload-offset": "0", **headers}, content=b"12345")

    assert answer.status_code == status
    assert await offset_of(client, place) == 0


async def test_more_than_announced_is_refused(client):
    place = await begin(client, 5)

    assert (await append(client, place, 0, b"123456")).json()["reason"] == "upload-too-long"
    assert await offset_of(client, place) == 0


async def test_nobody_without_a_token_and_no_other_library_adds_a_byte(client, address):
    place = await begin(client, 10)
    stranger = {"authorization": f"Bearer {token(org=SCHOOL)}"}

    assert (await append(client, place, 0, b"12345", **stranger)).status_code == 404
    assert (await client.head(place, headers={**TUS, **stranger})).status_code == 404
    assert (await client.delete(place, headers={**TUS, **stranger})).status_code == 404
    async with httpx.AsyncClient(base_url=address, timeout=60) as nobody:
        assert (await append(nobody, place, 0, b"12345")).status_code == 401
    assert await offset_of(client, place) == 0


async def test_an_unfinished_upload_makes_no_document(client, outbox):
    place = await begin(client, 10)
    answer = await hand_in(client, place.rpartition("/")[2])

    assert (answer.status_code, answer.json()["reason"]) == (409, "upload-unfinished")
    assert (await hand_in(client, "u-" + "0" * 32)).status_code == 404
    assert await outbox() == []


@pytest.mark.parametrize(
    "case",
    [(page(kind="JPEG")[:500], "truncated"), (b"text", "unsupported-type"), (b"\0" * 2_000_001, "file-too-large")],
)
async def test_an_uploaded_file_is_looked_at_like_any_other(client, runtime, case):
    content, reason = case
    answer = await hand_in(client, await uploaded(client, content))

    assert answer.json()["reason"] == reason
    assert await runtime.objects.list("originals") == []


async def test_an_ended_upload_leaves_nothing(client, runtime):
    place = await begin(client, 3000)
    await append(client, place, 0, b"x" * 2000)

    assert (await client.delete(place, headers=TUS)).status_code == 204
    assert (await client.head(place, headers=TUS)).status_code == 404
    assert await runtime.objects.list("uploads") == []


async def test_what_has_expired_is_removed_and_nothing_else(client, runtime):
    old, young = await begin(client, 3000), await begin(client, 3000)
    for place in (old, young):
        await append(client, place, 0, b"x" * 2000)
    await store.expire(runtime.database, old.rpartition("/")[2])
    await (await build_expiry(runtime, None)).turn()

    assert (await append(client, old, 2000, b"x" * 1000)).status_code == 404
    assert await offset_of(client, young) == 2000
    assert {key.split("/")[1] for key in await runtime.objects.list("uploads")} == {young.rpartition("/")[2]}


async def test_a_library_has_only_so_many_uploads_under_way(runtime, client, monkeypatch):
    await runtime.database["uploads"].insert_many(
        {"library": LIBRARY, "length": 1, "expires_at": datetime.now(UTC)} for _ in range(2000)
    )
    answer = await client.post("/v1/uploads", headers={**TUS, "upload-length": "5"})

    assert (answer.status_code, answer.json()["reason"]) == (413, "too-many-uploads")


async def test_what_the_server_can_do_is_said_to_anyone(address):
    async with httpx.AsyncClient(base_url=address, timeout=60) as nobody:
        answer = await nobody.options("/v1/uploads")

    assert answer.status_code == 204
    assert answer.headers["tus-extension"] == "creation,expiration,checksum,termination"


class Api:
    """The API as a process of its own, that can be killed."""

    def __init__(self, settings, folder) -> None:
        self.port = free_port()
        public_key = SIGNING.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        self._environment = os.environ | {
            "MONGO_URL": settings.mongo_url,
            "MONGO_PREFIX": settings.mongo_prefix,
            "OBJECT_STORE": settings.object_store,
            "AUTH_PUBLIC_KEY": public_key,
            "HTTP_PORT": str(self.port),
            "HTTP_HOST": "127.0.0.1",
        }
        self._log = folder / "api.log"

    def start(self) -> None:
        command = ("setpriv", "--pdeathsig", "KILL", "--", sys.executable, "-m", "services.ingest", "api")
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=self._environment, stdout=log, stderr=log)

    async def ready(self, client) -> None:
        while True:
            assert self.process.poll() is None, self._log.read_text()
            try:
                if (await client.get("/healthz")).status_code == 200:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.05)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


async def test_an_upload_survives_a_killed_api(settings, runtime, outbox, tmp_path):
    scan = page(kind="TIFF", pages=3)
    api = Api(settings, tmp_path)
    headers = {"authorization": f"Bearer {token()}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{api.port}", headers=headers, timeout=120) as client:
        api.start()
        await api.ready(client)
        place = await begin(client, len(scan))
        half = len(scan) // 2

        async def killed_halfway():
            async with await runtime.database["uploads"].watch() as changes:
                yield scan[:half]
                await anext(changes)
            api.kill()
            yield scan[half:]

        with pytest.raises(httpx.TransportError):
            await client.patch(place, headers={**BODY, "upload-offset": "0"}, content=killed_halfway())
        api.start()
        await api.ready(client)
        offset = await offset_of(client, place)
        assert 0 < offset <= half
        assert (await append(client, place, offset, scan[offset:])).status_code == 204
        answer = await hand_in(client, place.rpartition("/")[2])
        api.kill()

    assert answer.status_code == 202, answer.text
    [event] = await outbox()
    assert event["data"]["files"][0]["original"]["sha256"] == hashlib.sha256(scan).hexdigest()

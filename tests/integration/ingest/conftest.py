"""An ingest service of its own for every test, on the real MongoDB, behind a real HTTP server."""

import asyncio
import hashlib
import io
import subprocess
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx
import jwt
import orjson
import pytest
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from PIL import Image

from services.ingest.app import build_api, build_steps, prepare
from shared.bus.delivery import Delivery
from shared.bus.messages import Message
from shared.events.envelope import Event, encode
from shared.events.libraries import LibraryChanged
from shared.runtime import open_runtime
from shared.settings import Settings

LIBRARY = "thu-vien-tinh"
SCHOOL = "truong-thpt-le-loi"
LIBRARY_KEY = "ltk_k1_secret"
SCHOOL_KEY = "ltk_k2_secret"
MAY_SAY = ("loan.made", "loan.returned", "visit.counted")
SIGNING = Ed25519PrivateKey.generate()


@pytest.fixture
def settings(mongo_url, mongo_prefix, tmp_path):
    public_key = SIGNING.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return Settings(
        mongo_url=mongo_url,
        mongo_prefix=mongo_prefix,
        object_store=f"file://{tmp_path}/objects",
        auth_public_key=public_key,
    )


@pytest.fixture(autouse=True)
def environment(monkeypatch, tmp_path):
    """Small limits, so that going over them is quick."""
    for name, value in {
        "INGEST_SPOOL_FOLDER": tmp_path / "spool",
        "INGEST_SPARE_BYTES": 1000,
        "INGEST_MAX_FILE_BYTES": 2_000_000,
        "INGEST_MAX_TOTAL_BYTES": 5_000_000,
        "INGEST_MAX_FILES": 5,
        "INGEST_MAX_PAGES": 4,
        "INGEST_DROP_FOLDER": tmp_path / "drop",
    }.items():
        monkeypatch.setenv(name, str(value))


@pytest.fixture
def impatient(monkeypatch):
    """Who says nothing for a while is cut off."""
    monkeypatch.setenv("INGEST_STALL_SECONDS", "0.3")


@pytest.fixture
async def runtime(settings):
    runtime = open_runtime("ingest", settings)
    await prepare(runtime.database)
    yield runtime
    await runtime.client.close()


@asynccontextmanager
async def serving(runtime):
    """The service's own HTTP server on a free port of loopback; its address."""
    server = uvicorn.Server(uvicorn.Config(build_api(runtime), port=0, log_config=None, timeout_graceful_shutdown=1))
    task = asyncio.create_task(server.serve())
    while not server.started:
        assert not task.done(), "the server did not start"
        await asyncio.sleep(0.01)
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    yield f"http://{host}:{port}"
    server.should_exit = True
    await task


@pytest.fixture
async def address(runtime):
    async with serving(runtime) as address:
        yield address


@pytest.fixture
async def client(address):
    headers = {"authorization": f"Bearer {token()}"}
    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=60) as client:
        yield client


@pytest.fixture
def deliver(runtime):
    """Hands events to the worker `steps`, as one batch."""

    async def deliver(topic: str, *events: Event) -> None:
        delivery = Delivery(await build_steps(runtime, None), runtime.works, runtime.objects, runtime.settings)
        await delivery.ensure_indexes()
        await delivery.deliver([Message(topic, 0, place, e.data.key(), encode(e)) for place, e in enumerate(events)])

    return deliver


@pytest.fixture
async def registered(deliver):
    """Both libraries, each with a key."""
    await deliver("libraries-current", registration(LIBRARY, LIBRARY_KEY), registration(SCHOOL, SCHOOL_KEY))


@pytest.fixture
def outbox(runtime):
    """What was announced, in order, as JSON; of one event name only when one is given."""

    async def outbox(name: str = "") -> list[dict]:
        rows = await runtime.database["outbox"].find({}).sort("put_at", 1).to_list()
        bodies = [orjson.loads(row["body"]) for row in rows]
        return [body for body in bodies if f".{name}." in body["type"] or not name]

    return outbox


def token(role: str = "librarian", org: str = LIBRARY) -> str:
    claims = {"sub": "nguyen-thi-lan", "name": "Nguyễn Thị Lan", "org": org, "roles": [role]}
    return jwt.encode({**claims, "exp": datetime.now(UTC) + timedelta(hours=1)}, SIGNING, algorithm="EdDSA")


def registration(library: str, key: str, version: int = 1) -> Event:
    keys = [{"id": key.split("_")[1], "sha256": hashlib.sha256(key.encode()).hexdigest(), "may_say": MAY_SAY}]
    data = LibraryChanged(
        library=library, title=library, library_type="provincial", contact="tv@example.org", own_system=True, keys=keys
    )
    return Event(data, source="urn:lienthong:catalog", aggregate_version=version)


def page(shade: int = 255, kind: str = "PNG", pages: int = 1) -> bytes:
    """A small blank scan; another shade is another document."""
    image = Image.new("L", (300, 400), shade)
    target = io.BytesIO()
    more = {"save_all": True, "append_images": [image] * (pages - 1)} if pages > 1 else {}
    image.save(target, kind, **more)
    return target.getvalue()


async def send(client, *files: tuple[str, bytes], metadata='{"title": "Địa chí Thừa Thiên"}') -> httpx.Response:
    parts = [("files", (name, body)) for name, body in files]
    return await client.post("/v1/documents", data={"metadata": metadata}, files=parts)


def files_under(folder) -> list[str]:
    """Every file left in a folder, the spool's lock apart."""
    return sorted(str(path) for path in folder.rglob("*") if path.is_file() and not path.name.endswith("lock"))


@pytest.fixture
def tiny_disk(tmp_path):
    """A real file system of 64 kB; only root may make one."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True, check=False)
    if made.returncode:
        pytest.skip(f"cannot mount a small disk: {made.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)

"""The ocr service with real MongoDB, real objects and pages that Tesseract really read; browsers and programs knock."""

import asyncio
import hashlib
import io
import shutil
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi import FastAPI
from PIL import ImageDraw, ImageFilter

from deploy.local.samples.drawing import PAGE_SIZE, draw_page
from services.ocr.app import SERVICE
from shared.bus.delivery import Delivery
from shared.bus.messages import Message
from shared.bus.outbox import OUTBOX
from shared.bus.work import source_of
from shared.events import CONTRACTS, Event, EventData, encode
from shared.events.documents import DocumentRejected, DocumentScanned
from shared.events.topics import topics_read_by
from shared.events.vocabulary import DocumentMetadata, ScannedFile
from shared.runtime import Runtime, open_runtime
from shared.settings import Settings

LIBRARY, OTHER_LIBRARY = "thu-vien-tinh", "thu-vien-xa"
STRIP_HEIGHT = 1100
"""Of a page: a heading and a few lines, read in a second."""
OUT_OF_FOCUS = 5
LEAVES = (
    "Sự tích hồ Ba Bể\n\nNgày xưa có một bà lão ăn xin đi khắp bản mà không ai cho ăn. Mẹ con bà góa cho bà ngủ nhờ.",
    "Lời bà lão\n\nTrước khi đi, bà cho gói tro và hai mảnh vỏ trấu, dặn rắc quanh nhà. Đêm ấy nước dâng lên.",
    "Nước dâng\n\nMảnh vỏ trấu hóa thành thuyền. Hai mẹ con chèo đi cứu người. Chỗ đất sụt thành hồ lớn.",
    "Nghề đan lát\n\nLàng bên sông đan rổ rá đã mấy trăm năm. Tre chẻ từ tháng tám, phơi cho thật khô mới đan.",
)
COLLECTIONS = ("documents", "pages", "readings", "editions", "meters")
CONSUMERS = ("documents", "reading", "editions")


@dataclass(frozen=True)
class Kept:
    """What the pipeline made of the scans, once for all tests."""

    objects: Path
    rows: Mapping[str, Sequence[dict[str, Any]]]


class World:
    """The service under test, and hands to act on it."""

    def __init__(self, runtime: Runtime, app: FastAPI, client: httpx.AsyncClient, key: Ed25519PrivateKey) -> None:
        self.runtime = runtime
        self.app = app
        self.client = client
        self._key = key
        self._deliveries: list[Delivery] = []
        self._stack = AsyncExitStack()
        self._delivered: set[str] = set()
        self._offset = 0

    def token(self, role: str = "librarian", org: str = LIBRARY, **claims: Any) -> str:
        known = {"sub": f"{role}-{org}", "name": "Nguyễn Thị Lan", "org": org, "roles": [role]}
        return jwt.encode(
            known | {"exp": datetime.now(UTC) + timedelta(hours=1)} | claims, self._key, algorithm="EdDSA"
        )

    def headers(self, role: str = "librarian", org: str = LIBRARY) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token(role, org)}"}

    async def get(self, path: str, role: str = "librarian", org: str = LIBRARY, **query: Any) -> httpx.Response:
        return await self.client.get(f"/v1/worklist{path}", headers=self.headers(role, org), params=query)

    async def post(self, path: str, body: Any, role: str = "librarian", org: str = LIBRARY) -> httpx.Response:
        return await self.client.post(f"/v1/worklist{path}", headers=self.headers(role, org), json=body)

    async def rows(self, collection: str, **query: Any) -> list[dict[str, Any]]:
        return await self.runtime.database[collection].find(query).sort("_id", 1).to_list()

    async def document(self, identifier: str) -> dict[str, Any]:
        (row,) = await self.rows("documents", _id=identifier)
        return row

    async def scan(self, title: str, leaves: Sequence[str] = LEAVES, content: bytes | None = None, **given: Any) -> str:
        """Hand in a document, of these leaves unless its content is given, and have it read; its id."""
        document = "d-" + hashlib.sha256(title.encode()).hexdigest()[:24]
        original = await self.runtime.objects.put(f"originals/{document}", content or tiff(leaves), "image/tiff")
        fields = {"library": LIBRARY, "verdict": "clear", "submitted_by": "nguyen-thi-lan", **given}
        scanned = DocumentScanned(
            document=document,
            metadata=DocumentMetadata(title=title),
            files=(ScannedFile(name="quet.tif", original=original, pages=len(leaves)),),
            pages=len(leaves),
            **fields,
        )
        await self.hear(Event(data=scanned, source=source_of("ingest"), aggregate_version=1))
        return document

    async def hear(self, event: Event[EventData]) -> None:
        """An event that another service said, and all that the workers do because of it."""
        await self._deliver(event.data.topic, event)
        await self.settle()

    async def reject(self, document: str) -> None:
        """Refuse a document after it was read, as a state secret."""
        facts = {"reason": "state-secret", "detail": "x", "submitted_by": "x"}
        rejected = DocumentRejected(document=document, library=LIBRARY, **facts)
        await self._deliver("documents", Event(data=rejected, source=source_of("ingest"), aggregate_version=2))

    async def settle(self) -> None:
        """Let the workers do all there is to do."""
        while news := await self._undelivered():
            for row in news:
                self._delivered.add(row["_id"])
                await self._deliver(row["topic"], CONTRACTS.decode(row["body"]))

    async def told(self, document: str) -> list[EventData]:
        """What the service said of a document on topic `documents`, in order."""
        rows = (
            await self.runtime.database[OUTBOX]
            .find({"topic": "documents", "key": document})
            .sort("put_at", 1)
            .to_list()
        )
        return [CONTRACTS.decode(row["body"]).data for row in rows]

    async def close(self) -> None:
        await self._stack.aclose()

    async def _undelivered(self) -> list[dict[str, Any]]:
        rows = await self.runtime.database[OUTBOX].find().sort("put_at", 1).to_list()
        return [row for row in rows if row["_id"] not in self._delivered and row["body"]]

    async def _deliver(self, topic: str, event: Event[EventData]) -> None:
        self._offset += 1
        for delivery in await self._workers():
            if topic in topics_read_by(delivery.consumer.name):
                await delivery.deliver([Message(topic, 0, self._offset, event.data.key(), encode(event))])

    async def _workers(self) -> list[Delivery]:
        if not self._deliveries:
            runtime = self.runtime
            built = [await SERVICE.workers[name](runtime, self._stack) for name in CONSUMERS]
            self._deliveries = [Delivery(one, runtime.works, runtime.objects, runtime.settings) for one in built]
        return self._deliveries


def tiff(leaves: Sequence[str], *, blurred: Sequence[int] = ()) -> bytes:
    """The upper parts of printed pages, as one TIFF; somebody's pen has spoiled the second.

    blurred: numbers of the pages on which the scanner was out of focus.
    """
    pages = [draw_page(leaf, points=14).crop((0, 0, PAGE_SIZE[0], STRIP_HEIGHT)) for leaf in leaves]
    for spoiled in pages[1:2]:
        pen = ImageDraw.Draw(spoiled)
        for x, y in ((600, 430), (1020, 490)):
            pen.line([(x, y), (x + 150, y + 130)], fill=40, width=9)
            pen.line([(x + 20, y + 130), (x + 170, y)], fill=60, width=7)
    for number in blurred:
        pages[number - 1] = pages[number - 1].filter(ImageFilter.GaussianBlur(OUT_OF_FOCUS))
    content = io.BytesIO()
    pages[0].save(content, "TIFF", save_all=True, append_images=pages[1:], compression="tiff_lzw", dpi=(300, 300))
    return content.getvalue()


@asynccontextmanager
async def open_world(mongo_url: str, objects: Path) -> AsyncIterator[World]:
    """The service over an empty database and a folder of objects."""
    key = Ed25519PrivateKey.generate()
    settings = Settings(
        mongo_url=mongo_url,
        mongo_prefix=f"t{uuid.uuid4().hex[:8]}_",
        object_store=objects.as_uri(),
        auth_public_key=key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
    )
    runtime = open_runtime("ocr", settings)
    await SERVICE.prepare(runtime.database)
    app = SERVICE.api(runtime)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://ocr") as client:
        made = World(runtime, app, client, key)
        yield made
        await made.close()
    await runtime.client.drop_database(settings.mongo_prefix + "ocr")
    await runtime.client.close()


@pytest.fixture(scope="session")
def kept(mongo_url: str, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """Two documents that were scanned and read."""
    objects = tmp_path_factory.mktemp("read") / "objects"

    async def read() -> Kept:
        async with open_world(mongo_url, objects) as world:
            await world.scan("Truyện cổ Ba Bể")
            await world.scan("Nghề cũ ven sông", LEAVES[3:], batch="dot-1")
            return Kept(objects, {name: await world.rows(name) for name in COLLECTIONS})

    return asyncio.run(read())


@pytest.fixture
async def world(mongo_url: str, kept: Kept, tmp_path: Path) -> AsyncIterator[World]:
    objects = tmp_path / "objects"
    shutil.copytree(kept.objects, objects)
    async with open_world(mongo_url, objects) as made:
        for name, rows in kept.rows.items():
            if rows:
                await made.runtime.database[name].insert_many([dict(row) for row in rows])
        yield made


@pytest.fixture
def tales(kept: Kept) -> str:
    """The document of four pages."""
    return next(row["_id"] for row in kept.rows["documents"] if row["pages"] == len(LEAVES))


@pytest.fixture
def craft(kept: Kept) -> str:
    """The document of one page."""
    return next(row["_id"] for row in kept.rows["documents"] if row["pages"] == 1)

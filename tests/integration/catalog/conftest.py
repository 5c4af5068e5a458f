"""A catalog with real MongoDB, a real folder of objects, a real search index; events go in and out as messages."""

import asyncio
import base64
import hashlib
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from services.catalog.app import RECORDS, build_app, catalog_of, union_consumer
from services.catalog.dependencies import Catalog
from services.catalog.discovery.feed import Feed
from services.catalog.discovery.replica import empty_index
from services.catalog.indexes import ensure_indexes
from services.catalog.settings import CatalogSettings
from shared.bus.delivery import Delivery
from shared.bus.messages import Message
from shared.bus.work import source_of
from shared.events import CONTRACTS, Event, EventData, encode
from shared.events.documents import Correction, DocumentRecognised, DocumentTextCorrected, DocumentVerdictChanged
from shared.events.manifest import DocumentManifest, PageManifest
from shared.events.vocabulary import DocumentMetadata
from shared.runtime import Runtime, open_runtime
from shared.settings import Settings
from tests.resources.outbox import announced

LIBRARIES = (
    {"library": "thu-vien-tinh", "title": "Thư viện tỉnh", "library_type": "provincial", "own_system": False},
    {"library": "so-vhttdl", "title": "Sở Văn hóa, Thể thao và Du lịch", "library_type": "authority"},
    {"library": "thu-vien-xa", "title": "Thư viện xã", "library_type": "commune", "parent": "thu-vien-tinh"},
    {"library": "truong-le-loi", "title": "Trường Lê Lợi", "library_type": "general-school", "own_system": True},
)
PDF = b"%PDF-1.7 " + bytes(range(256)) * 8000
PAGES = ("Đình làng Hạ Lôi dựng năm 1802.", "Chợ phiên Bến Gỗ họp ngày rằm.")


class World:
    """The catalog under test, and hands to act on it."""

    def __init__(self, runtime: Runtime, catalog: Catalog, client: httpx.AsyncClient, key: Ed25519PrivateKey) -> None:
        self.runtime = runtime
        self.catalog = catalog
        self.client = client
        self.feed = Feed(catalog.search, runtime.objects)
        self.delivery = Delivery(RECORDS, runtime.works, runtime.objects, runtime.settings)
        union = union_consumer(catalog.public_url)
        self.union = Delivery(union, runtime.works, runtime.objects, runtime.settings)
        self._key = key
        self._shared = 0
        self._fed = 0
        self._offset = 0

    def token(self, role: str, org: str = "thu-vien-tinh", sub: str | None = None) -> dict[str, str]:
        claims = {"sub": sub or f"{role}-{org}", "name": "Người Thử", "org": org, "roles": [role]}
        claims["exp"] = datetime.now(UTC) + timedelta(hours=1)
        return {"authorization": "Bearer " + jwt.encode(claims, self._key, algorithm="EdDSA")}

    @property
    def librarian(self) -> dict[str, str]:
        return self.token("librarian")

    @property
    def appraiser(self) -> dict[str, str]:
        return self.token("appraiser", "so-vhttdl")

    @property
    def operator(self) -> dict[str, str]:
        return self.token("operator", "so-vhttdl")

    async def post(self, url: str, as_whom: dict[str, str] | None = None, body: Any = None) -> httpx.Response:
        return await self.client.post(url, headers=as_whom or {}, json=body)

    async def get(self, url: str, as_whom: dict[str, str] | None = None) -> httpx.Response:
        return await self.client.get(url, headers=as_whom or {})

    async def deliver(self, *events: Event[EventData]) -> None:
        """Deliver each of them twice."""
        for _ in range(2):
            await self.delivery.deliver([self._message(event) for event in events])

    def _message(self, event: Event[EventData]) -> Message:
        self._offset += 1
        return Message(event.data.topic, 0, self._offset, event.data.key(), encode(event))

    async def recognise(self, name: str, *, version: int = 1, **given: Any) -> str:
        """Deliver `document.recognised`; the record's id."""
        digest = hashlib.sha256(name.encode()).hexdigest()[:24]
        document = f"d-{digest}"
        text = await self.runtime.objects.put(f"documents/{document}/text", "\f".join(PAGES).encode(), "text/plain")
        image = await self.runtime.objects.put(f"documents/{document}/1.jpg", b"\xff\xd8 page", "image/jpeg")
        pages = tuple(
            PageManifest(
                number=number, image=image, width=100, height=140, text=page, words=None, confidence=90, reading="x"
            )
            for number, page in enumerate(PAGES, 1)
        )
        read = DocumentManifest(document=document, engine="e", model="m", read_at=datetime.now(UTC), pages=pages)
        manifest = await self.runtime.objects.put(
            f"documents/{document}/manifest.json", read.model_dump_json().encode(), "application/json"
        )
        given = {"pdf": await self.runtime.objects.put(f"documents/{document}/pdf", PDF, "application/pdf"), **given}
        level = given.pop("access_level", "public")
        fields = {"library": "thu-vien-xa", "confidence": 92, "verdict": "clear", "submitted_by": "x", **given}
        metadata = DocumentMetadata(title=f"Lịch sử {name}", date="khoảng 1802", access_level=level)
        data = DocumentRecognised(document=document, metadata=metadata, pages=2, text=text, manifest=manifest, **fields)
        await self.deliver(Event(data=data, source=source_of("ocr"), aggregate_version=version))
        return f"r-{digest}"

    async def correct(self, record: str, first_page: str, *, version: int, **given: Any) -> str:
        """Deliver `document.text-corrected` with another text of page 1; the record's id."""
        document = "d-" + record[2:]
        text = await self.runtime.objects.put(f"documents/{document}/text-{version}", first_page.encode(), "text/plain")
        page = PageManifest(
            number=1, image=None, width=100, height=140, text=first_page, words=None, confidence=100, reading="c1"
        )
        read = DocumentManifest(document=document, engine="person", model="", read_at=datetime.now(UTC), pages=(page,))
        manifest = await self.runtime.objects.put(
            f"documents/{document}/manifest-{version}.json", read.model_dump_json().encode(), "application/json"
        )
        data = DocumentTextCorrected(
            document=document,
            library="thu-vien-xa",
            corrections=(Correction(number=1, reading="c1", by="thu-vien-xa/thu-thu"),),
            edition=version,
            text=text,
            manifest=manifest,
            confidence=100,
            **given,
        )
        await self.deliver(Event(data=data, source=source_of("ocr"), aggregate_version=version))
        return record

    async def scan(self, record: str, verdict: str, version: int, library: str = "thu-vien-xa") -> None:
        data = DocumentVerdictChanged(document="d-" + record[2:], library=library, verdict=verdict)
        await self.deliver(Event(data=data, source=source_of("ingest"), aggregate_version=version))

    async def publish(self, record: str) -> None:
        for step, who in (("review", self.librarian), ("appraise", self.appraiser), ("publish", self.librarian)):
            response = await self.post(f"/v1/records/{record}/{step}", who, {})
            assert response.status_code == 200, response.text

    async def published(self, name: str, **given: Any) -> str:
        record = await self.recognise(name, **given)
        await self.publish(record)
        await self.index()
        return record

    async def told(self, topic: str, subject: str | None = None) -> list[Event[EventData] | None]:
        """What was announced on a topic, in order; None where the state was said to be gone."""
        said = [one for one in await announced(self.runtime.database, topic) if subject in {None, one.key}]
        return [CONTRACTS.decode(one.body) if one.body else None for one in said]

    async def index(self) -> None:
        """Let the union, and then the search index, take in what was announced since the last time."""
        published = await self._announced("records-public")
        await self.union.deliver(published[self._shared :])
        self._shared = len(published)
        changed = await self._announced("records-current")
        await asyncio.to_thread(self.feed.apply, changed[self._fed :])
        await asyncio.to_thread(self.feed.apply, ())
        self._fed = len(changed)

    async def found(self, query: str) -> list[str]:
        """The digitised records that a search shows."""
        answer = (await self.client.get("/v1/search", params={"q": query})).json()
        return [copy["record"] for hit in answer["hits"] for copy in hit["digitised"]]

    async def _announced(self, topic: str) -> list[Message]:
        said = await announced(self.runtime.database, topic)
        return [Message(topic, 0, place, one.key, one.body) for place, one in enumerate(said)]


@pytest.fixture
async def world(mongo_url: str, mongo_prefix: str, tmp_path: Path) -> AsyncIterator[World]:
    key = Ed25519PrivateKey.generate()
    settings = Settings(
        mongo_url=mongo_url,
        mongo_prefix=mongo_prefix,
        object_store=(tmp_path / "objects").as_uri(),
        auth_public_key=key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
        vault_key=base64.b64encode(secrets.token_bytes(32)).decode(),
    )
    runtime = open_runtime("catalog", settings)
    own = CatalogSettings(index_folder=tmp_path / "index", public_url="https://thuvien.example/")
    await ensure_indexes(runtime.database)
    catalog = catalog_of(runtime, empty_index(own.index_folder), own)
    app = build_app(runtime, catalog, own, feeding=None)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://catalog") as client:
        made = World(runtime, catalog, client, key)
        for library in LIBRARIES:
            body = {"contact": f"lienhe@{library['library']}.example", "own_system": False, **library}
            assert (await made.post("/v1/libraries", made.operator, body)).status_code == 201
        yield made
    await runtime.client.close()

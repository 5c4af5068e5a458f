"""From a scan to its files, again by another reading, and again by a person's hand: nothing is announced before it lies
in the store, nothing that was is lost.
"""

import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import orjson
import pypdfium2 as pdfium
import pytest
import pytest_asyncio
from packaging.version import Version

from deploy.local.samples.drawing import draw_page
from services.ocr.app import SERVICE
from services.ocr.documents.rereading import OlderThan, reread
from services.ocr.documents.store import keep_correction
from services.ocr.pages.store import base_of, keep_layouts
from services.ocr.settings import OcrSettings
from shared.bus.delivery import Delivery
from shared.bus.messages import Message
from shared.bus.outbox import OUTBOX
from shared.bus.work import Work, source_of
from shared.events import CONTRACTS, Event, EventData, encode
from shared.events.documents import (
    DocumentRecognised,
    DocumentRescanRequested,
    DocumentScanned,
    DocumentTextCorrected,
)
from shared.events.manifest import DocumentManifest
from shared.events.vocabulary import DocumentMetadata, ObjectRef, ScannedFile
from shared.runtime import Runtime, open_runtime
from shared.settings import Settings
from shared.store.mongo import Document
from tests.unit.ocr.readings import reading_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGES = ("Bến Gỗ\n\nSông chảy qua làng, thuyền đậu dưới bến.", "Chợ phiên\n\nChợ họp vào ngày rằm hằng tháng.")
CORRECTED = "Bến Gỗ bên sông"


class House:
    """The ocr service's consumers over a real database, each message brought to them twice."""

    def __init__(self, runtime: Runtime, deliveries: list[Delivery]) -> None:
        self.runtime = runtime
        self._deliveries = deliveries
        self._seen = 0
        self._offset = 0

    async def scan(self, folder: Path, *, broken: bool = False) -> str:
        """Hand in a TIFF of two pages, and a file that holds nothing where `broken`; the document's id."""
        path = folder / "scan.tif"
        sheets = [draw_page(text, points=18).resize((1240, 1754)) for text in PAGES]
        sheets[0].save(path, save_all=True, append_images=sheets[1:], dpi=(150, 150))
        files = [await self._file("scan.tif", path.read_bytes(), 2)]
        if broken:
            files.append(await self._file("broken.tif", b"II*\x00 nothing behind it", 1))
        document = f"d-{uuid.uuid4().hex[:24]}"
        scanned = DocumentScanned(
            document=document,
            library=f"xa-{document[2:10]}",
            metadata=DocumentMetadata(title="Bến Gỗ", creators=("Nhóm biên soạn",)),
            files=tuple(files),
            pages=sum(file.pages for file in files),
            verdict="clear",
            submitted_by="nguyen-thi-lan",
        )
        await self._deliver(Event(data=scanned, source=source_of("ingest"), aggregate_version=1))
        await self.settle()
        return document

    async def settle(self) -> None:
        """Carry messages between the consumers until there are no more."""
        while rows := (await self._rows())[self._seen :]:
            self._seen += len(rows)
            for row in rows:
                await self._deliver(CONTRACTS.decode(row["body"]))

    async def told(self, kind: type[EventData], document: str) -> list[Event[Any]]:
        events = [CONTRACTS.decode(row["body"]) for row in await self._rows()]
        return [event for event in events if isinstance(event.data, kind) and event.subject == document]

    async def stored(self, reference: ObjectRef) -> bytes:
        body = await self.runtime.objects.get(reference.key)
        assert len(body) == reference.size
        return body

    async def manifest(self, data: Any) -> DocumentManifest:
        return DocumentManifest.model_validate_json(await self.stored(data.manifest))

    async def readings(self, document: str, number: int = 1) -> list[Document]:
        query = {"document": document, "number": number}
        return await self.runtime.database["readings"].find(query).sort("read_at", 1).to_list()

    async def reread(self, query: Document, older_than: OlderThan | None = None) -> tuple[int, int]:
        queued = await reread(self.runtime.works, query, older_than, OcrSettings().metering)
        await self.settle()
        return queued

    async def correct(self, document: str) -> str:
        """A person writes another text for page 1; the new reading's id."""
        (*_, present) = await self.readings(document)
        base = base_of(document, 1, f"by-hand-{uuid.uuid4().hex[:8]}")
        layouts = await keep_layouts(self.runtime.objects, base, reading_of(("paragraph", CORRECTED)), 1)
        row = {**present, **layouts, "text": CORRECTED, "confidence": 100.0}

        async def do(work: Work) -> str:
            page = await work.find_one("pages", {"_id": present["page"]})
            assert page is not None
            return await keep_correction(page, row, "thu-vien-xa/le-thi-ha", work)

        identifier = await self.runtime.works.transact(do)
        await self.settle()
        return identifier

    async def _file(self, name: str, body: bytes, pages: int) -> ScannedFile:
        original = await self.runtime.objects.put(f"originals/{name}", body, "image/tiff")
        return ScannedFile(name=name, original=original, pages=pages)

    async def _rows(self) -> list[Document]:
        return await self.runtime.database[OUTBOX].find({}).sort("put_at", 1).to_list()

    async def _deliver(self, event: Event[EventData]) -> None:
        for delivery in self._deliveries:
            if event.data.topic in delivery.consumer.topics:
                for _ in range(2):
                    self._offset += 1
                    message = Message(event.data.topic, 0, self._offset, event.data.key(), encode(event))
                    await delivery.deliver([message])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(mongo_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    settings = Settings(
        mongo_url=mongo_url,
        mongo_prefix=f"t{uuid.uuid4().hex[:8]}_",
        object_store=(tmp_path_factory.mktemp("house") / "objects").as_uri(),
    )
    runtime = open_runtime("ocr", settings)
    async with AsyncExitStack() as stack:
        await SERVICE.prepare(runtime.database)
        consumers = [await build(runtime, stack) for build in SERVICE.workers.values()]
        deliveries = [Delivery(consumer, runtime.works, runtime.objects, settings) for consumer in consumers]
        for delivery in deliveries:
            await delivery.ensure_indexes()
        yield House(runtime, deliveries)
    await runtime.client.drop_database(runtime.database.name)
    await runtime.client.close()


async def test_a_scan_becomes_text_pages_pdf_and_draft_with_a_judgement(house: House, tmp_path: Path) -> None:
    document = await house.scan(tmp_path)
    (event,) = await house.told(DocumentRecognised, document)
    said = event.data
    assert (said.document, said.edition, event.aggregate_version, said.failed_pages) == (document, 1, 1, ())
    text = (await house.stored(said.text)).decode()
    assert [page.split("\n")[0] for page in text.split("\f")] == ["Bến Gỗ", "Chợ phiên"]
    assert said.trust is not None
    assert said.trust.decision == "publish"
    assert 0 < said.trust.expected_cer < 0.05
    assert said.draft is not None
    assert "form" in orjson.loads(await house.stored(said.draft))
    manifest = await house.manifest(said)
    assert manifest.trust == said.trust
    for page in manifest.pages:
        for reference in (page.image, page.thumbnail, page.tiles, page.words, page.hocr, page.alto):
            assert reference is not None
            assert await house.stored(reference)
        assert page.decision == "publish"
    with pdfium.PdfDocument(await house.stored(said.pdf)) as pdf:
        assert "Sông chảy qua làng" in pdf[0].get_textpage().get_text_range()
        assert len(pdf) == 2


async def test_a_page_that_cannot_be_read_holds_its_document_back(house: House, tmp_path: Path) -> None:
    document = await house.scan(tmp_path, broken=True)
    (event,) = await house.told(DocumentRecognised, document)
    assert event.data.failed_pages == (3,)
    assert event.data.trust.decision == "re-scan"
    with pdfium.PdfDocument(await house.stored(event.data.pdf)) as pdf:
        assert len(pdf) == 3


async def test_reading_again_keeps_what_was_and_says_a_new_edition(house: House, tmp_path: Path) -> None:
    document = await house.scan(tmp_path)
    assert await house.reread({"_id": document}) == (1, 2)
    first, second = await house.told(DocumentRecognised, document)
    (asked,) = await house.told(DocumentRescanRequested, document)
    assert (second.data.edition, asked.aggregate_version, second.aggregate_version) == (2, 2, 3)
    old, new = await house.readings(document)
    assert (old["_id"], new["_id"]) == (f"{document}:0001:1", f"{document}:0001:2")
    assert {"engine", "engine_version", "model", "steps", "measures", "read_at", "seconds"} <= old.keys()
    before, after = await house.manifest(first.data), await house.manifest(second.data)
    assert [page.reading for page in before.pages] == [f"{document}:{n:04}:1" for n in (1, 2)]
    assert [page.reading for page in after.pages] == [f"{document}:{n:04}:2" for n in (1, 2)]
    assert await house.stored(before.pages[0].alto)
    kept = await house.runtime.database["editions"].find({"document": document}).sort("edition", 1).to_list()
    assert [row["edition"] for row in kept] == [1, 2]


async def test_only_readings_of_an_older_engine_are_made_again(house: House, tmp_path: Path) -> None:
    library = f"xa-{(await house.scan(tmp_path))[2:10]}"
    assert await house.reread({"library": library}, OlderThan("tesseract", Version("1.0"))) == (0, 0)
    assert await house.reread({"library": "another"}, OlderThan("tesseract", Version("99"))) == (0, 0)
    assert await house.reread({"library": library}, OlderThan("tesseract", Version("99"))) == (1, 2)


async def test_a_document_whose_pages_stand_elsewhere_is_left_alone(house: House, tmp_path: Path) -> None:
    document = await house.scan(tmp_path)
    await house.runtime.database["documents"].update_one({"_id": document}, {"$set": {"ruling": "rearranged"}})
    assert await house.reread({"_id": document}) == (0, 0)


async def test_a_persons_text_is_chosen_and_no_engine_writes_over_it(house: House, tmp_path: Path) -> None:
    document = await house.scan(tmp_path)
    correction = await house.correct(document)
    (event,) = await house.told(DocumentTextCorrected, document)
    said = event.data
    (asked,) = await house.told(DocumentRescanRequested, document)
    assert (said.edition, asked.aggregate_version, event.aggregate_version) == (2, 2, 3)
    (told,) = said.corrections
    assert (told.number, told.reading, told.by) == (1, correction, "thu-vien-xa/le-thi-ha")
    assert (await house.stored(said.text)).decode().split("\f")[0] == CORRECTED
    with pdfium.PdfDocument(await house.stored(said.pdf)) as pdf:
        assert " ".join(pdf[0].get_textpage().get_text_range().split()) == CORRECTED
    assert len(await house.told(DocumentRecognised, document)) == 1

    assert await house.reread({"_id": document}) == (1, 1)
    manifest = await house.manifest((await house.told(DocumentRecognised, document))[-1].data)
    assert [page.reading for page in manifest.pages] == [correction, f"{document}:0002:2"]
    assert len(await house.told(DocumentTextCorrected, document)) == 1


async def test_the_second_correction_is_a_reading_of_its_own(house: House, tmp_path: Path) -> None:
    document = await house.scan(tmp_path)
    assert [(await house.correct(document))[-3:] for _ in range(2)] == [":c1", ":c2"]
    assert [row["engine"] for row in await house.readings(document)] == ["tesseract", "person", "person"]
    assert [event.data.edition for event in await house.told(DocumentTextCorrected, document)] == [2, 3]

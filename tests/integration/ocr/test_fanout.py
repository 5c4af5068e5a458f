"""Pages go to the workers few at a time and by turns, whoever handed in how much."""

import hashlib
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.ocr.documents.handlers import Gathering
from services.ocr.documents.store import read_again
from services.ocr.pages.capacity import counted
from services.ocr.settings import OcrSettings
from shared.bus.outbox import OUTBOX
from shared.bus.work import Work, source_of
from shared.events import CONTRACTS, Event, EventData
from shared.events.documents import DocumentScanned
from shared.events.pages import PageRead, PageReadingFailed
from shared.events.vocabulary import DocumentMetadata, Lane, ObjectRef, ScannedFile
from shared.runtime import Runtime, open_runtime
from shared.settings import Settings

PER_PROCESS = 3
BOOK = 40


class Desk:
    """Hands in documents, and answers for the workers in the order in which they are asked."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.gathering = Gathering(OcrSettings(pages_per_process=PER_PROCESS, library_weights={"large": 2}))
        self.answered: set[str] = set()

    async def hand_in(self, library: str, pages: int, lane: Lane = Lane.NORMAL) -> str:
        document = f"d-{uuid.uuid4().hex[:24]}"
        original = ObjectRef(key="x", media_type="image/tiff", sha256=hashlib.sha256(b"").hexdigest(), size=1)
        scanned = DocumentScanned(
            document=document,
            library=library,
            lane=lane,
            metadata=DocumentMetadata(title="Sách"),
            files=(ScannedFile(name="quet.tif", original=original, pages=pages),),
            pages=pages,
            verdict="clear",
            submitted_by="nguyen-thi-lan",
        )
        await self._handle(self.gathering.take_up_document, scanned)
        return document

    async def requests(self) -> list[Any]:
        """What the workers are asked and have not answered, in order."""
        rows = await self.runtime.database[OUTBOX].find({"topic": "page-requests"}).sort("put_at", 1).to_list()
        return [CONTRACTS.decode(row["body"]).data for row in rows if row["_id"] not in self.answered]

    async def answer(self, reason: str = "") -> Any:
        """Answer the oldest request; returns it."""
        rows = await self.runtime.database[OUTBOX].find({"topic": "page-requests"}).sort("put_at", 1).to_list()
        row = next(row for row in rows if row["_id"] not in self.answered)
        self.answered.add(row["_id"])
        asked = CONTRACTS.decode(row["body"]).data
        facts = asked.model_dump(include={"page", "document", "library", "number", "attempt"})
        if reason:
            await self._handle(self.gathering.gather_failure, PageReadingFailed(**facts, reason=reason))
        else:
            read = PageRead(**facts, reading=f"{facts['page']}:{facts['attempt']}", confidence=90)
            await self._handle(self.gathering.gather_page, read)
        return asked

    async def states(self, document: str) -> Counter[str]:
        pages = await self.runtime.database["pages"].find({"document": document}).to_list()
        return Counter(page["state"] for page in pages)

    async def _handle(self, handle: Any, data: EventData) -> None:
        event = Event(data=data, source=source_of("ocr"), aggregate_version=1)
        await self.runtime.works.transact(lambda work: handle(event, work))


@pytest.fixture
async def desk(mongo_url: str, mongo_prefix: str) -> AsyncIterator[Desk]:
    runtime = open_runtime("ocr", Settings(mongo_url=mongo_url, mongo_prefix=mongo_prefix))
    yield Desk(runtime)
    await runtime.client.close()


async def test_one_page_behind_a_book_waits_for_what_is_in_flight_alone(desk: Desk) -> None:
    book = await desk.hand_in("large", BOOK)
    assert len(await desk.requests()) == PER_PROCESS
    page = await desk.hand_in("small", 1)
    assert [(await desk.answer()).document for _ in range(PER_PROCESS + 1)] == [book] * PER_PROCESS + [page]
    assert len(await desk.requests()) == PER_PROCESS


async def test_a_readers_page_of_the_same_library_passes_its_book(desk: Desk) -> None:
    book = await desk.hand_in("large", BOOK)
    page = await desk.hand_in("large", 1, Lane.INTERACTIVE)
    assert [(await desk.answer()).document for _ in range(PER_PROCESS + 1)] == [book] * PER_PROCESS + [page]


async def test_libraries_share_by_weight(desk: Desk) -> None:
    for library in ("large", "small", "third"):
        await desk.hand_in(library, BOOK)
    for _ in range(PER_PROCESS):
        await desk.answer()
    answered = Counter([(await desk.answer()).library for _ in range(BOOK)])
    assert answered == {"large": BOOK // 2, "small": BOOK // 4, "third": BOOK // 4}


async def test_each_process_that_reads_has_pages_of_its_own(desk: Desk) -> None:
    await desk.hand_in("large", BOOK)
    async with counted(desk.runtime.database, 2):
        async for _ in _until_said(desk):
            await desk.answer()
        assert len(await desk.requests()) == 2 * PER_PROCESS
    await desk.answer()
    while len(await desk.requests()) > PER_PROCESS:
        await desk.answer()
    await desk.answer()
    assert len(await desk.requests()) == PER_PROCESS


async def test_a_poison_page_is_tried_behind_the_others_and_marked(desk: Desk) -> None:
    book = await desk.hand_in("large", 5)
    asked = [await desk.answer("crashed")]
    while await desk.requests():
        poison = asked[0].page == (await desk.requests())[0].page
        asked.append(await desk.answer("crashed" if poison else ""))
    assert [request.number for request in asked] == [1, 2, 3, 4, 5, 1, 1]
    assert await desk.states(book) == {"read": 4, "failed": 1}
    assert {row["in_flight"] for row in await desk.runtime.database["meters"].find().to_list()} == {0}


async def test_what_is_read_again_queues_with_the_others(desk: Desk) -> None:
    book = await desk.hand_in("small", 1, Lane.INTERACTIVE)
    await desk.answer()
    await desk.hand_in("large", BOOK)
    document = await desk.runtime.database["documents"].find_one({"_id": book})
    pages = await desk.runtime.database["pages"].find({"document": book}).to_list()

    async def again(work: Work) -> int:
        return await read_again(document or {}, pages, desk.gathering.settings.metering, work)

    assert await desk.runtime.works.transact(again) == 1
    for _ in range(PER_PROCESS):
        await desk.answer()
    assert (await desk.answer()).document == book


async def _until_said(desk: Desk) -> AsyncIterator[None]:
    while not await desk.runtime.database["workers"].count_documents({}):
        yield
    yield

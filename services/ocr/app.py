"""Wiring of the ocr service: the only file that sees all its rooms."""

from __future__ import annotations

from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from fastapi import FastAPI
from pymongo.asynchronous.database import AsyncDatabase

from services.ocr.concerns import store as concerns_store
from services.ocr.concerns.handlers import Removal
from services.ocr.description.suggestions import model_at
from services.ocr.documents.handlers import Gathering
from services.ocr.documents.routes import router as readings_router
from services.ocr.editions.assessment import assess, describe, judge
from services.ocr.editions.binding import Binder, Press
from services.ocr.editions.handlers import Editions
from services.ocr.pages import capacity
from services.ocr.pages.handlers import Reader
from services.ocr.pages.originals import Originals
from services.ocr.quality import store as quality_store
from services.ocr.quality.routes import router as quality_router
from services.ocr.reading.pool import ReadingPool
from services.ocr.settings import OcrSettings
from services.ocr.worklist import store as worklist
from services.ocr.worklist.dependencies import WorkList
from services.ocr.worklist.pages import router as worklist_pages_router
from services.ocr.worklist.plan import load_goals
from services.ocr.worklist.routes import router as worklist_router
from shared.bus.consumer import Consumer, Handler, consumer
from shared.events.documents import DocumentContentJudged, DocumentGathered, DocumentRejected, DocumentScanned
from shared.events.pages import PageRead, PageReadingFailed, PageReadingRequested
from shared.roles import Service
from shared.runtime import Runtime
from shared.store.mongo import Document
from shared.web.app import create_app


async def prepare(database: AsyncDatabase[Document]) -> None:
    await database["pages"].create_index([("document", 1), ("number", 1)])
    await database["pages"].create_index([("library", 1), ("lane", 1), ("state", 1), ("queued_at", 1), ("_id", 1)])
    await database["readings"].create_index([("page", 1), ("read_at", 1)])
    await database["editions"].create_index([("document", 1), ("edition", 1)])
    await database["documents"].create_index([("library", 1), ("_id", 1)])
    await capacity.ensure_indexes(database)
    await concerns_store.ensure_indexes(database)
    await quality_store.ensure_indexes(database)
    await worklist.ensure_indexes(database)


def build_api(runtime: Runtime) -> FastAPI:
    app = create_app(
        "lienthong ocr",
        public_key=runtime.settings.auth_public_key,
        checks={"mongo": runtime.mongo_ready},
        message_packages=("services.ocr",),
    )
    settings = OcrSettings()
    app.state.runtime = runtime
    app.state.worklist = WorkList(
        runtime=runtime,
        goals=load_goals(settings.plan_file),
        catalog_url=settings.catalog_url.rstrip("/"),
        metering=settings.metering,
    )
    for router in (readings_router, quality_router, worklist_router, worklist_pages_router):
        app.include_router(router)
    return app


async def build_documents(runtime: Runtime, _: AsyncExitStack) -> Consumer:
    settings = OcrSettings()
    gathering = Gathering(settings)
    removal = Removal(runtime.database, runtime.objects, settings.metering)
    return consumer(
        "ocr-documents",
        {
            DocumentScanned: gathering.take_up_document,
            DocumentContentJudged: removal.keep_judgement,
            DocumentRejected: Handler(prepare=removal.delete_objects, apply=removal.delete_rows),
            PageRead: gathering.gather_page,
            PageReadingFailed: gathering.gather_failure,
        },
    )


async def build_reading(runtime: Runtime, stack: AsyncExitStack) -> Consumer:
    settings = OcrSettings()
    pool = ReadingPool(
        workers=settings.processes,
        seconds_per_page=settings.seconds_per_page,
        memory_bytes=settings.memory_bytes_per_page,
    )
    stack.callback(pool.close)
    await stack.enter_async_context(capacity.counted(runtime.database, settings.processes))
    folder = Path(stack.enter_context(TemporaryDirectory(prefix="originals-")))
    originals = Originals(runtime.objects, folder, settings.originals_cached)
    reader = Reader(pool, originals, runtime.database, runtime.objects, assess)
    handler = Handler(prepare=reader.read_page, apply=reader.keep_reading)
    return consumer("ocr-reading", {PageReadingRequested: handler}, at_once=2 * settings.processes)


async def build_editions(runtime: Runtime, stack: AsyncExitStack) -> Consumer:
    settings = OcrSettings()
    press = Press(seconds=settings.seconds_per_part, memory_bytes=settings.memory_bytes_per_part)
    stack.callback(press.close)
    binder = Binder(runtime.objects, press)
    model = model_at(settings.description_model_url, settings.description_model_seconds)
    editions = Editions(runtime.database, runtime.objects, binder, judge, partial(describe, model=model))
    handler = Handler(prepare=editions.make_files, apply=editions.announce_edition)
    return consumer("ocr-editions", {DocumentGathered: handler}, batch_size=DOCUMENTS_AT_ONCE)


DOCUMENTS_AT_ONCE = 4

SERVICE = Service(
    name="ocr",
    api=build_api,
    prepare=prepare,
    workers={"documents": build_documents, "reading": build_reading, "editions": build_editions},
)

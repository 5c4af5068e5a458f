"""Wiring: the one file that sees every room of ingest."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import structlog
from fastapi import FastAPI
from pymongo.asynchronous.database import AsyncDatabase

from services.ingest.bodies import BodyLimits
from services.ingest.documents import handlers as document_handlers
from services.ingest.documents import store as document_store
from services.ingest.documents.reception import Reception
from services.ingest.documents.routes import DocumentDoor, document_routes
from services.ingest.documents.spool import Spool
from services.ingest.documents.upload import UploadLimits
from services.ingest.intake.intake import Intake
from services.ingest.library_events import store as event_store
from services.ingest.library_events.routes import EventLimits, library_event_routes
from services.ingest.lingering import LingeringClose
from services.ingest.malware.rescan import Rescan
from services.ingest.malware.scanner import Scanner
from services.ingest.registry import handlers as registry_handlers
from services.ingest.registry import store as registry_store
from services.ingest.settings import IngestSettings
from shared.bus.consumer import Consumer, consumer
from shared.events.documents import DocumentRecognised, DocumentRecognitionFailed
from shared.events.libraries import LibraryChanged
from shared.events.records import RecordAppraised, RecordDrafted, RecordPublished, RecordReviewed, RecordWithdrawn
from shared.imaging.enclosure import Enclosure
from shared.imaging.inspection import sniff_and_inspect
from shared.imaging.shapes import Limits
from shared.roles import Loop, Runtime, Service
from shared.store.mongo import Document
from shared.web.app import create_app
from shared.web.problems import Messages

log = structlog.get_logger(__name__)

MESSAGE_PACKAGES = ("shared.imaging", "services.ingest")
INTAKE_EVERY_SECONDS = 2.0
RESCAN_EVERY_SECONDS = 10.0


async def prepare(database: AsyncDatabase[Document]) -> None:
    await document_store.ensure_indexes(database)
    await event_store.ensure_indexes(database)
    await registry_store.ensure_indexes(database)


def build_api(runtime: Runtime) -> FastAPI:
    settings = IngestSettings()
    rooms: list[tuple[Spool, Reception]] = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            rooms.append((open_spool(settings, stack), open_reception(runtime, settings, stack)))
            yield

    app = create_app(
        "lienthong ingest",
        public_key=runtime.settings.auth_public_key,
        checks={"mongo": runtime.mongo_ready},
        message_packages=MESSAGE_PACKAGES,
        lifespan=lifespan,
    )
    app.add_middleware(LingeringClose)
    limits = UploadLimits(
        body=_body_limits(settings, settings.max_total_bytes),
        max_file_bytes=settings.max_file_bytes,
        max_files=settings.max_files,
    )
    door = DocumentDoor(runtime, limits, spool=lambda: rooms[-1][0], reception=lambda: rooms[-1][1])
    app.include_router(document_routes(door))
    event_limits = EventLimits(_body_limits(settings, settings.max_events_bytes), settings.max_events)
    app.include_router(library_event_routes(runtime, event_limits))
    return app


async def build_steps(_: Runtime, __: AsyncExitStack) -> Consumer:
    record_steps = (RecordDrafted, RecordReviewed, RecordAppraised, RecordPublished, RecordWithdrawn)
    return consumer(
        "ingest-steps",
        {
            LibraryChanged: registry_handlers.keep_library,
            DocumentRecognised: document_handlers.keep_recognition,
            DocumentRecognitionFailed: document_handlers.keep_failed_recognition,
            **dict.fromkeys(record_steps, document_handlers.keep_record_step),
        },
        gone={"libraries-current": registry_handlers.remove_library},
    )


async def build_intake(runtime: Runtime, stack: AsyncExitStack) -> Loop:
    settings = IngestSettings()
    if settings.drop_folder is None:
        log.warning("drop_folder_off", why="INGEST_DROP_FOLDER is not set")
        return Loop(_idle, INTAKE_EVERY_SECONDS)
    intake = Intake(
        drop=settings.drop_folder,
        settings=settings,
        works=runtime.works,
        spool=open_spool(settings, stack),
        reception=open_reception(runtime, settings, stack),
        messages=_messages(),
    )
    return Loop(intake.turn, INTAKE_EVERY_SECONDS)


async def build_rescan(runtime: Runtime, _: AsyncExitStack) -> Loop:
    scanner = open_scanner(IngestSettings())
    if scanner is None:
        return Loop(_idle, RESCAN_EVERY_SECONDS)
    return Loop(Rescan(runtime.works, runtime.objects, scanner).turn, RESCAN_EVERY_SECONDS)


def open_reception(runtime: Runtime, settings: IngestSettings, stack: AsyncExitStack) -> Reception:
    enclosure = Enclosure(
        loads=sniff_and_inspect,
        workers=1,
        seconds=settings.inspect_seconds,
        memory_bytes=settings.inspect_memory_bytes,
    )
    stack.callback(enclosure.close)
    return Reception(
        works=runtime.works,
        objects=runtime.objects,
        enclosure=enclosure,
        scanner=open_scanner(settings),
        limits=Limits(pages=settings.max_pages),
        messages=_messages(),
    )


def open_scanner(settings: IngestSettings) -> Scanner | None:
    if not settings.clamd_url:
        log.warning("malware_scan_off", why="CLAMD_URL is not set: every document is unscanned")
        return None
    return Scanner(settings.clamd_url, max_bytes=settings.scan_max_bytes, seconds=settings.scan_seconds)


def open_spool(settings: IngestSettings, stack: AsyncExitStack) -> Spool:
    spool = Spool(settings.spool_folder, settings.spare_bytes)
    stack.callback(spool.close)
    return spool


def _messages() -> Messages:
    return Messages("shared.web", *MESSAGE_PACKAGES)


def _body_limits(settings: IngestSettings, max_bytes: int) -> BodyLimits:
    return BodyLimits(max_bytes, settings.stall_seconds, settings.upload_seconds)


async def _idle() -> bool:
    return False


SERVICE = Service(
    "ingest",
    api=build_api,
    prepare=prepare,
    workers={"steps": build_steps},
    loops={"intake": build_intake, "malware": build_rescan},
)

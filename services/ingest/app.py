"""Wiring: the one file that sees every room of ingest."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import structlog
from fastapi import FastAPI
from pymongo.asynchronous.database import AsyncDatabase

from services.ingest.batches import store as batch_store
from services.ingest.batches.routes import batch_routes
from services.ingest.bodies import BodyLimits
from services.ingest.content import store as content_store
from services.ingest.content.destruction import Destruction
from services.ingest.content.routes import content_routes
from services.ingest.deposits import store as deposit_store
from services.ingest.deposits.routes import DepositDoor, deposit_routes
from services.ingest.deposits.terms import Terms
from services.ingest.documents import handlers as document_handlers
from services.ingest.documents import store as document_store
from services.ingest.documents.reception import Reception
from services.ingest.documents.routes import DocumentDoor, document_routes
from services.ingest.documents.spool import Spool
from services.ingest.documents.upload import UploadLimits
from services.ingest.harvest.fetching import FetchLimits
from services.ingest.harvest.harvest import Harvest
from services.ingest.intake.intake import Intake
from services.ingest.library_events import store as event_store
from services.ingest.library_events.routes import EventLimits, library_event_routes
from services.ingest.lingering import LingeringClose
from services.ingest.malware.rescan import Rescan
from services.ingest.malware.scanner import Scanner
from services.ingest.packages.archive import PackageLimits
from services.ingest.packages.package import open_package
from services.ingest.packages.routes import PackageDoor, package_routes
from services.ingest.packages.taking import Packages
from services.ingest.registry import handlers as registry_handlers
from services.ingest.registry import store as registry_store
from services.ingest.rescans import handlers as rescan_handlers
from services.ingest.resources import store as resource_store
from services.ingest.resources.routes import resource_routes
from services.ingest.rights import review as rights_review
from services.ingest.rights.review import Review
from services.ingest.settings import IngestSettings
from services.ingest.uploads import store as upload_store
from services.ingest.uploads.receiving import Uploads, UploadSettings
from services.ingest.uploads.routes import upload_routes
from shared.bus.consumer import Consumer, consumer
from shared.events.documents import (
    DocumentRecognised,
    DocumentRecognitionFailed,
    DocumentRescanRequested,
    DocumentRescanWithdrawn,
    DocumentSuperseded,
    DocumentTextCorrected,
)
from shared.events.libraries import LibraryChanged
from shared.events.records import RecordAppraised, RecordDrafted, RecordPublished, RecordReviewed, RecordWithdrawn
from shared.imaging.enclosure import Enclosure
from shared.imaging.inspection import sniff_and_inspect
from shared.imaging.shapes import Limits
from shared.roles import Loop, Service
from shared.runtime import Runtime
from shared.store.mongo import Document
from shared.web.app import create_app
from shared.web.problems import Messages

log = structlog.get_logger(__name__)

MESSAGE_PACKAGES = ("shared.imaging", "services.ingest")
INTAKE_EVERY_SECONDS = 2.0
RESCAN_EVERY_SECONDS = 10.0
EXPIRY_EVERY_SECONDS = 5.0


async def prepare(database: AsyncDatabase[Document]) -> None:
    await document_store.ensure_indexes(database)
    await content_store.ensure_indexes(database)
    await rights_review.ensure_indexes(database)
    await resource_store.ensure_indexes(database)
    await upload_store.ensure_indexes(database)
    await batch_store.ensure_indexes(database)
    await deposit_store.ensure_indexes(database)
    await event_store.ensure_indexes(database)
    await registry_store.ensure_indexes(database)


def build_api(runtime: Runtime) -> FastAPI:
    settings = IngestSettings()
    rooms: list[tuple[Spool, Reception, Packages]] = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            reception = open_reception(runtime, settings, stack)
            rooms.append((open_spool(settings, stack), reception, open_packages(reception, settings, stack)))
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
    uploads = open_uploads(runtime, settings)
    door = DocumentDoor(runtime, limits, lambda: rooms[-1][0], lambda: rooms[-1][1], uploads)
    app.include_router(document_routes(door))
    app.include_router(content_routes(runtime))
    app.include_router(resource_routes(runtime))
    app.include_router(upload_routes(uploads, _body_limits(settings, settings.upload_max_bytes)))
    app.include_router(package_routes(PackageDoor(runtime, lambda: rooms[-1][0], lambda: rooms[-1][2], uploads)))
    app.include_router(batch_routes(runtime, settings, limits.body))
    deposits = DepositDoor(runtime, door.spool, door.reception, uploads, settings.max_file_bytes)
    app.include_router(deposit_routes(deposits))
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
            DocumentTextCorrected: document_handlers.keep_concerns_of_correction,
            DocumentRecognitionFailed: document_handlers.keep_failed_recognition,
            DocumentRescanRequested: rescan_handlers.keep_rescan,
            DocumentRescanWithdrawn: rescan_handlers.keep_withdrawal,
            DocumentSuperseded: rescan_handlers.keep_successor,
            **dict.fromkeys(record_steps, document_handlers.keep_record_step),
        },
        gone={"libraries-current": registry_handlers.remove_library},
    )


async def build_intake(runtime: Runtime, stack: AsyncExitStack) -> Loop:
    settings = IngestSettings()
    if settings.drop_folder is None:
        log.warning("drop_folder_off", why="INGEST_DROP_FOLDER is not set")
        return Loop(_idle, INTAKE_EVERY_SECONDS)
    reception = open_reception(runtime, settings, stack)
    intake = Intake(
        drop=settings.drop_folder,
        settings=settings,
        works=runtime.works,
        spool=open_spool(settings, stack),
        reception=reception,
        packages=open_packages(reception, settings, stack),
        messages=messages(),
    )
    return Loop(intake.turn, INTAKE_EVERY_SECONDS)


async def build_expiry(runtime: Runtime, _: AsyncExitStack) -> Loop:
    """What ends with time: uploads nobody continues, deposits' terms, permissions; and what is condemned."""
    uploads, terms, review = open_uploads(runtime, IngestSettings()), Terms(runtime.works), Review(runtime.works)
    destruction = Destruction(runtime.works, runtime.objects)

    async def turn() -> bool:
        more = [await destruction.turn(), await terms.turn(), await review.turn(), await uploads.turn()]
        return any(more)

    return Loop(turn, EXPIRY_EVERY_SECONDS)


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
        messages=messages(),
    )


def open_harvest(runtime: Runtime, stack: AsyncExitStack) -> Harvest:
    settings = IngestSettings()
    return Harvest(
        works=runtime.works,
        spool=open_spool(settings, stack),
        reception=open_reception(runtime, settings, stack),
        limits=FetchLimits(settings.max_file_bytes, settings.harvest_seconds),
    )


def open_packages(reception: Reception, settings: IngestSettings, stack: AsyncExitStack) -> Packages:
    enclosure = Enclosure(
        loads=open_package,
        workers=1,
        seconds=settings.package_seconds,
        memory_bytes=settings.package_memory_bytes,
    )
    stack.callback(enclosure.close)
    limits = PackageLimits(
        entries=settings.package_max_entries,
        bytes=settings.package_max_bytes,
        file_bytes=settings.max_file_bytes,
        xml_bytes=settings.package_xml_bytes,
        spare_bytes=settings.spare_bytes,
    )
    return Packages(reception, enclosure, limits, settings.max_files)


def open_uploads(runtime: Runtime, settings: IngestSettings) -> Uploads:
    limits = UploadSettings(
        part_bytes=settings.upload_part_bytes,
        max_parts=settings.upload_max_parts,
        seconds=settings.upload_idle_seconds,
        max_bytes=settings.upload_max_bytes,
        max_uploads=settings.max_uploads,
        max_uploads_bytes=settings.max_uploads_bytes,
    )
    return Uploads(runtime.database, runtime.objects, limits)


def open_scanner(settings: IngestSettings) -> Scanner | None:
    if not settings.clamd_url:
        log.warning("malware_scan_off", why="CLAMD_URL is not set: every document is unscanned")
        return None
    return Scanner(settings.clamd_url, max_bytes=settings.scan_max_bytes, seconds=settings.scan_seconds)


def open_spool(settings: IngestSettings, stack: AsyncExitStack) -> Spool:
    spool = Spool(settings.spool_folder, settings.spare_bytes)
    stack.callback(spool.close)
    return spool


def messages() -> Messages:
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
    loops={"intake": build_intake, "malware": build_rescan, "expiry": build_expiry},
)

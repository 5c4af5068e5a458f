"""The catalog service: what the union holds, who may read it, and who borrowed what where nobody else keeps account."""

import asyncio
import base64
import binascii
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial

from fastapi import FastAPI

from services.catalog.authorities import pages as authority_pages
from services.catalog.authorities import routes as authority_routes
from services.catalog.authorities.establishing import establish_from_works
from services.catalog.authorities.renewing import renew_next
from services.catalog.circulation import routes as circulation_routes
from services.catalog.circulation.overdue import tell_overdue
from services.catalog.circulation.uses import UseCounts
from services.catalog.dependencies import Catalog
from services.catalog.discovery import pages as page_routes
from services.catalog.discovery import routes as search_routes
from services.catalog.discovery import scope_pages
from services.catalog.discovery.headers import SecurityHeaders
from services.catalog.discovery.libraries import LibraryTitles
from services.catalog.discovery.replica import Means, Replica, empty_index
from services.catalog.exchange.export import routes as export_routes
from services.catalog.exchange.oai import routes as oai_routes
from services.catalog.exchange.opendata import routes as open_data_routes
from services.catalog.exchange.opendata.making import Dumping
from services.catalog.exchange.provider import Provider
from services.catalog.exchange.sru import routes as sru_routes
from services.catalog.finds import Committed
from services.catalog.holdings import routes as holding_routes
from services.catalog.holdings.handlers import mark_back, mark_lost, mark_out
from services.catalog.imports import routes as import_routes
from services.catalog.imports.fetching import HarvestLimits
from services.catalog.imports.harvesting import Harvesting
from services.catalog.imports.importing import give_way, take_next_upload
from services.catalog.imports.letting_go import let_go_of_file
from services.catalog.indexes import ensure_indexes
from services.catalog.librarians import cluster_pages, heading_pages, import_pages, review_pages
from services.catalog.librarians.site import site as librarians_site
from services.catalog.patrons import routes as patron_routes
from services.catalog.places import Places
from services.catalog.reading_room import routes as reading_routes
from services.catalog.reading_room.manifests import Manifests
from services.catalog.records import routes as record_routes
from services.catalog.records.handlers import (
    apply_judgement,
    change_holds,
    change_verdict,
    draft_record,
    renew_text,
    restore_record,
    withdraw_rearranged,
    withdraw_superseded,
)
from services.catalog.records.store import RECORDS_PUBLIC
from services.catalog.registry import routes as registry_routes
from services.catalog.scopes import routes as scope_routes
from services.catalog.search import Searcher, Serving
from services.catalog.settings import CatalogSettings
from services.catalog.union import routes as union_routes
from services.catalog.union.handlers import contributing, retire_withdrawn
from services.catalog.union.placing import apply_changed
from shared.bus.consumer import Consumer, consumer
from shared.events.circulation import LoanLost, LoanMade, LoanOverdue, LoanRenewed, LoanReturned
from shared.events.documents import (
    DocumentContentJudged,
    DocumentHoldsChanged,
    DocumentRearranged,
    DocumentRecognised,
    DocumentRestored,
    DocumentSuperseded,
    DocumentTextCorrected,
    DocumentVerdictChanged,
)
from shared.events.records import RecordPublished
from shared.roles import Loop, Service
from shared.runtime import Runtime
from shared.store.mongo import database
from shared.store.vault import Vault
from shared.web.app import Check, create_app

ROUTERS = (
    search_routes.router,
    page_routes.negotiated,
    registry_routes.router,
    patron_routes.router,
    record_routes.router,
    union_routes.router,
    holding_routes.router,
    authority_routes.router,
    import_routes.router,
    reading_routes.router,
    circulation_routes.router,
    oai_routes.router,
    sru_routes.router,
    export_routes.router,
    open_data_routes.router,
    scope_routes.router,
    scope_pages.router,
    page_routes.router,
    librarians_site.router,
    import_pages.router,
    review_pages.router,
    cluster_pages.router,
    heading_pages.router,
    authority_pages.router,
)
"""Looked through one after the other: what is asked most stands first."""
RECORDS = consumer(
    "catalog-records",
    {
        DocumentRecognised: draft_record,
        DocumentTextCorrected: renew_text,
        DocumentVerdictChanged: change_verdict,
        DocumentHoldsChanged: change_holds,
        DocumentContentJudged: apply_judgement,
        DocumentRearranged: withdraw_rearranged,
        DocumentRestored: restore_record,
        DocumentSuperseded: withdraw_superseded,
    },
)


HOLDINGS = consumer(
    "catalog-holdings",
    {
        LoanMade: mark_out,
        LoanRenewed: mark_out,
        LoanOverdue: mark_out,
        LoanReturned: mark_back,
        LoanLost: mark_lost,
    },
)


def nothing_to_rebuild() -> bool:
    return False


def catalog_of(
    runtime: Runtime,
    search: Searcher,
    settings: CatalogSettings,
    rebuild_search: Callable[[], bool] = nothing_to_rebuild,
) -> Catalog:
    """The means of the API. Raises ValueError when the vault's key is missing or is no key."""
    return Catalog(
        works=runtime.works,
        committed=Committed(runtime.database),
        objects=runtime.objects,
        manifests=Manifests(runtime.objects),
        search=search,
        rebuild_search=rebuild_search,
        library_titles=LibraryTitles(runtime.database),
        uses=UseCounts(runtime.works),
        vault=Vault(database(runtime.client, runtime.settings, "vault"), runtime.settings.vault_key),
        pseudonym_key=_vault_key(runtime.settings.vault_key),
        public_url=settings.public_url.rstrip("/"),
        import_max_bytes=settings.import_max_bytes,
        uploads=Places(settings.uploads_at_once),
        exports=Places(settings.exports_at_once),
        provider=provider_of(settings),
    )


def build_app(runtime: Runtime, catalog: Catalog, settings: CatalogSettings, feeding: Replica | None) -> FastAPI:
    """The API over its means; `feeding` keeps the search index, or nobody does."""

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        counting = asyncio.create_task(catalog.uses.announce_every(settings.uses_seconds))
        if feeding:
            feeding.start()
        yield
        if feeding:
            await asyncio.to_thread(feeding.stop)
        counting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await counting

    checks: dict[str, Check] = {"mongo": runtime.mongo_ready}
    app = create_app(
        "lienthong catalog",
        public_key=runtime.settings.auth_public_key,
        checks=checks | ({"search": feeding.ready} if feeding else {}),
        message_packages=("services.catalog",),
        lifespan=lifespan,
    )
    app.state.catalog = catalog
    app.add_middleware(SecurityHeaders)
    for router in ROUTERS:
        app.include_router(router)
    return app


def build_api(runtime: Runtime) -> FastAPI:
    settings = CatalogSettings()
    serving = Serving(empty_index(settings.index_folder / "empty"))
    every = timedelta(seconds=settings.snapshot_seconds)
    replica = Replica(serving, Means(settings.index_folder, runtime.objects, runtime.settings, every))
    catalog = catalog_of(runtime, serving, settings, replica.rebuild)
    return build_app(runtime, catalog, settings, replica)


async def build_records(_: Runtime, __: AsyncExitStack) -> Consumer:
    return RECORDS


async def build_holdings(_: Runtime, __: AsyncExitStack) -> Consumer:
    return HOLDINGS


async def build_union(_: Runtime, __: AsyncExitStack) -> Consumer:
    return union_consumer(CatalogSettings().public_url.rstrip("/"))


def union_consumer(public_url: str) -> Consumer:
    """What becomes of our own published documents in the union; readers reach them below `public_url`."""
    handle = contributing(lambda record: f"{public_url}/records/{record}")
    return consumer("catalog-union", {RecordPublished: handle}, gone={RECORDS_PUBLIC: retire_withdrawn})


async def build_imports(runtime: Runtime, _: AsyncExitStack) -> Loop:
    settings = CatalogSettings()

    async def turn() -> bool:
        return await take_next_upload(runtime) or await let_go_of_file(runtime, settings.import_days)

    give_way()
    return Loop(turn, settings.imports_seconds)


async def build_harvest(runtime: Runtime, _: AsyncExitStack) -> Loop:
    give_way()
    return Loop(Harvesting(runtime.works, HarvestLimits()).turn, CatalogSettings().harvest_seconds)


async def build_authorities(runtime: Runtime, _: AsyncExitStack) -> Loop:
    async def turn() -> bool:
        renewed = await renew_next(runtime.works)
        return await establish_from_works(runtime.works) or renewed

    return Loop(turn, CatalogSettings().authorities_seconds)


async def build_overdue(runtime: Runtime, _: AsyncExitStack) -> Loop:
    return Loop(partial(tell_overdue, runtime.works), CatalogSettings().overdue_seconds)


async def build_scopes(runtime: Runtime, _: AsyncExitStack) -> Loop:
    return Loop(partial(apply_changed, runtime.works), CatalogSettings().scopes_seconds)


def dumping_of(runtime: Runtime, settings: CatalogSettings) -> Dumping:
    days, hour = settings.open_data_days, settings.open_data_hour
    return Dumping(runtime.database, runtime.objects, provider_of(settings), days, hour)


async def build_open_data(runtime: Runtime, _: AsyncExitStack) -> Loop:
    settings = CatalogSettings()
    return Loop(dumping_of(runtime, settings).turn, settings.open_data_seconds)


def provider_of(settings: CatalogSettings) -> Provider:
    return Provider(
        settings.public_url.rstrip("/"),
        settings.repository_name,
        settings.repository_email,
        settings.open_data_licence,
    )


def _vault_key(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != 32:
        raise ValueError("VAULT_KEY must be 32 bytes in base64: patrons' cards are sealed with it")
    return key


SERVICE = Service(
    "catalog",
    api=build_api,
    prepare=ensure_indexes,
    workers={"records": build_records, "union": build_union, "holdings": build_holdings},
    loops={
        "overdue": build_overdue,
        "imports": build_imports,
        "harvest": build_harvest,
        "authorities": build_authorities,
        "open-data": build_open_data,
        "scopes": build_scopes,
    },
)

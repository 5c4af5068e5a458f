"""The wiring of stats: counts what happens, keeps every event, answers with figures."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from prometheus_client import REGISTRY
from pymongo.asynchronous.database import AsyncDatabase

from services.stats.archive import store as archive_store
from services.stats.archive.compact import Compactor
from services.stats.archive.handlers import build_archive
from services.stats.counting import store as counting_store
from services.stats.counting.handlers import build_counting
from services.stats.indicators.exposition import IndicatorCollector
from services.stats.indicators.routes import build_routes
from services.stats.settings import StatsSettings
from shared.bus.consumer import Consumer
from shared.roles import Loop, Service
from shared.runtime import Runtime
from shared.store.mongo import Document, connect_blocking, database_blocking
from shared.web.app import create_app


def build_api(runtime: Runtime) -> FastAPI:
    @asynccontextmanager
    async def exposing(_: FastAPI) -> AsyncIterator[None]:
        """The indicators are on /metrics while the app runs."""
        client = connect_blocking(runtime.settings)
        database = database_blocking(client, runtime.settings, runtime.service)
        collector = IndicatorCollector(database, StatsSettings().stats_metrics_cache_seconds)
        REGISTRY.register(collector)
        yield
        REGISTRY.unregister(collector)
        client.close()

    app = create_app(
        "lienthong stats",
        public_key=runtime.settings.auth_public_key,
        checks={"mongo": runtime.mongo_ready},
        message_packages=("services.stats",),
        lifespan=exposing,
    )
    app.include_router(build_routes(runtime))
    return app


async def ensure_indexes(database: AsyncDatabase[Document]) -> None:
    await counting_store.ensure_indexes(database)
    await archive_store.ensure_indexes(database)


async def _build_counting(_: Runtime, __: AsyncExitStack) -> Consumer:
    return build_counting()


async def _build_archive(_: Runtime, __: AsyncExitStack) -> Consumer:
    return build_archive()


async def _build_compact(runtime: Runtime, _: AsyncExitStack) -> Loop:
    settings = StatsSettings()
    return Loop(Compactor(runtime.works, runtime.objects, settings).turn, settings.stats_compact_seconds)


SERVICE = Service(
    "stats",
    api=build_api,
    prepare=ensure_indexes,
    workers={"counting": _build_counting, "archive": _build_archive},
    loops={"compact": _build_compact},
)

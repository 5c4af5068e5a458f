"""How a service runs: as roles, each a process of its own, each with health and metrics over HTTP.

`python -m services.<name> api | relay | worker <room> | loop <room>`
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import structlog
import uvicorn
from fastapi import FastAPI
from pymongo.asynchronous.database import AsyncDatabase

from shared.bus.consumer import Consumer
from shared.bus.delivery import Delivery
from shared.bus.held import HELD, HeldState
from shared.bus.kafka import KafkaPublisher
from shared.bus.messages import ConsumerStopped, DependencyAway
from shared.bus.relay import Relay
from shared.runtime import Runtime, open_runtime
from shared.settings import Settings
from shared.store.mongo import Document, connect_blocking, database_blocking, is_outage
from shared.telemetry.logs import configure_logs
from shared.telemetry.metrics import HELD as HELD_GAUGE
from shared.telemetry.metrics import STOPPED
from shared.web.app import Check, create_app

log = structlog.get_logger(__name__)

HELD_EVERY_SECONDS = 1.0
AFTER_FAILURE_SECONDS = 2.0


BuildApi = Callable[[Runtime], FastAPI]
BuildConsumer = Callable[[Runtime, AsyncExitStack], Awaitable[Consumer]]


@dataclass(frozen=True)
class Loop:
    """A job done again and again: `turn` returns whether there may be more to do at once."""

    turn: Callable[[], Awaitable[bool]]
    every_seconds: float


BuildLoop = Callable[[Runtime, AsyncExitStack], Awaitable[Loop]]


@dataclass(frozen=True)
class Service:
    """A service: its name and how each of its roles is built."""

    name: str
    api: BuildApi
    prepare: Callable[[AsyncDatabase[Document]], Awaitable[None]]
    """Makes the indexes; safe to run again."""
    workers: Mapping[str, BuildConsumer] = field(default_factory=dict)
    loops: Mapping[str, BuildLoop] = field(default_factory=dict)


def main(service: Service, arguments: Sequence[str] | None = None) -> None:
    """Run one role until it is told to stop; exits 1 when it failed."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    run = _role(service, words)
    if run is None:
        known = ["api", "relay", *(f"worker {n}" for n in service.workers), *(f"loop {n}" for n in service.loops)]
        sys.exit(f"usage: python -m services.{service.name} ({' | '.join(known)})")
    settings = Settings()
    configure_logs(service.name, " ".join(words), log_format=settings.log_format, level=settings.log_level)
    sys.exit(asyncio.run(_run(service, settings, run)))


Run = Callable[[Runtime, AsyncExitStack], Awaitable[int]]


def _role(service: Service, words: Sequence[str]) -> Run | None:
    match words:
        case ["api"]:
            return lambda runtime, _: serve(service.api(runtime), runtime.settings)
        case ["relay"]:
            return _run_relay
        case ["worker", name] if name in service.workers:
            return lambda runtime, stack: _run_worker(service.workers[name], runtime, stack)
        case ["loop", name] if name in service.loops:
            return lambda runtime, stack: _run_loop(service.loops[name], runtime, stack)
    return None


async def _run(service: Service, settings: Settings, run: Run) -> int:
    runtime = open_runtime(service.name, settings)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(runtime.client.close)
        await _until_no_outage(lambda: service.prepare(runtime.database))
        log.info("role_started")
        return await run(runtime, stack)


async def serve(app: FastAPI, settings: Settings) -> int:
    """Serve an app until a signal; 0 then, 1 when it could not start."""
    config = uvicorn.Config(
        app, host=settings.http_host, port=settings.http_port, log_config=None, timeout_graceful_shutdown=5
    )
    server = uvicorn.Server(config)
    await server.serve()
    return 0 if server.started else 1


async def _run_worker(build: BuildConsumer, runtime: Runtime, stack: AsyncExitStack) -> int:
    # A quarter of what it takes to start any role, and only workers subscribe.
    from shared.bus.subscription import FaustSubscription  # noqa: PLC0415

    consumer = await build(runtime, stack)
    delivery = Delivery(consumer, runtime.works, runtime.objects, runtime.settings)
    await _until_no_outage(delivery.ensure_indexes)
    STOPPED.labels(consumer.name).set(0)
    subscription = FaustSubscription(
        consumer.name,
        consumer.topics,
        runtime.settings,
        batch_size=consumer.batch_size,
        at_once=consumer.at_once,
    )

    async def assigned() -> str | None:
        if delivery.stopped:
            return delivery.stopped
        return None if subscription.assigned else "no partitions assigned yet"

    async def consume() -> None:
        retrying = asyncio.create_task(_retry_held(delivery, runtime))
        try:
            await subscription.run(delivery.deliver)
        except ConsumerStopped:
            await asyncio.Event().wait()  # stay up, not ready, until a person restarts it
        finally:
            retrying.cancel()

    return await beside_health(consume, runtime, {"consumer": assigned})


async def _run_loop(build: BuildLoop, runtime: Runtime, stack: AsyncExitStack) -> int:
    loop = await build(runtime, stack)

    async def turn_for_ever() -> None:
        while True:
            try:
                more = await loop.turn()
            except Exception as error:
                if not (is_outage(error) or isinstance(error, DependencyAway)):
                    raise
                log.warning("loop_waits", error=str(error)[:300])
                more = False
                await asyncio.sleep(AFTER_FAILURE_SECONDS)
            if not more:
                await asyncio.sleep(loop.every_seconds)

    return await beside_health(turn_for_ever, runtime, {})


async def _run_relay(runtime: Runtime, _: AsyncExitStack) -> int:
    settings = runtime.settings
    blocking = database_blocking(connect_blocking(settings), settings, runtime.service)
    relay = Relay(blocking, runtime.service, KafkaPublisher(settings.kafka_bootstrap), settings)

    async def healthy() -> str | None:
        return None if relay.healthy else "the outbox is not being sent"

    async def run() -> None:
        try:
            await asyncio.to_thread(relay.run)
        except asyncio.CancelledError:
            relay.stop()
            raise

    return await beside_health(run, runtime, {"relay": healthy})


async def beside_health(job: Callable[[], Awaitable[None]], runtime: Runtime, checks: Mapping[str, Check]) -> int:
    """Run a job with its health and metrics over HTTP; the first of the two to end ends both."""
    app = create_app(
        f"lienthong {runtime.service}",
        public_key=runtime.settings.auth_public_key,
        checks={"mongo": runtime.mongo_ready, **checks},
    )
    working = asyncio.ensure_future(job())
    serving = asyncio.create_task(serve(app, runtime.settings))
    await asyncio.wait({working, serving}, return_when=asyncio.FIRST_COMPLETED)
    if working.done() and not working.cancelled() and (error := working.exception()):
        log.error("role_failed", error=str(error), exc_info=error)
        serving.cancel()
        return 1
    working.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await working
    return await serving


async def _retry_held(delivery: Delivery, runtime: Runtime) -> None:
    """Give parked and replayed messages their turn, and count what is held."""
    while True:
        try:
            await delivery.retry_held()
            await _count_held(delivery.consumer.name, runtime)
        except Exception as error:
            log.warning("held_retry_waits", error=str(error)[:300])
        await asyncio.sleep(HELD_EVERY_SECONDS)


async def _count_held(consumer: str, runtime: Runtime) -> None:
    for state in (HeldState.PARKED, HeldState.DEAD):
        count = await runtime.database[HELD].count_documents({"consumer": consumer, "state": state})
        HELD_GAUGE.labels(consumer, state).set(count)


async def _until_no_outage(do: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await do()
        except Exception as error:
            if not is_outage(error):
                raise
            log.warning("waiting_for_mongo", error=str(error)[:300])
            await asyncio.sleep(AFTER_FAILURE_SECONDS)
        else:
            return

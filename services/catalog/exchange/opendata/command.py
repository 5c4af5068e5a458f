"""`python -m services.catalog dump`: a dump of the open data now, whatever the hour."""

import asyncio
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack

from rich.filesize import decimal

from services.catalog.exchange.opendata.dump import Dump
from services.catalog.exchange.opendata.making import Dumping
from shared.runtime import Runtime, open_runtime
from shared.settings import Settings
from shared.telemetry.logs import configure_logs


def run(dumping_of: Callable[[Runtime], Dumping]) -> int:
    """Make a dump and say what is in it; `dumping_of` wires it."""
    settings = Settings()
    configure_logs("catalog", "dump", log_format=settings.log_format, level="WARNING")
    made = asyncio.run(_make(settings, dumping_of))
    for file in made.files:
        sys.stdout.write(f"{file.name}\t{file.records}\t{decimal(file.size)}\tsha256 {file.sha256}\n")
    return 0


async def _make(settings: Settings, dumping_of: Callable[[Runtime], Dumping]) -> Dump:
    async with AsyncExitStack() as stack:
        runtime = open_runtime("catalog", settings)
        stack.push_async_callback(runtime.client.close)
        return await dumping_of(runtime).make()

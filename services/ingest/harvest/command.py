"""`python -m services.ingest harvest LIST --library ID`: takes in open resources, one JSON object in each line of LIST.

Each line as PUT /v1/resources takes it: url, title, open_licence, and if known creators and date.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from pydantic import ValidationError

from services.ingest.documents.refusal import NoSpace, Refused
from services.ingest.harvest.harvest import Harvest
from services.ingest.resources.resource import ResourceForm
from shared.bus.messages import DependencyAway
from shared.runtime import Runtime, open_runtime
from shared.settings import Settings
from shared.telemetry.logs import configure_logs
from shared.web.problems import Messages

LONGEST_LINE = 65_536
Build = Callable[[Runtime, AsyncExitStack], Harvest]


def run(arguments: Sequence[str], build: Build, messages: Messages) -> int:
    """0 when everything is in, 1 when something was refused, 2 when it stopped as something else is away."""
    options = _parser().parse_args(arguments)
    settings = Settings()
    configure_logs("ingest", "harvest", log_format=settings.log_format, level="WARNING")
    return asyncio.run(harvest(settings, options.list, options.library, build, messages))


async def harvest(settings: Settings, listed: Path, library: str, build: Build, messages: Messages) -> int:
    """As `run`, with settings."""
    runtime = open_runtime("ingest", settings)
    refused = 0
    try:
        async with AsyncExitStack() as stack:
            taking = build(runtime, stack)
            with listed.open("rb") as lines:
                for number, line in enumerate(iter(lambda: lines.readline(LONGEST_LINE), b""), 1):
                    if line.strip():
                        refused += not await _take(taking, line, number, library, messages)
    except (DependencyAway, NoSpace) as away:
        _print(f"stopped: {away or 'no space left'}")
        return 2
    finally:
        await runtime.client.close()
    return 1 if refused else 0


async def _take(taking: Harvest, line: bytes, number: int, library: str, messages: Messages) -> bool:
    """Whether the line's resource is in; says so."""
    try:
        receipt = await taking.take(ResourceForm.model_validate_json(line), library)
    except ValidationError as error:
        first = error.errors()[0]
        _print(f"{number}: {'.'.join(map(str, first['loc']))}: {first['msg']}")
    except Refused as refused:
        _print(f"{number}: {refused.reason}: {refused.explain(messages, 'vi')} / {refused.explain(messages, 'en')}")
    else:
        _print(f"{number}: {receipt.document}{' (duplicate)' if receipt.duplicate else ''} {receipt.verdict}")
        return True
    return False


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m services.ingest harvest", description=(__doc__ or "").strip())
    parser.add_argument("list", type=Path)
    parser.add_argument("--library", required=True)
    return parser

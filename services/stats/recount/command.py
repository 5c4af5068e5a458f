"""`python -m services.stats recount`: the counters against the archive, every difference named."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import Counter as Tally
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from services.stats.archive.store import Archive
from services.stats.counting.increments import Counter
from services.stats.recount.differences import Difference, Recounted, differences, recount_message, tally
from services.stats.recount.store import CountersMoved, counted, held_identities, repair
from services.stats.registry import registered
from shared.runtime import Runtime, open_runtime
from shared.settings import Settings
from shared.telemetry.logs import configure_logs


@dataclass
class Recount:
    """What a recount found."""

    found: list[Difference] = field(default_factory=list)
    events: int = 0
    held: int = 0
    """Events left out because the counting consumer holds them back."""
    identities: set[str] = field(default_factory=set)
    """The events behind the counters that differ."""


async def recount(runtime: Runtime, start: str, end: str) -> Recount:
    """Compare the counters with the archive, day by day, from start to end inclusive (ISO 8601)."""
    archive = Archive(runtime.database, runtime.objects)
    now = await counted(runtime.database, start, end)
    libraries, held = await registered(runtime.database), await held_identities(runtime.database)
    result = Recount()
    for day in sorted({*await archive.days(start, end), *(counter.day for counter in now)}):
        messages = [recount_message(line.body) async for line in archive.lines(day)]
        unique = {recounted.identity: recounted for recounted in messages if recounted}
        kept = [recounted for recounted in unique.values() if recounted.identity not in held]
        result.events += len(kept)
        result.held += len(unique) - len(kept)
        of_day = {counter: count for counter, count in now.items() if counter.day == day}
        _compare(result, of_day, kept, libraries)
    return result


def _compare(result: Recount, of_day: dict[Counter, int], kept: list[Recounted], libraries: set[str]) -> None:
    archived: Tally[Counter] = tally(kept, libraries)
    found = differences(of_day, archived)
    differing = {difference.counter for difference in found}
    result.found += found
    result.identities |= {one.identity for one in kept if any(moved.counter in differing for moved in one.increments)}


def run(arguments: Sequence[str]) -> int:
    """0 when the counters are what the archive says, 1 when not, 2 when a repair was overtaken."""
    options = _parser().parse_args(arguments)
    settings = Settings()
    configure_logs("stats", "recount", log_format=settings.log_format, level="WARNING")
    return asyncio.run(_run(settings, options))


async def _run(settings: Settings, options: argparse.Namespace) -> int:
    runtime = open_runtime("stats", settings)
    try:
        result = await recount(runtime, options.start.isoformat(), options.end.isoformat())
        _say(result)
        if result.found and options.repair:
            await repair(runtime.works, result.found, result.identities)
            _print(f"repaired: {len(result.found)} counters set to what the archive says")
    except CountersMoved as moved:
        _print(f"not repaired, a counter moved meanwhile: {moved}")
        return 2
    finally:
        await runtime.client.close()
    return 1 if result.found else 0


def _say(result: Recount) -> None:
    for difference in result.found:
        _print(str(difference))
    held = f", {result.held} held back by the counting consumer left out" if result.held else ""
    _print(f"{result.events} events recounted{held}: {len(result.found)} differences")


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m services.stats recount", description=(__doc__ or "").strip())
    parser.add_argument("--from", dest="start", type=date.fromisoformat, default=date.min, metavar="YYYY-MM-DD")
    parser.add_argument("--to", dest="end", type=date.fromisoformat, default=date.max, metavar="YYYY-MM-DD")
    parser.add_argument(
        "--repair",
        action="store_true",
        help="set what differs to what the archive says; only when neither stats consumer has any lag",
    )
    return parser

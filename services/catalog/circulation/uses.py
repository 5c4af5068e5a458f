"""Views and downloads of records, gathered in memory without a trace of who, and announced together."""

import asyncio
from collections import Counter

import structlog
from pymongo.errors import PyMongoError

from shared.bus.work import Work, Works
from shared.events.circulation import UseCounted, UseKind

log = structlog.get_logger(__name__)

USES = "uses"


class UseCounts:
    """What was used since the last announcement. A crash loses these: a use is counted at most once."""

    def __init__(self, works: Works) -> None:
        self._works = works
        self._counts: Counter[tuple[str, str, UseKind]] = Counter()

    def count(self, library: str, record: str, kind: UseKind) -> None:
        self._counts[library, record, kind] += 1

    async def announce(self) -> None:
        """Tell what was gathered and begin anew; what could not be told stays."""
        gathered, self._counts = self._counts, Counter()
        if not gathered:
            return
        try:
            await self._works.transact(lambda work: _announce(work, gathered))
        except Exception:
            self._counts.update(gathered)
            raise

    async def announce_every(self, seconds: float) -> None:
        """Announce until cancelled, and once more then."""
        try:
            while True:
                await asyncio.sleep(seconds)
                await self._announce_or_wait()
        finally:
            await self._announce_or_wait()

    async def _announce_or_wait(self) -> None:
        try:
            await self.announce()
        except PyMongoError as error:
            log.warning("uses_wait", error=str(error)[:300])


async def _announce(work: Work, gathered: Counter[tuple[str, str, UseKind]]) -> None:
    for (library, record, kind), count in gathered.items():
        row = await work.advance(USES, {"_id": library}, {}, create=True)
        if row:
            event = UseCounted(library=library, record=record, kind=kind, count=count)
            work.announce(event, version=row["version"])

"""Makes dumps: nightly as a loop, at once by command. What is not public is never read into one."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog
from pymongo.asynchronous.database import AsyncDatabase

from services.catalog.exchange.opendata.dump import Dump, DumpFile, id_of, is_due
from services.catalog.exchange.opendata.files import KINDS, Files
from services.catalog.exchange.opendata.store import all_dumps, forget_before, newest, publish
from services.catalog.exchange.provider import Provider
from services.catalog.exchange.published import Published
from services.catalog.exchange.store import every_public, has_public
from shared.store.mongo import Document
from shared.store.objects import Objects

log = structlog.get_logger(__name__)

BATCH = 500
FOLDER = "open-data"


@dataclass(frozen=True, slots=True)
class Dumping:
    """Where dumps are made from and kept. `days`: how long each stays; `hour`: of the night, Vietnam time."""

    database: AsyncDatabase[Document]
    objects: Objects
    provider: Provider
    days: float
    hour: int

    async def turn(self) -> bool:
        """Make tonight's dump unless it is there; the first as soon as there is something to be in it."""
        last = await newest(self.database)
        due = is_due(last.made_at, datetime.now(UTC), self.hour) if last else await has_public(self.database)
        if due:
            await self.make()
        return False

    async def make(self) -> Dump:
        """Write all files, publish them at once, and let go of what is too old."""
        made_at = datetime.now(UTC).replace(microsecond=0)
        with TemporaryDirectory(prefix="open-data-") as folder:
            files = await self._write(Path(folder))
            stored = [await self._store(Path(folder), id_of(made_at), kind_name, files) for kind_name in files.left_out]
        dump = Dump(id=id_of(made_at), made_at=made_at, files=tuple(stored))
        await publish(self.database, dump)
        log.info("dump_made", dump=dump.id, records=files.records, left_out=files.left_out)
        await self._let_go(made_at - timedelta(days=self.days))
        return dump

    async def _write(self, folder: Path) -> Files:
        with Files(folder, self.provider) as files:
            async for batch in self._batches():
                await asyncio.to_thread(files.add, batch)
        return files

    async def _batches(self) -> AsyncIterator[list[Published]]:
        batch: list[Published] = []
        async for found in every_public(self.database):
            batch.append(found)
            if len(batch) == BATCH:
                yield batch
                batch = []
        if batch:
            yield batch

    async def _store(self, folder: Path, dump: str, name: str, files: Files) -> DumpFile:
        kind = next(kind for kind in KINDS if kind.name == name)
        ref = await self.objects.put_named_file(f"{FOLDER}/{dump}/{name}", folder / name, "application/gzip")
        return DumpFile(
            name=name,
            key=ref.key,
            media_type=kind.media_type,
            conforms_to=kind.conforms_to,
            size=ref.size,
            sha256=ref.sha256,
            records=files.records - files.left_out[name],
        )

    async def _let_go(self, moment: datetime) -> None:
        """Rows first, then the objects that no row refers to: those of dumps let go, and of dumps never finished."""
        await forget_before(self.database, moment)
        kept = {file.key for dump in await all_dumps(self.database) for file in dump.files}
        for key in await self.objects.list(FOLDER):
            if key not in kept and key.split("/")[1] < id_of(moment):
                await self.objects.delete(key)

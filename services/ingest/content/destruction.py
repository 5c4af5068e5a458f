"""Deletes the originals of confirmed state secrets from the object store, again after a crash."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import structlog

from services.ingest.content import store
from shared.bus.work import Works
from shared.store.objects import Objects

log = structlog.get_logger(__name__)

AT_ONCE = 10


@dataclass(frozen=True)
class Destruction:
    """What was condemned in a transaction is deleted after it."""

    works: Works
    objects: Objects

    async def turn(self) -> bool:
        """Delete what is condemned; whether there may be more."""
        rows = await store.find_to_destroy(self.works.database, AT_ONCE)
        for row in rows:
            for key in row["to_destroy"]:
                await self.objects.delete(key)
            await self.works.transact(partial(store.forget_destroyed, document=row["_id"]))
            log.info("originals_destroyed", document=row["_id"], objects=len(row["to_destroy"]))
        return len(rows) == AT_ONCE

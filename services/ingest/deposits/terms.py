"""Carries what a deposit's terms say to the documents that came with it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from services.ingest.deposits import store
from services.ingest.documents.store import find_held_otherwise, hold
from shared.bus.work import Works

AT_ONCE = 100
BY = "deposit"


@dataclass(frozen=True)
class Terms:
    """Frees what is signed, holds what has ended: some documents at a time, so that a crash leaves the rest to do."""

    works: Works

    async def turn(self) -> bool:
        """Carry one deposit's terms some documents further; whether there may be more to do."""
        await store.mark_ended(self.works.database)
        deposit = await store.find_pending(self.works.database)
        if deposit is None:
            return False
        reason = store.hold_of(deposit)
        documents = await find_held_otherwise(self.works.database, deposit["_id"], reason, AT_ONCE)
        for document in documents:
            await self.works.transact(partial(hold, document=document, by=BY, reason=reason))
        if len(documents) < AT_ONCE:
            await store.settle(self.works.database, deposit)
        return True

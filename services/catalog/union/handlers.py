"""Published documents of our own become contributions, and cease to be when they are withdrawn."""

from __future__ import annotations

from collections.abc import Callable

from pymongo import DeleteMany

from services.catalog.union import store
from services.catalog.union.contributing import Batch, contribute
from services.catalog.union.contribution import Origin, contribution_id, contribution_of
from services.catalog.union.digitised import SOURCE, TRUST, copy_of, marc_of
from shared.bus.consumer import Handle
from shared.bus.work import Work
from shared.events import Event
from shared.events.records import RecordPublished

Address = Callable[[str], str]
"""Where readers reach a record."""


def contributing(address: Address) -> Handle:
    """The handler of `record.published` on the topic for everybody: said again whenever what anyone may see changes."""

    async def contribute_published(event: Event[RecordPublished], work: Work) -> None:
        public = event.data.public
        origin = Origin(SOURCE, public.library, TRUST)
        described = marc_of(public, address(public.id))
        contribution = contribution_of(origin, public.id, described, datestamp=event.time, digitised=copy_of(public))
        await contribute(work, Batch([contribution]))

    return contribute_published


async def retire_withdrawn(record: str, work: Work) -> None:
    """Nobody outside may know of the record any more: what people were shown of it to judge goes too."""
    contribution = contribution_id(SOURCE, record)
    await contribute(work, Batch(retired=[contribution]))
    work.write(store.LABELS, DeleteMany({"contributions": contribution}))

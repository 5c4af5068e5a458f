"""Events that tell where people and libraries can be reached. Notices that wait for it are looked at again."""

from __future__ import annotations

from collections.abc import Callable

from services.notify.addresses import store
from services.notify.addresses.recipient import Recipient, RecipientType
from shared.bus.work import Work
from shared.events import Event
from shared.events.libraries import LibraryChanged
from shared.events.patrons import PatronChanged

Wake = Callable[[Work, Recipient], None]
"""Makes the notices that lacked this recipient's address due."""


async def keep_contact(event: Event[LibraryChanged], work: Work, *, wake: Wake) -> None:
    entry = event.data
    store.keep_entry(work, entry.library, event.aggregate_version, title=entry.title, contact=entry.contact)
    wake(work, Recipient(type=RecipientType.LIBRARY, name=entry.library))


async def forget_library(library: str, work: Work) -> None:
    store.drop_entry(work, library)


async def keep_card(event: Event[PatronChanged], work: Work, *, wake: Wake) -> None:
    store.keep_sealed(work, event.data.patron, event.aggregate_version, event.data.sealed)
    wake(work, Recipient(type=RecipientType.PATRON, name=event.data.patron))


async def forget_patron(patron: str, work: Work, *, wake: Wake) -> None:
    store.keep_erased(work, patron)
    wake(work, Recipient(type=RecipientType.PATRON, name=patron))

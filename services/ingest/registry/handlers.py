"""What catalog's registry tells."""

from __future__ import annotations

from services.ingest.registry import store
from shared.bus.work import Work
from shared.events import Event
from shared.events.libraries import LibraryChanged


async def keep_library(event: Event[LibraryChanged], work: Work) -> None:
    store.keep_library(work, event.data, event.aggregate_version)


async def remove_library(library: str, work: Work) -> None:
    store.remove_library(work, library)

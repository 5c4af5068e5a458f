"""What came in from library systems: which ids were seen, whose each source is, how far each aggregate counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from pymongo import InsertOne, UpdateOne
from pymongo.asynchronous.database import AsyncDatabase

from services.ingest.library_events.check import BadEvent, aggregate_of, number
from shared.bus.work import Work
from shared.events import Event, EventData
from shared.store.mongo import Document

SEEN = "library_events_seen"
SOURCES = "library_event_sources"
VERSIONS = "library_event_versions"
SEEN_DAYS = 45
"""How long a repeated event is known as such; as long as inboxes keep it."""


async def ensure_indexes(database: AsyncDatabase[Document]) -> None:
    await database[SEEN].create_index("at", expireAfterSeconds=SEEN_DAYS * 86_400)
    # A collection cannot be made by an upsert that races another transaction.
    for name in (SOURCES, VERSIONS):
        await database[name].create_index("at")


async def keep_batch(work: Work, library: str, events: Sequence[Event[EventData]]) -> int:
    """Store and forward those not seen before, each with the next version of its aggregate; how many.

    Raises BadEvent where a source belongs to another library: consumers know an event by source and id.
    """
    await _claim_sources(work, library, {event.source for event in events})
    fresh = await _not_seen(work, events)
    if not fresh:
        return 0
    now = datetime.now(UTC)
    work.write(SEEN, *(InsertOne({"_id": identity, "at": now}) for identity in fresh))
    for event in await _numbered(work, list(fresh.values()), now):
        work.forward(event)
    return len(fresh)


async def _claim_sources(work: Work, library: str, sources: set[str]) -> None:
    owners = {row["_id"]: row["library"] for row in await work.find(SOURCES, {"_id": {"$in": sorted(sources)}})}
    for source in sorted(sources):
        if owners.get(source, library) != library:
            raise BadEvent("source-not-yours", source=source)
        if source not in owners:
            work.write(SOURCES, InsertOne({"_id": source, "library": library, "at": datetime.now(UTC)}))


async def _not_seen(work: Work, events: Sequence[Event[EventData]]) -> dict[str, Event[EventData]]:
    """By identity, each once, in their order."""
    unique: dict[str, Event[EventData]] = {}
    for event in events:
        unique.setdefault(f"{event.source}|{event.id}", event)
    seen = {row["_id"] for row in await work.find(SEEN, {"_id": {"$in": list(unique)}}, projection=["_id"])}
    return {identity: event for identity, event in unique.items() if identity not in seen}


async def _numbered(work: Work, events: Sequence[Event[EventData]], now: datetime) -> list[Event[EventData]]:
    """One bulk write raises every version, one read brings them back."""
    counts = Counter(aggregate_of(event) for event in events)
    raising = (
        UpdateOne({"_id": aggregate}, {"$inc": {"version": count}, "$set": {"at": now}}, upsert=True)
        for aggregate, count in counts.items()
    )
    work.write(VERSIONS, *raising)
    rows = await work.find(VERSIONS, {"_id": {"$in": list(counts)}}, projection=["version"])
    return number(events, {row["_id"]: row["version"] for row in rows})

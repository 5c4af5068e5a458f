"""Records in MongoDB; every change is announced to whom it concerns in the same transaction."""

import base64
import binascii
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from services.catalog.finds import Finds
from services.catalog.records.record import BY_CATALOG, Action, CatalogRecord, HistoryEntry
from shared.bus.work import Work
from shared.events.envelope import EventData
from shared.events.records import (
    RecordAppraised,
    RecordChanged,
    RecordDrafted,
    RecordPublished,
    RecordReviewed,
    RecordWithdrawn,
)
from shared.store.mongo import Document
from shared.telemetry.tracing import new_traceparent, tracing
from shared.web.auth import Person
from shared.web.problems import Problem

RECORDS = "records"
RECORDS_PUBLIC = "records-public"


async def ensure_indexes(database: AsyncDatabase[Document]) -> None:
    await database[RECORDS].create_index([("drafted_at", 1), ("_id", 1)])
    await database[RECORDS].create_index("origins", sparse=True)
    await database[RECORDS].create_index([("state", 1), ("library", 1), ("drafted_at", 1), ("_id", 1)])


async def find_record(finds: Finds, record: str) -> CatalogRecord | None:
    row = await finds.find_one(RECORDS, {"_id": record})
    return CatalogRecord.of(row) if row else None


async def find_made_from(work: Work, document: str) -> list[CatalogRecord]:
    """The records whose pages come from a document that a person split or merged."""
    return [CatalogRecord.of(row) for row in await work.find(RECORDS, {"origins": document})]


async def get_record(finds: Finds, record: str) -> CatalogRecord:
    """The record. Raises Problem 404."""
    found = await find_record(finds, record)
    if found is None:
        raise Problem(404, "record-unknown", record=record)
    return found


async def records_by_id(database: AsyncDatabase[Document], ids: list[str]) -> dict[str, CatalogRecord]:
    rows = await database[RECORDS].find({"_id": {"$in": ids}}).to_list()
    return {row["_id"]: CatalogRecord.of(row) for row in rows}


async def list_records(
    database: AsyncDatabase[Document], query: Mapping[str, Any], limit: int, cursor: str | None
) -> tuple[list[CatalogRecord], str | None]:
    """The oldest drafts first, those after a cursor; and the cursor of the rest. Raises Problem 422."""
    full = {"$and": [query, _after(cursor)]} if cursor else query
    order = [("drafted_at", 1), ("_id", 1)]
    rows = await database[RECORDS].find(full).sort(order).to_list(limit + 1)
    found = [CatalogRecord.of(row) for row in rows[:limit]]
    return found, _cursor(found[-1]) if len(rows) > limit else None


async def change_record(
    work: Work,
    record: str,
    library_name: str,
    changes: Mapping[str, Any],
    *,
    action: Action,
    before: CatalogRecord | None = None,
    by: Person | None = None,
    note: str | None = None,
) -> CatalogRecord:
    """Make a record or change it, write its history and tell all who follow it."""
    tell = _STEPS.get(action)
    entry = _entry(action, by, note, version=before.version + 1 if before else 1)
    change = {"$set": changes, "$push": {"history": entry}, "$inc": {"step": 1} if tell else {}}
    row = await work.advance(RECORDS, {"_id": record}, change, create=before is None)
    if row is None:
        raise Problem(404, "record-unknown", record=record)
    after = CatalogRecord.of(row)
    with tracing(new_traceparent(after.correlation_id)):
        if tell:
            work.announce(tell(after, library_name), version=after.step)
        _announce_state(work, before, after, library_name)
    return after


def _announce_state(work: Work, before: CatalogRecord | None, after: CatalogRecord, library_name: str) -> None:
    work.announce(RecordChanged(record=after.whole(library_name)), version=after.version)
    if after.known_to_all:
        # Anyone may read this topic: it names the library, not the person.
        published = _published(after, library_name).model_copy(update={"by": after.library})
        work.announce(published, version=after.version, topic=RECORDS_PUBLIC)
    elif before and before.known_to_all:
        work.retract(RECORDS_PUBLIC, after.id, identifier=f"{after.id}-{after.version}")


def _entry(action: Action, by: Person | None, note: str | None, *, version: int) -> dict[str, Any]:
    who = {"by": by.signature, "name": by.name, "org": by.org} if by else {"by": BY_CATALOG}
    entry = HistoryEntry.model_validate(
        {**who, "action": action, "at": datetime.now(UTC), "note": note, "version": version}
    )
    return entry.model_dump()


def _of(record: CatalogRecord) -> dict[str, Any]:
    """What every event of topic `records` says."""
    return {
        "record": record.id,
        "library": record.library,
        "document": record.document,
        "metadata": record.metadata,
        "pages": record.pages,
        "by": record.history[-1].by,
    }


def _published(record: CatalogRecord, library_name: str) -> RecordPublished:
    return RecordPublished(**_of(record), public=record.public(library_name))


def _withdrawn(record: CatalogRecord, _: str) -> RecordWithdrawn:
    return RecordWithdrawn(**_of(record), reason=record.history[-1].note or "")


_STEPS: Mapping[Action, Callable[[CatalogRecord, str], EventData]] = {
    Action.DRAFT: lambda record, _: RecordDrafted(**_of(record)),
    Action.REVIEW: lambda record, _: RecordReviewed(**_of(record)),
    Action.APPRAISE: lambda record, _: RecordAppraised(**_of(record)),
    Action.PUBLISH: _published,
    Action.WITHDRAW: _withdrawn,
}


def _cursor(record: CatalogRecord) -> str:
    return base64.urlsafe_b64encode(f"{record.drafted_at.isoformat()}|{record.id}".encode()).decode()


def _after(cursor: str) -> dict[str, Any]:
    try:
        moment, _, record = base64.urlsafe_b64decode(cursor.encode()).decode().partition("|")
        at = datetime.fromisoformat(moment).astimezone(UTC)
    except (binascii.Error, ValueError, OverflowError) as error:
        raise Problem(422, "bad-cursor") from error
    return {"$or": [{"drafted_at": {"$gt": at}}, {"drafted_at": at, "_id": {"$gt": record}}]}

"""Decides anew on the day when the same facts give another answer: a permission, an embargo or a term has ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import structlog
from pymongo import UpdateOne
from pymongo.asynchronous.database import AsyncDatabase

from services.ingest.documents.document import DocumentState
from services.ingest.documents.store import DOCUMENTS, hold
from services.ingest.rights.facts import RightsFacts
from services.ingest.rights.rights import RightsAssessment, assess, wider
from shared.bus.work import Work, Works
from shared.events.vocabulary import AccessLevel, DocumentMetadata
from shared.store.mongo import Document

log = structlog.get_logger(__name__)

AT_ONCE = 50
BY_RIGHTS = "rights"
ENDED = "rights-ended"


def now() -> datetime:
    return datetime.now(UTC)


async def ensure_indexes(database: AsyncDatabase[Document]) -> None:
    await database[DOCUMENTS].create_index("rights.review_on", sparse=True)


@dataclass(frozen=True)
class Review:
    """Holds what may be read by fewer than before; what may be read by more says so and stays as it is."""

    works: Works
    clock: Callable[[], datetime] = now

    async def turn(self) -> bool:
        """Decide about some documents; whether there may be more."""
        at = self.clock()
        due = {"rights.review_on": {"$lte": at.date().isoformat()}}
        rows = await self.works.database[DOCUMENTS].find(due, {"_id": 1}).to_list(AT_ONCE)
        for row in rows:
            await self.works.transact(partial(_review, document=row["_id"], at=at))
        return len(rows) == AT_ONCE


async def _review(work: Work, document: str, at: datetime) -> None:
    row = await work.find_one(DOCUMENTS, {"_id": document, "state": DocumentState.ACCEPTED})
    if row is None or row["rights"] is None:
        return
    before = RightsAssessment.model_validate(row["rights"])
    after = assess(
        RightsFacts.model_validate(row["rights_facts"] or {}),
        DocumentMetadata.model_validate(row["metadata"]),
        asked=AccessLevel(before.asked),
        by=before.by,
        at=at,
    )
    work.write(DOCUMENTS, UpdateOne({"_id": document}, {"$set": {"rights": after.model_dump(mode="json")}}))
    if wider(AccessLevel(row["metadata"]["access_level"]), AccessLevel(after.granted)):
        await hold(work, document, by=BY_RIGHTS, reason=ENDED)
    log.info("rights_reviewed", document=document, rule=after.rule, before=before.granted, after=after.granted)

"""Deposits in MongoDB."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pymongo.asynchronous.database import AsyncDatabase

from services.ingest.deposits.deposit import Agreement, SignedTerms, deposit_id, reason_to_hold
from shared.bus.work import Work
from shared.store.mongo import Document

DEPOSITS = "deposits"
HERE = ZoneInfo("Asia/Ho_Chi_Minh")
"""Whose calendar says when a day has passed."""


async def ensure_indexes(database: AsyncDatabase[Document]) -> None:
    await database[DEPOSITS].create_index([("library", 1), ("_id", 1)])
    await database[DEPOSITS].create_index([("agreement.until", 1)])
    await database[DEPOSITS].create_index("pending", sparse=True)


async def find(database: AsyncDatabase[Document], deposit: str) -> Document | None:
    return await database[DEPOSITS].find_one({"_id": deposit})


async def is_of(database: AsyncDatabase[Document], deposit: str, library: str) -> bool:
    return await database[DEPOSITS].find_one({"_id": deposit, "library": library}, {"_id": 1}) is not None


async def list_of_library(
    database: AsyncDatabase[Document], library: str, after: str | None, limit: int
) -> list[Document]:
    """In the order of their ids."""
    query = {"library": library} | ({"_id": {"$gt": after}} if after else {})
    return await database[DEPOSITS].find(query).sort("_id", 1).to_list(limit)


async def keep(work: Work, library: str, agreement: Agreement, by: str) -> Document:
    """The deposit with its number: a new one, or the one that is there already, as it was agreed."""
    identifier = deposit_id(library, agreement.number)
    terms: dict[str, Any] = agreement.model_dump(mode="json")
    state = {
        "library": library,
        "agreement": terms,
        "access_level": agreement.access_level,
        "signed": None,
        "documents": 0,
        "created_at": datetime.now(UTC),
        "created_by": by,
    }
    row = await work.change(DEPOSITS, {"_id": identifier}, {"$setOnInsert": state}, create=True)
    if row is None:
        raise LookupError(identifier)
    return row


async def sign(work: Work, deposit: str, terms: SignedTerms) -> Document | None:
    """Keep the signed terms; None when others were signed before. What it holds is freed by `Terms`."""
    row = await work.find_one(DEPOSITS, {"_id": deposit})
    if row and row["signed"]:
        return row if SignedTerms.model_validate(row["signed"]).same_as(terms) else None
    change = {"$set": {"signed": terms.model_dump(mode="json"), "pending": True}}
    return await work.change(DEPOSITS, {"_id": deposit}, change)


async def join(work: Work, deposit: str) -> Document:
    """Count one document more; a signing at the same time then waits its turn. Raises LookupError."""
    row = await work.change(DEPOSITS, {"_id": deposit}, {"$inc": {"documents": 1}})
    if row is None:
        raise LookupError(deposit)
    return row


def hold_of(row: Document) -> str | None:
    """Why the documents of a deposit must not be published today."""
    until = row["agreement"]["until"]
    ends = date.fromisoformat(until) if until else None
    return reason_to_hold(signed=row["signed"] is not None, until=ends, today=datetime.now(HERE).date())


async def mark_ended(database: AsyncDatabase[Document]) -> None:
    """Have the documents of deposits whose last day has passed looked at, once."""
    today = datetime.now(HERE).date().isoformat()
    ended = {"agreement.until": {"$lt": today, "$ne": None}, "ended": {"$ne": True}}
    await database[DEPOSITS].update_many(ended, {"$set": {"ended": True, "pending": True}})


async def find_pending(database: AsyncDatabase[Document]) -> Document | None:
    """A deposit whose documents may be held for another reason than they say."""
    return await database[DEPOSITS].find_one({"pending": True})


async def settle(database: AsyncDatabase[Document], row: Document) -> None:
    """Every document says what its deposit says; unless more came or it was signed meanwhile."""
    same = {"_id": row["_id"], "documents": row["documents"], "signed": row["signed"]}
    await database[DEPOSITS].update_one(same, {"$unset": {"pending": ""}})

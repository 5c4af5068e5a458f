"""Loans in MongoDB. The item is the aggregate: its version orders everything that is told about it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from pymongo import UpdateOne
from pymongo.asynchronous.database import AsyncDatabase

from services.catalog.circulation.loan import Loan, LoanState
from services.catalog.finds import Finds
from shared.bus.work import Work
from shared.events.envelope import EventData
from shared.store.mongo import Document
from shared.web.problems import Problem

LOANS = "loans"
ITEMS = "items"


async def ensure_indexes(database: AsyncDatabase[Document]) -> None:
    await database[LOANS].create_index([("state", 1), ("overdue_told", 1), ("due", 1)])


async def get_loan(finds: Finds, loan: str) -> Loan:
    """The loan. Raises Problem 404."""
    row = await finds.find_one(LOANS, {"_id": loan})
    if row is None:
        raise Problem(404, "loan-unknown", loan=loan)
    return Loan.of(row)


async def keep_loan(work: Work, loan: Loan, event: EventData) -> None:
    """Keep the loan as it now is, and tell what happened."""
    fields = loan.model_dump(mode="json", exclude={"id"})
    work.write(LOANS, UpdateOne({"_id": loan.id}, {"$set": fields}, upsert=True))
    lent_as = loan.id if loan.state == LoanState.OUT else None
    item = {"$set": {"lent_as": lent_as}}
    row = await work.advance(ITEMS, {"_id": f"{loan.library}/{loan.item}"}, item, create=True)
    if row:
        work.announce(event, version=row["version"])


async def check_in(finds: Finds, library: str, item: str) -> None:
    """Raise Problem 409 when the item is lent."""
    row = await finds.find_one(ITEMS, {"_id": f"{library}/{item}"})
    if row and row["lent_as"]:
        raise Problem(409, "item-lent", item=item, loan=row["lent_as"])


async def past_due(work: Work, today: date, limit: int) -> list[Loan]:
    """Loans that are out past their due date and were not yet told of, the oldest first."""
    query: Mapping[str, Any] = {"state": LoanState.OUT, "overdue_told": False, "due": {"$lt": today.isoformat()}}
    return [Loan.of(row) for row in await work.find(LOANS, query, sort=[("due", 1), ("_id", 1)], limit=limit)]

"""What a loan is, and the rules of the desk."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Self
from zoneinfo import ZoneInfo

from services.catalog.registry.library import Library
from shared.events.vocabulary import Identifier, LibraryId, PatronPseudonym, ShortText, Value
from shared.web.problems import Problem

CIVIL_TIME = ZoneInfo("Asia/Ho_Chi_Minh")
FARTHEST_DUE = timedelta(days=366)


class LoanState(StrEnum):
    OUT = "out"
    RETURNED = "returned"


class Loan(Value):
    """One item lent to one patron."""

    id: Identifier
    library: LibraryId
    item: Identifier
    patron: PatronPseudonym
    title: ShortText | None = None
    due: date
    state: LoanState
    overdue_told: bool = False
    """Whether the present due date's passing was announced."""

    @classmethod
    def of(cls, row: dict[str, Any]) -> Self:
        return cls.model_validate({**row, "id": row["_id"]})


def civil_day(moment: datetime) -> date:
    """The day that people in the libraries call today."""
    return moment.astimezone(CIVIL_TIME).date()


def check_desk(library: Library) -> None:
    """Raise Problem 409 where the library's own system is the authority over its items."""
    if library.own_system:
        raise Problem(409, "library-has-own-system", library=library.id)


def check_due(due: date, today: date) -> None:
    """Raise Problem 422 for a due date more than a year away; loans from before the desk opened may be past due."""
    if abs(due - today) > FARTHEST_DUE:
        raise Problem(422, "due-date-out-of-range", due=due, days=FARTHEST_DUE.days)


def check_out(loan: Loan) -> None:
    """Raise Problem 409 when the item is back."""
    if loan.state != LoanState.OUT:
        raise Problem(409, "loan-returned", loan=loan.id)


def check_later(loan: Loan, due: date) -> None:
    """Raise Problem 409 when a renewal would not move the due date on."""
    if due <= loan.due:
        raise Problem(409, "due-date-not-later", due=due, present=loan.due)

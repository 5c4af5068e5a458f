"""The desk over HTTP: lending, renewing and taking back for libraries without a system of their own."""

import secrets
from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field

from services.catalog.circulation.loan import (
    Loan,
    LoanState,
    check_desk,
    check_due,
    check_later,
    check_out,
    civil_day,
)
from services.catalog.circulation.store import check_in, get_loan, keep_loan
from services.catalog.dependencies import TheCatalog
from services.catalog.finds import Finds
from services.catalog.patrons.store import find_patron
from services.catalog.registry.library import acts_for
from services.catalog.registry.store import get_library
from shared.bus.work import Work
from shared.events.circulation import LoanMade, LoanRenewed, LoanReturned
from shared.events.vocabulary import Identifier, LibraryId, PatronPseudonym
from shared.web.auth import Person, Role, needs
from shared.web.problems import Problem

router = APIRouter(prefix="/v1/loans", tags=["circulation"])
Librarian = Annotated[Person, Depends(needs(Role.LIBRARIAN))]
LoanId = Annotated[str, Path(pattern=r"^l-[0-9a-f]{24}$")]


class NewLoan(BaseModel):
    """What is lent to whom until when."""

    model_config = ConfigDict(extra="forbid")

    library: LibraryId
    item: Identifier
    patron: PatronPseudonym
    due: date
    title: Annotated[str, Field(min_length=1, max_length=1000)] | None = None


class Renewal(BaseModel):
    """The new due date."""

    model_config = ConfigDict(extra="forbid")

    due: date


class LoanView(BaseModel):
    id: str
    library: str
    item: str
    patron: str
    title: str | None
    due: date
    state: LoanState


@router.post("", status_code=201)
async def lend(body: NewLoan, catalog: TheCatalog, person: Librarian) -> LoanView:
    """Lend an item."""
    check_due(body.due, civil_day(datetime.now(UTC)))
    loan = Loan(id="l-" + secrets.token_hex(12), state=LoanState.OUT, **body.model_dump())

    async def do(work: Work) -> None:
        await _check_desk_of(work, body.library, person)
        await check_in(work, body.library, body.item)
        if await find_patron(work, body.patron) is None:
            raise Problem(409, "patron-unknown", patron=body.patron)
        await keep_loan(work, loan, LoanMade(**_of(loan), due=loan.due, title=loan.title))

    await catalog.works.transact(do)
    return _view(loan)


@router.get("/{loan}")
async def show_loan(loan: LoanId, catalog: TheCatalog, person: Librarian) -> LoanView:
    """A loan, for those who keep the desk."""
    return _view(await _theirs(catalog.committed, loan, person))


@router.post("/{loan}/renew")
async def renew(loan: LoanId, body: Renewal, catalog: TheCatalog, person: Librarian) -> LoanView:
    """Move the due date on."""
    check_due(body.due, civil_day(datetime.now(UTC)))

    async def do(work: Work) -> Loan:
        found = await _theirs(work, loan, person)
        check_out(found)
        check_later(found, body.due)
        renewed = found.model_copy(update={"due": body.due, "overdue_told": False})
        await keep_loan(work, renewed, LoanRenewed(**_of(renewed), due=renewed.due))
        return renewed

    return _view(await catalog.works.transact(do))


@router.post("/{loan}/return")
async def take_back(loan: LoanId, catalog: TheCatalog, person: Librarian) -> LoanView:
    """Take the item back."""

    async def do(work: Work) -> Loan:
        found = await _theirs(work, loan, person)
        check_out(found)
        returned = found.model_copy(update={"state": LoanState.RETURNED})
        await keep_loan(work, returned, LoanReturned(**_of(returned)))
        return returned

    return _view(await catalog.works.transact(do))


async def _theirs(finds: Finds, loan: str, person: Person) -> Loan:
    found = await get_loan(finds, loan)
    await _check_desk_of(finds, found.library, person)
    return found


async def _check_desk_of(finds: Finds, library: str, person: Person) -> None:
    """Raise Problem unless the union runs this library's desk and the person keeps it."""
    found = await get_library(finds, library)
    if not acts_for(person, found):
        raise Problem(403, "not-your-library", library=library)
    check_desk(found)


def _of(loan: Loan) -> dict[str, str]:
    """What every event of a loan says."""
    return {"library": loan.library, "item": loan.item, "loan": loan.id, "patron": loan.patron}


def _view(loan: Loan) -> LoanView:
    return LoanView.model_validate(loan.model_dump(include=set(LoanView.model_fields)))

"""The timer of the desks: tells once of each loan whose due date has passed."""

from collections.abc import Callable
from datetime import UTC, datetime

from services.catalog.circulation.loan import Loan, civil_day
from services.catalog.circulation.store import keep_loan, past_due
from shared.bus.work import Work, Works
from shared.events.circulation import LoanOverdue

AT_ONCE = 100


async def tell_overdue(works: Works, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> bool:
    """Announce the loans that became overdue; whether there may be more."""

    async def do(work: Work) -> int:
        late = await past_due(work, civil_day(now()), AT_ONCE)
        for loan in late:
            await keep_loan(work, loan.model_copy(update={"overdue_told": True}), _overdue(loan))
        return len(late)

    return await works.transact(do) == AT_ONCE


def _overdue(loan: Loan) -> LoanOverdue:
    return LoanOverdue(
        library=loan.library, item=loan.item, loan=loan.id, patron=loan.patron, due=loan.due, title=loan.title
    )

"""Loans, as library systems and desks tell of them, become what is known of items; who borrowed is not looked at."""

from __future__ import annotations

from services.catalog.holdings.availability import Circulating, State
from services.catalog.holdings.store import keep_state
from shared.bus.work import Work
from shared.events import Event
from shared.events.circulation import LoanLost, LoanMade, LoanOverdue, LoanRenewed, LoanReturned


async def mark_out(event: Event[LoanMade | LoanRenewed | LoanOverdue], work: Work) -> None:
    _keep(event, State(Circulating.OUT, event.data.due), work)


async def mark_back(event: Event[LoanReturned], work: Work) -> None:
    _keep(event, State(Circulating.BACK), work)


async def mark_lost(event: Event[LoanLost], work: Work) -> None:
    _keep(event, State(Circulating.LOST), work)


def _keep(
    event: Event[LoanMade | LoanRenewed | LoanOverdue] | Event[LoanReturned] | Event[LoanLost], state: State, work: Work
) -> None:
    order = (event.time, event.aggregate_version, event.id)
    keep_state(work, event.data.library, event.data.item, state, order=order)

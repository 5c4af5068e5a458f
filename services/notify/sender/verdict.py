"""What becomes of a notice after an attempt, and when the next one is made."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notify.notices.notice import Notice, State

LONGEST_WAIT_SECONDS = 3600.0
_MOST_DOUBLINGS = 30


@dataclass(frozen=True)
class Verdict:
    """The outcome of one attempt."""

    state: State
    reason: str | None = None
    again: bool = False
    """Whether another attempt may end better."""
    in_doubt: bool = False
    """Whether the recipient may have the notice although nobody confirmed it."""


@dataclass(frozen=True)
class Patience:
    """How long failing attempts are repeated, and how soon."""

    give_up: timedelta
    first_wait_seconds: float

    def spent(self, notice: Notice, now: datetime) -> bool:
        return now - notice.waiting_since >= self.give_up

    def wait(self, attempts: int) -> timedelta:
        """Doubling with each attempt up to an hour; the jitter of a quarter keeps many from coming at once."""
        longest = min(LONGEST_WAIT_SECONDS, self.first_wait_seconds * 2 ** min(max(attempts - 1, 0), _MOST_DOUBLINGS))
        return timedelta(seconds=longest * random.uniform(0.75, 1))  # noqa: S311 - spreads load, hides nothing


def given_up(verdict: Verdict) -> Verdict:
    """The verdict once patience is spent: a notice without an address stays so, any other has failed."""
    state = State.FAILED if verdict.state is State.WAITING else verdict.state
    return Verdict(state, verdict.reason, in_doubt=verdict.in_doubt)

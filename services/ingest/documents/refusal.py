"""Why a submission is not taken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from shared.bus.messages import DependencyAway
from shared.imaging.faults import DocumentFault, UnsupportedType
from shared.web.problems import Messages, Problem


class Refused(Exception):
    """The submission is at fault; `reason` names its text in the catalogue of messages, which `facts` fill."""

    def __init__(self, reason: str, *, status: int = 422, file: str | None = None, **facts: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.file = file
        self.facts = facts

    def __reduce__(self) -> tuple[Any, ...]:
        # Refusals cross process borders, and pickle would otherwise lose the keywords.
        return partial(Refused, self.reason, status=self.status, file=self.file, **self.facts), ()

    def explain(self, messages: Messages, language: str = "vi") -> str:
        return messages.text(self.reason, language, **self.facts)


class NoSpace(Exception):
    """A disk is full: nothing was kept, and trying again later may help."""


def refusal_of(fault: DocumentFault, file: str) -> Refused:
    """What a fault of one file means for the submission."""
    status = 415 if isinstance(fault, UnsupportedType) else 422
    return Refused(fault.reason, status=status, file=file, **fault.facts)


def problem_of(refused: Refused) -> Problem:
    """The HTTP answer to a submission that is not taken; its connection ends, as the rest of it may still be coming."""
    errors = [{"where": refused.file, "what": refused.reason}] if refused.file else []
    return Problem(refused.status, refused.reason, errors=errors, headers={"connection": "close"}, **refused.facts)


@contextmanager
def refusals_as_problems() -> Iterator[None]:
    """Turns what keeps a submission from being taken into HTTP answers."""
    try:
        yield
    except Refused as refused:
        raise problem_of(refused) from refused
    except NoSpace as error:
        raise Problem(507, "no-space", headers={"connection": "close"}) from error
    except DependencyAway as error:
        raise Problem(503, "dependency-away", headers={"retry-after": "5"}) from error

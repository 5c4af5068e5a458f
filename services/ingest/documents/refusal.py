"""Why a submission is not taken."""

from __future__ import annotations

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

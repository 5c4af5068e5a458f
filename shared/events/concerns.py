"""What a text holds that may not be for everybody: found by rule, judged by a person."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from shared.events.vocabulary import Identifier, ShortText, Value


class ConcernKind(StrEnum):
    """Why a person must look before anybody else does; state-secret seals the document until then."""

    STATE_SECRET = "state-secret"  # noqa: S105 (a word of the law, no password)
    SENSITIVE_MARK = "sensitive-mark"
    IDENTITY_NUMBER = "identity-number"
    CONTACT_LIST = "contact-list"
    HEALTH = "health"
    MINOR = "minor"


class Concern(Value):
    """One rule that found something on one page."""

    kind: ConcernKind
    rule: Identifier
    """The rule's name; its wording and source are data of the service that applied it."""
    page: Annotated[int, Field(ge=1)]
    found: Annotated[int, Field(ge=1)] = 1
    """How often, on this page."""
    evidence: ShortText
    """Enough to find it on the page: the words that gave it away, digits masked. Never a name."""


class Judgement(StrEnum):
    """What a person decides about the concerns of a document."""

    HARMLESS = "harmless"
    RESTRICTED = "restricted"
    STATE_SECRET = "state-secret"  # noqa: S105 (a word of the law, no password)


CONTENT_UNDECIDED = "content-undecided"
SECRET_SUSPECTED = "state-secret-suspected"  # noqa: S105 (a reason, no password)


def hold_for(concerns: Sequence[Concern]) -> str | None:
    """Why the concerns hold a document back until they are judged; None where there are none."""
    if any(concern.kind == ConcernKind.STATE_SECRET for concern in concerns):
        return SECRET_SUSPECTED
    return CONTENT_UNDECIDED if concerns else None

"""What a text holds that may not be for everybody: found by rule, judged by a person."""

from __future__ import annotations

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

"""What somebody knows of a document's rights: the questions a librarian can answer from the title page."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from shared.events.vocabulary import AccessLevel, ShortText, Value

Year = Annotated[int, Field(ge=1, le=9999)]
Uri = Annotated[str, Field(pattern=r"^https?://[^\s]+$", max_length=300)]


class WorkKind(StrEnum):
    """What kind of work it is, as far as terms of protection differ."""

    TEXT = "text"
    PHOTOGRAPH = "photograph"
    FILM = "film"
    APPLIED_ART = "applied-art"
    OFFICIAL = "official"
    """Legal, administrative or judicial documents, news of the day."""


class Restriction(StrEnum):
    """Why its use is limited whatever its copyright (Luật Thư viện 46/2019/QH14, Điều 7)."""

    HARMS_INTERESTS = "harms-interests"
    CONDITIONAL = "conditional"
    ORIGINAL_RARE = "original-rare"
    ORIGINAL_DAMAGED = "original-damaged"
    EMBARGO = "embargo"


class Secrecy(StrEnum):
    """A degree of state secrecy: whoever states one is refused."""

    TOP = "tuyet-mat"
    HIGH = "toi-mat"
    PLAIN = "mat"


class Permission(Value):
    """What the holder of the rights allowed in writing."""

    holder: Annotated[ShortText, Field(min_length=1)]
    document: Annotated[ShortText, Field(min_length=1)]
    """The paper that says so: number and day."""
    access_level: AccessLevel = AccessLevel.PUBLIC
    until: date | None = None
    """The last day; none: for ever."""


class RightsFacts(Value):
    """Everything may be left out: what is not known is not known."""

    kind: WorkKind = WorkKind.TEXT
    anonymous: bool = False
    """The author is not named on it and not known otherwise."""
    died: Annotated[tuple[Year, ...], Field(max_length=50)] = ()
    """The year of death of each author; it counts when all are named."""
    authors: Annotated[int, Field(ge=1, le=500)] | None = None
    """How many authors; those of the description when left out."""
    published: Year | None = None
    """The year of first publication."""
    created: Year | None = None
    """The year it was made."""
    licence: Uri | None = None
    permission: Permission | None = None
    orphan_search: Annotated[ShortText, Field(min_length=20)] | None = None
    """Where the holder was looked for in vain: places asked and days."""
    restriction: Restriction | None = None
    embargo_until: date | None = None
    secrecy: Secrecy | None = None
    reason: Annotated[ShortText, Field(min_length=10)] | None = None
    """Why a wider access than the rules allow is right; a person answers for it."""

    @model_validator(mode="after")
    def _embargo_has_an_end(self) -> Self:
        if self.restriction == Restriction.EMBARGO and self.embargo_until is None:
            raise ValueError("restriction embargo needs embargo_until")
        return self

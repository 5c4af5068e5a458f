"""What a deposit is, what may be signed, and what its terms keep from being published."""

from __future__ import annotations

import hashlib
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.ingest.documents.document import UploadId
from shared.events.vocabulary import AccessLevel, ObjectRef

UNSIGNED = "deposit-unsigned"
ENDED = "deposit-ended"

Number = Annotated[str, Field(pattern=r"^[A-Za-z]{0,10}[-.]?[0-9][0-9A-Za-z.-]{0,39}$")]
"""A number of the library's own books, as HT-2026-014: never a name."""
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class DepositKind(StrEnum):
    GIFT = "gift"
    """Hiến tặng: the library becomes the owner."""
    DEPOSIT = "deposit"
    """Ký gửi: the donor stays the owner."""


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, use_enum_values=True)


class Agreement(_Form):
    """What a donor and a library agree on; the donor is named by a number alone."""

    number: Number
    """The deposit's own number in the library's books."""
    kind: DepositKind
    donor: Number
    """The donor's number in the library's books; names and addresses stay in the books."""
    description: Annotated[str, Field(max_length=2000)] = ""
    """What was given, in words."""
    access_level: AccessLevel = AccessLevel.PUBLIC
    """The widest access that the donor allows."""
    conditions: Annotated[str, Field(max_length=2000)] = ""
    """Further conditions of access and use, in words."""
    until: date | None = None
    """The last day on which the library may show what was given; none: for good."""


class Confirmation(_Form):
    """A spoken or written yes where no paper was signed, recorded by a librarian."""

    sha256: Sha256
    """Of the recording, the mail or the note that proves it."""
    means: Annotated[str, Field(min_length=1, max_length=200)]
    """How it was given, as "e-mail" or "recorded call"."""


class Signing(_Form):
    """That the terms were signed: by a paper, uploaded, or by a confirmation."""

    text_version: Annotated[str, Field(min_length=1, max_length=100)]
    """Which text of the terms was signed."""
    text_sha256: Sha256 | None = None
    signed_at: AwareDatetime
    signed_by: Number
    """The number of who signed: the donor's own, or an heir's."""
    paper: UploadId | None = None
    """The finished upload of the signed paper's scan."""
    confirmation: Confirmation | None = None

    @property
    def proofs(self) -> int:
        return sum(proof is not None for proof in (self.paper, self.confirmation))


class SignedTerms(BaseModel):
    """The terms as they were signed."""

    text_version: str
    text_sha256: str | None
    signed_at: AwareDatetime
    signed_by: str
    paper: ObjectRef | None
    confirmation: Confirmation | None
    recorded_by: str
    recorded_at: AwareDatetime

    def same_as(self, other: SignedTerms) -> bool:
        """Whether both say the same, whoever recorded it when."""
        recorded = {"recorded_by", "recorded_at"}
        return self.model_dump(exclude=recorded) == other.model_dump(exclude=recorded)


def deposit_id(library: str, number: str) -> str:
    """One number of one library is one deposit."""
    return "h-" + hashlib.sha256(f"{library}\n{number}".encode()).hexdigest()[:24]


def reason_to_hold(*, signed: bool, until: date | None, today: date) -> str | None:
    """Why what was given must not be published; None when it may."""
    if not signed:
        return UNSIGNED
    return ENDED if until and until < today else None

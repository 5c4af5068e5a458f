"""The resumption token: all that the next page needs, so that no server remembers a list and any replica goes on."""

import base64
import hashlib
from binascii import Error as NotBase64
from datetime import UTC, datetime, timedelta
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.catalog.exchange.oai.errors import ErrorCode, Refused
from services.catalog.exchange.published import Position, Selection

DIGEST_BYTES = 8
EPOCH = datetime.fromtimestamp(0, UTC)

Milliseconds = Annotated[int, Field(ge=-62_135_596_800_000, le=253_402_300_799_999)]
"""Since the epoch, within the years that a date can have."""


class Token(BaseModel):
    """Where a list goes on. `end` is the list's own, fixed at its first page: what changes later is in a later list.

    Self-checking, not secret: it carries nothing that the arguments of a list could not ask for.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    verb: Annotated[str, Field(max_length=20)]
    prefix: Annotated[str, Field(max_length=20)]
    spec: Annotated[str, Field(max_length=300)] | None
    start: Milliseconds | None
    end: Milliseconds
    changed_at: Milliseconds
    cluster: Annotated[str, Field(max_length=100)]
    seen: Annotated[int, Field(ge=0)]
    total: Annotated[int, Field(ge=0)]

    @property
    def selection(self) -> Selection:
        return Selection(None if self.start is None else moment_of(self.start), moment_of(self.end), self.spec)

    @property
    def position(self) -> Position:
        return Position(moment_of(self.changed_at), self.cluster)

    def encode(self) -> str:
        body = self.model_dump_json().encode()
        return base64.urlsafe_b64encode(_digest(body) + body).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, verb: str) -> Self:
        """Raises Refused where it is not a token of a list of this verb."""
        try:
            packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            token = cls.model_validate_json(packed[DIGEST_BYTES:])
        except (NotBase64, ValueError, ValidationError) as error:
            raise _bad() from error
        if packed[:DIGEST_BYTES] != _digest(packed[DIGEST_BYTES:]) or token.verb != verb:
            raise _bad()
        return token


def milliseconds(when: datetime) -> int:
    """Exact to MongoDB's own granularity."""
    return (when - EPOCH) // timedelta(milliseconds=1)


def moment_of(value: int) -> datetime:
    return EPOCH + timedelta(milliseconds=value)


def _digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=DIGEST_BYTES, person=b"oai-list").digest()


def _bad() -> Refused:
    return Refused(ErrorCode.BAD_RESUMPTION_TOKEN, "this is not a token of such a list; begin the list anew")

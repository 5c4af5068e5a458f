"""Who a notice goes to: named by a pseudonym or a registry id, turned into an address only at sending time."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class RecipientType(StrEnum):
    PATRON = "patron"
    LIBRARY = "library"
    OPERATOR = "operator"


class Recipient(BaseModel):
    """A patron by pseudonym, a library by registry id, an operator by mail address."""

    model_config = ConfigDict(frozen=True)

    type: RecipientType
    name: str


@dataclass(frozen=True)
class Contact:
    """Where to send; never stored, and not shown when printed."""

    address: str = field(repr=False)
    name: str | None = field(default=None, repr=False)
    """How the recipient is greeted."""


@dataclass(frozen=True)
class LibraryEntry:
    """What a notice says of the library it is about."""

    title: str
    contact: str | None
    """Where answers go; None when the registry holds no usable address."""


class NoAddress(Exception):
    """Nothing is known of the recipient yet."""


class BadAddress(Exception):
    """What is known of the recipient is not an address of this channel."""


class Erased(Exception):
    """The recipient was erased: nothing may be sent, and nobody can tell who it was."""

"""Topic `libraries-current`: the registry entry of each organisation as it is now."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from shared.events.envelope import EventData
from shared.events.vocabulary import Identifier, LibraryId, ShortText, Value


class LibraryType(StrEnum):
    PROVINCIAL = "provincial"
    DISTRICT = "district"
    COMMUNE = "commune"
    GENERAL_SCHOOL = "general-school"
    VOCATIONAL = "vocational"
    COLLEGE = "college"
    UNIVERSITY = "university"
    SPECIALISED = "specialised"
    ARMED_FORCES = "armed-forces"
    COMMUNITY = "community"
    PRIVATE = "private"
    AUTHORITY = "authority"


class LibraryKey(Value):
    """How a library's own system proves who it is; only the key's SHA-256 leaves the registry."""

    id: Identifier
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    may_say: tuple[ShortText, ...]
    """Event names this key may publish."""


class LibraryChanged(EventData):
    """State: the whole registry entry."""

    name: ClassVar[str] = "library.changed"
    topic: ClassVar[str] = "libraries-current"
    library: LibraryId
    title: ShortText
    library_type: LibraryType
    parent: LibraryId | None = None
    contact: ShortText
    """Where notices to the organisation go: an e-mail address."""
    own_system: bool
    """True where the library's own system is the authority over its items."""
    keys: tuple[LibraryKey, ...] = ()

    def subject(self) -> str:
        return self.library

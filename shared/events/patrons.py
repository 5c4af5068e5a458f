"""Topic `patrons-current`: contact and preferences, sealed per patron; only notify opens them."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from shared.events.envelope import EventData
from shared.events.vocabulary import LibraryId, PatronPseudonym


class PatronChanged(EventData):
    """State: a patron's sealed contact card. Destroying the patron's key makes it unreadable for ever."""

    name: ClassVar[str] = "patron.changed"
    topic: ClassVar[str] = "patrons-current"
    patron: PatronPseudonym
    library: LibraryId
    sealed: Annotated[str, Field(max_length=20_000)]

    def subject(self) -> str:
        return self.patron

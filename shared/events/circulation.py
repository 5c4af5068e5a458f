"""Topic `circulation`: loans, visits and uses, told by library systems or by the desks catalog runs."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from shared.events.envelope import EventData
from shared.events.vocabulary import Count, Identifier, LibraryId, PatronPseudonym, ShortText


class _OfLoan(EventData):
    topic: ClassVar[str] = "circulation"
    library: LibraryId
    item: Identifier
    loan: Identifier
    patron: PatronPseudonym

    def subject(self) -> str:
        return f"{self.library}/{self.item}"


class LoanMade(_OfLoan):
    """An item was lent."""

    name: ClassVar[str] = "loan.made"
    due: date
    title: ShortText | None = None


class LoanRenewed(_OfLoan):
    """The due date moved."""

    name: ClassVar[str] = "loan.renewed"
    due: date


class LoanReturned(_OfLoan):
    """The item came back."""

    name: ClassVar[str] = "loan.returned"


class LoanOverdue(_OfLoan):
    """The due date passed and the item is not back."""

    name: ClassVar[str] = "loan.overdue"
    due: date
    title: ShortText | None = None


class LoanLost(_OfLoan):
    """The item is given up as lost."""

    name: ClassVar[str] = "loan.lost"


class _OfLibrary(EventData):
    topic: ClassVar[str] = "circulation"
    library: LibraryId

    def subject(self) -> str:
        return self.library


class VisitCounted(_OfLibrary):
    """People came in (ISO 2789: visits), counted since the last such event."""

    name: ClassVar[str] = "visit.counted"
    count: Annotated[Count, Field(ge=1)]


class UseKind(StrEnum):
    VIEW = "view"
    DOWNLOAD = "download"


class UseCounted(_OfLibrary):
    """A digital document was viewed or downloaded (ISO 2789: content units)."""

    name: ClassVar[str] = "use.counted"
    record: Identifier
    kind: UseKind
    count: Annotated[Count, Field(ge=1)]

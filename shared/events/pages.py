"""Topics `page-requests` and `page-readings`: work inside the ocr service, one page at a time."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from shared.events.envelope import EventData
from shared.events.vocabulary import Identifier, Lane, LibraryId, ObjectRef


class _OfPage(EventData):
    page: Identifier
    """`<document>:<number, four digits>`"""
    document: Identifier
    library: LibraryId
    number: Annotated[int, Field(ge=1)]
    attempt: Annotated[int, Field(ge=1)]

    def subject(self) -> str:
        return self.page


class PageReadingRequested(_OfPage):
    """Read this page, wherever a worker is free."""

    name: ClassVar[str] = "page.reading-requested"
    topic: ClassVar[str] = "page-requests"
    original: ObjectRef
    frame: Annotated[int, Field(ge=1)]
    """The page's number inside its file."""
    alto: ObjectRef | None = None
    """What another engine read on the page, as ALTO that came with the original."""
    lane: Lane


class PageRead(_OfPage):
    """A reading of the page is stored."""

    name: ClassVar[str] = "page.read"
    topic: ClassVar[str] = "page-readings"
    reading: Identifier
    confidence: Annotated[float, Field(ge=0, le=100)]

    def key(self) -> str:
        return self.document


class PageReadingFailed(_OfPage):
    """This attempt at the page gave nothing."""

    name: ClassVar[str] = "page.reading-failed"
    topic: ClassVar[str] = "page-readings"
    reason: Identifier

    def key(self) -> str:
        return self.document

"""Where imported records come from. No I/O."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from services.catalog.authorities.authority import FROM_WORKS, READY
from services.catalog.formats import ColumnMapping, Format
from services.catalog.union.contribution import MEDIUM_TRUST, Origin
from shared.events.vocabulary import LibraryId, Moment, Value

SourceName = Annotated[str, Field(pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,78}[A-Za-z0-9])?$")]
OWN_DOCUMENTS = "lienthong"
"""The source of the records that are made from our own published documents."""
RESERVED = frozenset([OWN_DOCUMENTS, FROM_WORKS, READY])
"""Nobody imports into these."""
Trust = Annotated[int, Field(ge=1, le=5)]
"""Whose record survives: 5 a national bibliography, 3 a library's own cataloguing, 1 a list typed by hand."""


def _web_address(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise ValueError("must begin with http:// or https://")
    return text


class Mapping(Value):
    """How the columns of the source's tables are read, as `formats.ColumnMapping`."""

    headings: Annotated[dict[str, str], Field(max_length=200, default_factory=dict)]
    sheet: Annotated[str, Field(max_length=200)] | None = None
    header_row: Annotated[int, Field(ge=1, le=10_000)] | None = None

    def columns(self) -> ColumnMapping:
        return ColumnMapping(self.headings, self.sheet, self.header_row)


class OaiAddress(Value):
    """Where a source is harvested by OAI-PMH, and how often."""

    url: Annotated[str, Field(max_length=500), AfterValidator(_web_address)]
    prefix: Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9_.!~*'()-]+$")] = "marc21"
    set: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    form: Format = Format.MARCXML
    """In what its records are written: marcxml, mods or dc."""
    every_hours: Annotated[float, Field(ge=0.25, le=24 * 31)] = 24
    overlap_hours: Annotated[float, Field(ge=0, le=24 * 366)] = 48
    """So much of the time before the last harvest is harvested again: some sources date a record before it is there."""
    whole_every_days: Annotated[int, Field(ge=1, le=366)] = 30
    """How often everything is harvested anew, for sources whose dates are wrong altogether or that tell of no
    deletions."""


class Source(Value):
    """A source and how far its records are trusted."""

    id: SourceName
    library: LibraryId
    trust: Trust = MEDIUM_TRUST
    form: Format | None = None
    """None: told from each file."""
    mapping: Mapping | None = None
    oai: OaiAddress | None = None
    made_at: Moment

    def origin(self) -> Origin:
        return Origin(self.id, self.library, self.trust)

"""One import of one file, or one harvest: how far it has got and what became of the records. No I/O."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field

from services.catalog.formats import Format, Severity
from services.catalog.imports.source import Mapping, SourceName
from shared.events.vocabulary import Identifier, LibraryId, Moment, ShortText, Value

RunId = Annotated[str, Field(pattern=r"^i-[0-9a-f]{24}$")]
LEASE_SECONDS = 60
"""So long a run belongs to the process that took its last batch in."""


class RunState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Content(StrEnum):
    """Of what a file holds records."""

    WORKS = "works"
    AUTHORITIES = "authorities"


class Counts(Value):
    """What became of the records so far; lost, repaired, note: how many had such a fault."""

    read: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    retired: int = 0
    copy_: Annotated[int, Field(alias="copy", serialization_alias="copy")] = 0
    """Exact copies of a record that the same file has elsewhere."""
    refused: int = 0
    """Pieces that are no record."""
    lost: int = 0
    repaired: int = 0
    note: int = 0


class Run(Value):
    """position: where the file is to be read on, as `formats.Found.end`; number: of the last record that is in."""

    id: Identifier
    source: SourceName
    library: LibraryId
    state: RunState
    name: ShortText
    form: Format
    mapping: Mapping | None = None
    """How the columns were read when the run began, whatever became of the source since."""
    content: Content = Content.WORKS
    sha256: str | None = None
    size: int = 0
    key: str | None = None
    """Of the uploaded file in the object store; none where a command line reads it from disk."""
    whole: bool = False
    """Whether records of the source that the file does not have are retired."""
    dry: bool = False
    """Whether it only reads and reports."""
    by: ShortText
    position: int = 0
    number: int = 0
    counts: Counts = Counts()
    tries: int = 0
    """How often it was taken up where it stands."""
    failure: ShortText | None = None
    """A code whose text is in the messages as `import-<code>`."""
    detail: ShortText | None = None
    created_at: Moment
    not_retired: bool = False
    """Whether the file was whole and yet nothing is retired: what seems gone may be what could not be read."""
    finished_at: Moment | None = None

    @classmethod
    def of(cls, row: dict[str, Any]) -> Self:
        return cls.model_validate({**row, "id": row["_id"]})


class ReportFault(Value):
    """One thing that was wrong with a record, and what was done about it."""

    code: str
    severity: Severity
    field: str = ""
    detail: str = ""


class ReportRow(Value):
    """What is to be said of one record; records of which nothing is to be said have no row.

    number: of the record in the file, from 1; position: byte, or row (tables).
    """

    run: Identifier
    number: int
    position: int
    severity: Severity
    """The worst of its faults."""
    title: ShortText = ""
    contribution: Identifier | None = None
    """None where nothing was taken in."""
    faults: tuple[ReportFault, ...]

    def handled(self, fault: ReportFault) -> str:
        """What was done about a fault: a code whose text is in the messages as `handled-<code>`."""
        return "refused" if fault.severity == Severity.LOST and self.contribution is None else str(fault.severity)

"""What reading a file of bibliographic records finds: records in MARC 21, and what was wrong with them."""

from dataclasses import dataclass
from enum import StrEnum

import pymarc


class Format(StrEnum):
    """In what a file of records is written."""

    MARC21 = "marc21"
    MARCXML = "marcxml"
    MARCJSON = "marcjson"
    UNIMARC = "unimarc"
    MODS = "mods"
    DC = "dc"
    CSV = "csv"
    XLSX = "xlsx"


class Severity(StrEnum):
    """What a fault did to the record."""

    NOTE = "note"
    """Nothing was changed; a person may want to look."""
    REPAIRED = "repaired"
    """The record was mended, and says what its writer meant."""
    LOST = "lost"
    """Something could not be understood and is missing from the record, or there is no record at all."""


class FaultCode(StrEnum):
    """What can be wrong with a record; the catalogue's messages say each to a person, as `fault-<code>`."""

    # The file and the frame of the record
    RECORD_LENGTH = "record-length"
    LEADER = "leader"
    DIRECTORY = "directory"
    TRUNCATED = "truncated"
    NOT_A_RECORD = "not-a-record"
    UNREADABLE = "unreadable"
    MARKUP = "markup"
    TOO_LARGE = "too-large"
    TOO_MANY_FIELDS = "too-many-fields"
    NO_FIELDS = "no-fields"
    DELETED = "deleted"
    MORE_FAULTS = "more-faults"
    NOT_BIBLIOGRAPHIC = "not-bibliographic"
    # Characters
    WRONG_ENCODING_FLAG = "wrong-encoding-flag"
    LEGACY_ENCODING = "legacy-encoding"
    BAD_BYTES = "bad-bytes"
    CONTROL_CHARACTERS = "control-characters"
    # Fields
    TAG = "tag"
    INDICATORS = "indicators"
    SUBFIELDS = "subfields"
    EMPTY_FIELD = "empty-field"
    UNMAPPED = "unmapped"
    # What fields say
    NO_TITLE = "no-title"
    BAD_ISBN = "bad-isbn"
    BAD_ISSN = "bad-issn"
    YEAR_FROM_IMPRINT = "year-from-imprint"
    BAD_YEAR = "bad-year"
    # Tables
    UNKNOWN_COLUMN = "unknown-column"
    NO_COLUMNS = "no-columns"
    ROW_LENGTH = "row-length"
    QUOTES = "quotes"
    FORMULA = "formula"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that was wrong. `field`: the tag, element or column ("" where it is the whole record)."""

    code: FaultCode
    severity: Severity
    field: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """One record of a file, or a piece of it that is no record.

    `number`: 1 for the first that this reading found. `position`: where it begins, `end`: where the next one begins,
    both as bytes of the file, or as rows from 1 (tables); `start_at=end` goes on
    behind it. `record`: MARC 21 in Unicode, NFC; None where nothing could be saved. `raw`: the bytes it came as.
    """

    number: int
    position: int
    record: pymarc.Record | None
    faults: tuple[Fault, ...]
    raw: bytes
    end: int


class Unwritable(ValueError):
    """The record cannot be written in this format; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"{fault.code}: {fault.field} {fault.detail}")
        self.fault = fault

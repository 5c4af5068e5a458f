"""What a record says that its library may want to look at; nothing is changed here."""

import re
from collections.abc import Callable

import pymarc
from stdnum import issn

from services.catalog.formats.found import Fault, FaultCode, Severity
from services.catalog.isbn import is_isbn

_NUMBER = re.compile(r"\d[\dXx\s.‐‑–-]*")
_YEAR = re.compile(r"(?<!\d)(?:1[4-9]|20)\d\d(?!\d)")
_IMPRINTS = frozenset({"260", "264"})
_NUMBERS: dict[str, tuple[Callable[[str], bool], FaultCode]] = {
    "020": (is_isbn, FaultCode.BAD_ISBN),
    "022": (issn.is_valid, FaultCode.BAD_ISSN),
}
SHOWN = 100


def content_faults(record: pymarc.Record) -> list[Fault]:
    """Tell of a missing title, of numbers that are no ISBN or ISSN, and of years that only the imprint has."""
    faults: list[Fault] = []
    titled, coded, imprint = False, "", None
    for field in record.fields:
        tag = field.tag
        if tag == "245":
            titled = True
        elif tag == "008":
            coded = field.data or ""
        elif tag in _IMPRINTS:
            imprint = imprint or field
        elif tag in _NUMBERS:
            faults += _number_faults(field)
    if not titled:
        faults.append(Fault(FaultCode.NO_TITLE, Severity.NOTE, "245"))
    if imprint and not coded[7:11].isdigit():
        faults += _year_faults(imprint)
    return faults


def _number_faults(field: pymarc.Field) -> list[Fault]:
    valid, code = _NUMBERS[field.tag]
    numbers = [found for part in field.subfields if part.code == "a" and (found := _NUMBER.search(part.value))]
    wrong = [found for found in numbers if not valid(found[0].rstrip(" .‐‑–-"))]
    return [Fault(code, Severity.NOTE, field.tag, found.string[:SHOWN]) for found in wrong]


def _year_faults(imprint: pymarc.Field) -> list[Fault]:
    dates = " ".join(part.value for part in imprint.subfields if part.code == "c")
    if not dates:
        return []
    code = FaultCode.YEAR_FROM_IMPRINT if _YEAR.search(dates) else FaultCode.BAD_YEAR
    return [Fault(code, Severity.NOTE, imprint.tag, dates[:SHOWN])]

"""A record as the platform keeps it: ISO 2709, and MARC-in-JSON where that is longer than ISO 2709 can say."""

from typing import Any

import orjson
import pymarc
from pymarc import Field, Indicators, Subfield

from services.catalog.formats import iso2709, marcjson
from services.catalog.formats.found import Fault, FaultCode, Severity, Unwritable
from services.catalog.formats.limits import LIMITS


def as_kept(record: pymarc.Record) -> bytes:
    """Return bytes that `restored` takes. Raises Unwritable where even these would be too many to keep."""
    try:
        return iso2709.encode(record)
    except Unwritable:
        kept = marcjson.encode(record)
    if len(kept) > LIMITS.kept_bytes:
        raise Unwritable(Fault(FaultCode.TOO_LARGE, Severity.LOST, "", f"{len(kept)} > {LIMITS.kept_bytes}"))
    return kept


def restored(kept: bytes) -> pymarc.Record:
    """Return the record. Raises ValueError or LookupError for bytes that `as_kept` did not make."""
    if is_iso2709(kept):
        return pymarc.Record(data=kept, force_utf8=True)
    loaded = orjson.loads(kept)
    record = pymarc.Record(leader=loaded["leader"], force_utf8=True)
    record.fields = [_field(tag, content) for field in loaded["fields"] for tag, content in field.items()]
    return record


def is_iso2709(kept: bytes) -> bool:
    """Whether the record is kept in ISO 2709: it begins with its length, an object of JSON with a brace."""
    return kept[:1].isdigit()


def _field(tag: str, content: Any) -> Field:
    if isinstance(content, str):
        return Field(tag, data=content)
    subfields = [Subfield(code, value) for part in content["subfields"] for code, value in part.items()]
    return Field(tag, Indicators(content["ind1"], content["ind2"]), subfields)

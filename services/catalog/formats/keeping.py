"""A record as the platform keeps it: ISO 2709, and MARC-in-JSON where that is longer than ISO 2709 can say."""

from io import BytesIO

import pymarc

from services.catalog.formats import iso2709, marcjson
from services.catalog.formats.found import Format, Unwritable
from services.catalog.formats.reading import read


def as_kept(record: pymarc.Record) -> bytes:
    """Return bytes that `restored` takes; never raises, however long the record is."""
    try:
        return iso2709.encode(record)
    except Unwritable:
        return marcjson.encode(record)


def restored(kept: bytes) -> pymarc.Record:
    """Return the record. Raises ValueError for bytes that `as_kept` did not make."""
    if is_iso2709(kept):
        return pymarc.Record(data=kept, force_utf8=True)
    found = next(iter(read(BytesIO(kept), Format.MARCJSON)), None)
    if found is None or found.record is None:
        raise ValueError("no record is kept in these bytes")
    return found.record


def is_iso2709(kept: bytes) -> bool:
    """Whether the record is kept in ISO 2709: it begins with its length, an object of JSON with a brace."""
    return kept[:1].isdigit()

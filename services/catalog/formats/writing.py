"""The way out: a MARC 21 record in each format that others read."""

from collections.abc import Callable, Iterable, Iterator

import pymarc

from services.catalog.formats import citations, dublin_core, iso2709, json_ld, marcjson, marcxml, mods, tables
from services.catalog.formats.citations import Style
from services.catalog.formats.found import Fault, Format, Unwritable

Refused = Callable[[pymarc.Record, Fault], None]
_XML = b'<?xml version="1.0" encoding="UTF-8"?>\n'


def _refuse(_: pymarc.Record, fault: Fault) -> None:
    raise Unwritable(fault)


def write(records: Iterable[pymarc.Record], form: Format, *, refused: Refused = _refuse) -> Iterator[bytes]:
    """Yield a whole file of `records`, piece by piece.

    `refused` is told of each record that the format cannot hold, which is left out whole; without it Unwritable is
    raised. A format in which records are only read raises ValueError.
    """
    if form not in _FILES:
        raise ValueError(f"{form} is not written")
    encode, before, between, after = _FILES[form]
    yield before
    parting = b""
    for record in records:
        try:
            piece = encode(record)
        except Unwritable as reason:
            refused(record, reason.fault)
        else:
            yield parting + piece
            parting = between
    yield after


def as_marc21(record: pymarc.Record) -> bytes:
    """Return ISO 2709 in UTF-8; raises Unwritable beyond 99,999 bytes, or 9,999 bytes of a field."""
    return iso2709.encode(record)


def as_marcxml(record: pymarc.Record) -> bytes:
    """Return one `record` element of MARC21slim, UTF-8, without XML declaration."""
    return marcxml.encode(record)


def as_marcjson(record: pymarc.Record) -> bytes:
    """Return one MARC-in-JSON object, UTF-8, on one line."""
    return marcjson.encode(record)


def as_mods(record: pymarc.Record) -> bytes:
    """Return one `mods` element of MODS 3.7, UTF-8, without XML declaration."""
    return mods.encode(record)


def as_oai_dc(record: pymarc.Record) -> bytes:
    """Return one `oai_dc:dc` element, UTF-8, without XML declaration."""
    return dublin_core.encode(record)


def as_json_ld(record: pymarc.Record) -> bytes:
    """Return one JSON-LD object in the terms of schema.org, UTF-8."""
    return json_ld.encode(record)


def as_citation(record: pymarc.Record, style: Style) -> str:
    """Return the record as one reference; BibTeX and RIS over several lines."""
    return citations.cite(record, style)


def _collection(name: str, namespace: str) -> tuple[bytes, bytes, bytes]:
    """What stands before, between and behind the elements of a file."""
    return _XML + f'<{name} xmlns="{namespace}">\n'.encode(), b"\n", f"\n</{name}>\n".encode()


_FILES: dict[Format, tuple[Callable[[pymarc.Record], bytes], bytes, bytes, bytes]] = {
    Format.MARC21: (as_marc21, b"", b"", b""),
    Format.MARCXML: (as_marcxml, *_collection("collection", marcxml.NAMESPACE)),
    Format.MARCJSON: (as_marcjson, b"[\n", b",\n", b"\n]\n"),
    Format.MODS: (as_mods, *_collection("modsCollection", mods.NAMESPACE)),
    Format.CSV: (tables.csv_row, tables.csv_head(), b"", b""),
    Format.DC: (as_oai_dc, *_collection("records", "")),
}

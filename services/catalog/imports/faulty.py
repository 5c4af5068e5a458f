"""Records cut out of a file by their places, in the format of that file, so that a person can mend them there."""

from __future__ import annotations

import codecs
from bisect import bisect_left
from typing import BinaryIO

from services.catalog.formats import ColumnMapping, Format, Found, read
from services.catalog.formats.markup import declared_encoding
from services.catalog.formats.tables import cells_in, guarded_row, headings

SUFFIXES = {
    Format.MARC21: "mrc",
    Format.UNIMARC: "mrc",
    Format.MARCXML: "xml",
    Format.MODS: "xml",
    Format.DC: "xml",
    Format.MARCJSON: "json",
    Format.CSV: "csv",
    Format.XLSX: "csv",
}
"""How the name of what was cut out ends; of a workbook it is a table."""
NAMESPACES = {
    "marc": "http://www.loc.gov/MARC21/slim",
    "mods": "http://www.loc.gov/mods/v3",
    "oai_dc": "http://www.openarchives.org/OAI/2.0/oai_dc/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xlink": "http://www.w3.org/1999/xlink",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}
"""What the root of the file may have declared for its records."""
DEFAULTS = {Format.MARCXML: "marc", Format.MODS: "mods"}
_TABLES = {Format.CSV, Format.XLSX}
_XML = {Format.MARCXML, Format.MODS, Format.DC}
RECORDS_A_STEP = 500
BYTES_A_STEP = 2_000_000
WORTH_A_LEAP = 100_000
"""Bytes of the file: fewer are read through."""


class Cutting:
    """Cuts one file; blocking. To be closed before the file is."""

    def __init__(self, stream: BinaryIO, form: Format, mapping: ColumnMapping | None) -> None:
        self._stream = stream
        self._form = form
        self._mapping = mapping or ColumnMapping()
        self._found = read(stream, form, mapping=self._mapping)
        self._end = 0
        self._width = 0

    def close(self) -> None:
        self._found.close()

    def begin(self) -> bytes:
        """What stands before the records."""
        if self._form in _TABLES:
            named = headings(self._stream, self._mapping, workbook=self._form == Format.XLSX)
            self._width = len(named)
            return codecs.BOM_UTF8 + guarded_row(named)
        return _xml_head(self._stream, self._form) if self._form in _XML else b""

    def take(self, positions: list[int]) -> tuple[bytes, int]:
        """What stands at the first of these positions, and at how many: so many as a short while is enough for.

        Positions ascend, from one call to the next as well.
        """
        cut, done = bytearray(), 0
        for _ in range(RECORDS_A_STEP):
            found = self._next(positions[done])
            if found is None:
                return bytes(cut), len(positions)
            done = bisect_left(positions, found.position, done)
            if positions[done : done + 1] == [found.position]:
                cut += self._written(found.raw)
                done += 1
            if done == len(positions) or len(cut) >= BYTES_A_STEP:
                break
        return bytes(cut), done

    def end(self) -> bytes:
        """What stands behind the records."""
        return b"</records>\n" if self._form in _XML else b""

    def _next(self, wanted: int) -> Found | None:
        """The next of the file; far from what is wanted, that."""
        if self._form not in _TABLES and wanted - self._end > WORTH_A_LEAP:
            self._found.close()
            self._found = read(self._stream, self._form, start_at=wanted)
        found = next(self._found, None)
        self._end = found.end if found else self._end
        return found

    def _written(self, raw: bytes) -> bytes:
        if self._form in _TABLES:
            cells = cells_in(raw)
            return guarded_row(cells + [""] * (self._width - len(cells)))
        return raw if self._form in {Format.MARC21, Format.UNIMARC} else raw + b"\n"


def _xml_head(stream: BinaryIO, form: Format) -> bytes:
    spaces = "".join(f' xmlns:{prefix}="{address}"' for prefix, address in NAMESPACES.items())
    default = f' xmlns="{NAMESPACES[DEFAULTS[form]]}"' if form in DEFAULTS else ""
    encoding = declared_encoding(stream)
    return f'<?xml version="1.0" encoding="{encoding}"?>\n<records{default}{spaces}>\n'.encode()

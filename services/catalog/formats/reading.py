"""The way in: bytes of any format become MARC 21 records, one at a time, in constant memory."""

from collections.abc import Callable, Generator, Iterator
from typing import BinaryIO

import pymarc

from services.catalog.formats import detection, dublin_core, iso2709, marcjson, marcxml, mods, tables, unimarc
from services.catalog.formats.assembly import Draft, assemble
from services.catalog.formats.cutting import Piece
from services.catalog.formats.found import Fault, Format, Found
from services.catalog.formats.mapping import ColumnMapping

Drafts = Iterator[tuple[Piece, Draft | Fault]]

_TABLES: dict[Format, Callable[[BinaryIO, int, ColumnMapping], Drafts]] = {
    Format.CSV: tables.csv_records,
    Format.XLSX: tables.xlsx_records,
}
_READERS: dict[Format, Callable[[BinaryIO, int], Drafts]] = {
    Format.MARC21: iso2709.records,
    Format.MARCXML: marcxml.records,
    Format.MARCJSON: marcjson.records,
    Format.UNIMARC: unimarc.records,
    Format.MODS: mods.records,
    Format.DC: dublin_core.records,
}


def read(
    stream: BinaryIO, form: Format, *, mapping: ColumnMapping | None = None, start_at: int = 0
) -> Generator[Found, None, None]:
    """Yield every record of `stream`, and every piece of it that is none, in order.

    `mapping`: for tables. `start_at`: the `end` of a Found of the same file, to go on behind it; `stream` stands at its
    beginning all the same and must be seekable. Whoever does not read to the end closes this before the stream.
    """
    if form in _TABLES:
        drafts = _TABLES[form](stream, start_at, mapping or ColumnMapping())
    else:
        drafts = _READERS[form](stream, start_at)
    for number, (piece, draft) in enumerate(drafts, 1):
        record, faults = _assembled(draft)
        yield Found(number, piece.position, record, faults, piece.data, piece.end)


def _assembled(draft: Draft | Fault) -> tuple[pymarc.Record | None, tuple[Fault, ...]]:
    return assemble(draft) if isinstance(draft, Draft) else (None, (draft,))


def detect(head: bytes, name: str) -> Format | None:
    """Tell the format from the first bytes of a file (4 kB do) and its name; None where it is none of ours."""
    return detection.detect(head, name)

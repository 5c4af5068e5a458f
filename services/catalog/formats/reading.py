"""The way in: bytes of any format become MARC 21 records, one at a time, in constant memory."""

from collections.abc import Iterator
from typing import BinaryIO

from services.catalog.formats.found import Format, Found
from services.catalog.formats.mapping import ColumnMapping


def read(stream: BinaryIO, form: Format, *, mapping: ColumnMapping | None = None, start_at: int = 0) -> Iterator[Found]:
    """Yield every record of `stream`, and every piece of it that is none, in order.

    `mapping`: for tables. `start_at`: the `end` of a Found of the same file, to go on behind it; `stream` stands at its
    beginning all the same and must be seekable.
    """
    raise NotImplementedError


def detect(head: bytes, name: str) -> Format | None:
    """Tell the format from the first bytes of a file (4 kB do) and its name; None where it is none of ours."""
    raise NotImplementedError

"""A whole set as one file, written as it is fetched."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

import pymarc
import structlog

from services.catalog.exchange.published import Published
from services.catalog.exchange.records import record_of
from services.catalog.formats import Fault, Format, Style, as_citation, as_json_ld, write
from services.catalog.metrics import UNWRITABLE

log = structlog.get_logger(__name__)

BLOCK_BYTES = 256_000
BATCH_SECONDS = 60
"""No thread waits longer for the next clusters."""

Records = Iterable[pymarc.Record]


class FileFormat(StrEnum):
    """As `?format=` has it."""

    MARC = "marc"
    MARCXML = "marcxml"
    MARC_JSON = "marcjson"
    MODS = "mods"
    DC = "dc"
    JSON_LD = "jsonld"
    CSV = "csv"
    BIBTEX = "bibtex"
    RIS = "ris"


@dataclass(frozen=True, slots=True)
class Kind:
    """How a file of a format is written. suffix: of its name."""

    media_type: str
    suffix: str
    write: Callable[[Records], Iterator[bytes]]


def _leave_out(record: pymarc.Record, fault: Fault, form: Format) -> None:
    UNWRITABLE.labels(form).inc()
    number = record.get("001")
    log.warning("cluster_not_written", cluster=number.data if number else None, schema=form, error=fault.code)


def _as(form: Format) -> Callable[[Records], Iterator[bytes]]:
    return partial(write, form=form, refused=partial(_leave_out, form=form))


def _lines(records: Records) -> Iterator[bytes]:
    return (as_json_ld(record) + b"\n" for record in records)


def _references(records: Records, style: Style) -> Iterator[bytes]:
    return ((as_citation(record, style).rstrip("\n") + "\n\n").encode() for record in records)


KINDS = {
    FileFormat.MARC: Kind("application/marc", "mrc", _as(Format.MARC21)),
    FileFormat.MARCXML: Kind("application/marcxml+xml", "xml", _as(Format.MARCXML)),
    FileFormat.MARC_JSON: Kind("application/marc-in-json", "json", _as(Format.MARCJSON)),
    FileFormat.MODS: Kind("application/mods+xml", "xml", _as(Format.MODS)),
    FileFormat.DC: Kind("application/xml", "xml", _as(Format.DC)),
    FileFormat.JSON_LD: Kind("application/x-ndjson", "jsonl", _lines),
    FileFormat.CSV: Kind("text/csv; charset=utf-8", "csv", _as(Format.CSV)),
    FileFormat.BIBTEX: Kind("application/x-bibtex; charset=utf-8", "bib", partial(_references, style=Style.BIBTEX)),
    FileFormat.RIS: Kind(
        "application/x-research-info-systems; charset=utf-8", "ris", partial(_references, style=Style.RIS)
    ),
}


def file_of(kind: Kind, batches: AsyncIterator[list[Published]]) -> Iterator[bytes]:
    """The file in blocks, for a thread to write: it asks the loop in which this is called for the next clusters.

    Raises TimeoutError when they do not come.
    """
    loop = asyncio.get_running_loop()

    async def following() -> list[Published] | None:
        return await anext(batches, None)

    def records() -> Iterator[pymarc.Record]:
        while (batch := asyncio.run_coroutine_threadsafe(following(), loop).result(BATCH_SECONDS)) is not None:
            yield from map(record_of, batch)

    return _blocks(kind.write(records()))


def _blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= BLOCK_BYTES:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)

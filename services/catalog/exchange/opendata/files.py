"""The files of a dump, written side by side as clusters come, compressed, in constant memory."""

import gzip
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import orjson
import pymarc
import structlog

from services.catalog.exchange.opendata import tables
from services.catalog.exchange.provider import Provider
from services.catalog.exchange.published import Published
from services.catalog.exchange.records import record_of
from services.catalog.formats import as_json_ld, as_marc21
from services.catalog.identity import describe

log = structlog.get_logger(__name__)

Write = Callable[[Published, pymarc.Record, Provider], bytes]
COMPRESSION = 6


@dataclass(frozen=True, slots=True)
class Kind:
    """One file of a dump. `media_type`: of what is inside of the gzip; `conforms_to`: a URI."""

    name: str
    media_type: str
    conforms_to: str
    head: bytes
    write: Write


def _json_line(found: Published, record: pymarc.Record, provider: Provider) -> bytes:
    described = orjson.loads(as_json_ld(record))
    return orjson.dumps({**described, "@id": provider.address_of(found.id)}) + b"\n"


def _marc(_: Published, record: pymarc.Record, __: Provider) -> bytes:
    return as_marc21(record)


def _table_line(found: Published, record: pymarc.Record, provider: Provider) -> bytes:
    return tables.line_of(found, describe(record), provider)


KINDS = (
    Kind("union.mrc.gz", "application/marc", "https://www.loc.gov/marc/specifications/", b"", _marc),
    Kind("union.jsonl.gz", "application/x-ndjson", "https://schema.org/", b"", _json_line),
    Kind("union.csv.gz", "text/csv", "https://www.rfc-editor.org/rfc/rfc4180", tables.head(), _table_line),
)


class Files:
    """All kinds, in a folder. `records` counts clusters, `left_out` those that a kind could not hold."""

    def __init__(self, folder: Path, provider: Provider) -> None:
        self.records = 0
        self.left_out = dict.fromkeys((kind.name for kind in KINDS), 0)
        self._provider = provider
        self._open = {kind: _gzipped(folder / kind.name) for kind in KINDS}
        for kind, file in self._open.items():
            file.write(kind.head)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._open.values():
            file.close()

    def add(self, batch: Iterable[Published]) -> None:
        for found in batch:
            self.records += 1
            record = record_of(found)
            for kind, file in self._open.items():
                self._add(kind, file, found, record)

    def _add(self, kind: Kind, file: gzip.GzipFile, found: Published, record: pymarc.Record) -> None:
        """A record that one kind cannot hold is counted and told of, and is in the others all the same."""
        try:
            written = kind.write(found, record, self._provider)
        except Exception as error:
            self.left_out[kind.name] += 1
            log.warning(
                "cluster_not_dumped", cluster=found.id, file=kind.name, error=f"{type(error).__name__}: {error}"
            )
            return
        file.write(written)


def _gzipped(path: Path) -> gzip.GzipFile:
    """Without the date of its making, so that equal content is an equal file."""
    return gzip.GzipFile(path, "wb", COMPRESSION, mtime=0)

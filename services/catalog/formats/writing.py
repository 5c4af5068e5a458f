"""The way out: a MARC 21 record in each format that others read."""

from collections.abc import Iterable, Iterator
from enum import StrEnum

import pymarc

from services.catalog.formats.found import Fault, Format


class Style(StrEnum):
    """How a citation is written."""

    TCVN = "tcvn"
    """ISO 690 as Vietnamese libraries write it."""
    APA = "apa"
    BIBTEX = "bibtex"
    RIS = "ris"


class Unwritable(ValueError):
    """The record cannot be written in this format; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"{fault.code}: {fault.detail}")
        self.fault = fault


def write(records: Iterable[pymarc.Record], form: Format) -> Iterator[bytes]:
    """Yield a whole file of `records`, piece by piece."""
    raise NotImplementedError


def as_marc21(record: pymarc.Record) -> bytes:
    """Return ISO 2709 in UTF-8; raises Unwritable beyond 99,999 bytes, or 9,999 bytes of a field."""
    raise NotImplementedError


def as_marcxml(record: pymarc.Record) -> bytes:
    """Return one `record` element of MARC21slim, UTF-8, without XML declaration."""
    raise NotImplementedError


def as_marcjson(record: pymarc.Record) -> bytes:
    """Return one MARC-in-JSON object, UTF-8, on one line."""
    raise NotImplementedError


def as_mods(record: pymarc.Record) -> bytes:
    """Return one `mods` element of MODS 3.7, UTF-8, without XML declaration."""
    raise NotImplementedError


def as_oai_dc(record: pymarc.Record) -> bytes:
    """Return one `oai_dc:dc` element, UTF-8, without XML declaration."""
    raise NotImplementedError


def as_json_ld(record: pymarc.Record) -> bytes:
    """Return one JSON-LD object in the terms of schema.org, UTF-8."""
    raise NotImplementedError


def as_citation(record: pymarc.Record, style: Style) -> str:
    """Return the record as one reference; BibTeX and RIS over several lines."""
    raise NotImplementedError

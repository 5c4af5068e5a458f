"""Bibliographic formats: bytes in, MARC 21 out, and back. Pure and streaming, no database; every room may enter."""

from services.catalog.formats.citations import Style
from services.catalog.formats.found import Fault, FaultCode, Format, Found, Severity, Unwritable
from services.catalog.formats.keeping import as_kept, restored
from services.catalog.formats.mapping import ColumnMapping
from services.catalog.formats.reading import detect, read
from services.catalog.formats.tables import template
from services.catalog.formats.writing import (
    as_citation,
    as_json_ld,
    as_marc21,
    as_marcjson,
    as_marcxml,
    as_mods,
    as_oai_dc,
    write,
)

__all__ = [
    "ColumnMapping",
    "Fault",
    "FaultCode",
    "Format",
    "Found",
    "Severity",
    "Style",
    "Unwritable",
    "as_citation",
    "as_json_ld",
    "as_kept",
    "as_marc21",
    "as_marcjson",
    "as_marcxml",
    "as_mods",
    "as_oai_dc",
    "detect",
    "read",
    "restored",
    "template",
    "write",
]

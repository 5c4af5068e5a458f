"""Which format a file is in, told by its first bytes; its name decides only between tables."""

import re
from pathlib import PurePath

from services.catalog.formats.found import Format
from services.catalog.formats.mapping import ColumnMapping, headings_known
from services.catalog.formats.tables import DELIMITERS, decoded_sample

_MARKS = b"\xef\xbb\xbf \r\n\t\x00"
_LEADER = re.compile(rb"\d{5}[ -~]{5}[ -~]{2}[\d ]{5}[ -~]{7}")
_LEADER_SIZE, _ENTRY_SIZE = 24, 12
_TAG = re.compile(rb"""tag=["']([0-9A-Za-z]{3})["']""")
_ELEMENTS = (
    (Format.MODS, re.compile(rb"<(?:[\w.-]+:)?mods(?:Collection)?[\s>]")),
    (Format.MARCXML, re.compile(rb"<(?:[\w.-]+:)?(?:datafield|controlfield|leader)[\s>]|MARC21/slim")),
    (Format.DC, re.compile(rb"<(?:[\w.-]+:)?dc[\s>]|<dc:\w+[\s>]|purl\.org/dc/")),
)
_NAMES = {".csv": Format.CSV, ".tsv": Format.CSV, ".txt": Format.CSV, ".xlsx": Format.XLSX, ".xlsm": Format.XLSX}


def detect(head: bytes, name: str) -> Format | None:
    """Tell the format; None where it is none of ours."""
    start = head.lstrip(_MARKS)
    if head.startswith(b"PK\x03\x04"):
        return Format.XLSX
    if start.startswith(b"<"):
        return _of_markup(start)
    if start[:1] in (b"{", b"["):
        return Format.MARCJSON
    if _LEADER.match(start):
        directory = start[_LEADER_SIZE : start.find(b"\x1e")]
        tags = [directory[place : place + 3] for place in range(0, len(directory), _ENTRY_SIZE)]
        return _of_tags(tags, Format.MARC21)
    if _is_table(head):
        return Format.CSV
    known = _NAMES.get(PurePath(name).suffix.lower())
    return known if known == Format.CSV and b"\0" not in head else None


def _of_markup(start: bytes) -> Format | None:
    form = next((form for form, sign in _ELEMENTS if sign.search(start)), None)
    return _of_tags(_TAG.findall(start), form) if form == Format.MARCXML else form


def _of_tags(tags: list[bytes], form: Format) -> Format:
    """UNIMARC has its title in 200, where MARC 21 has nothing."""
    return Format.UNIMARC if b"200" in tags and b"245" not in tags else form


def _is_table(head: bytes) -> bool:
    text = decoded_sample(head)
    rows = (line.split(sign) for sign in DELIMITERS for line in text.splitlines())
    return any(headings_known([cell.strip('"') for cell in cells], ColumnMapping()) > 1 for cells in rows)

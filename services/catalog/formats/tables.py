"""Tables, CSV and Excel, row by row: what a library without any system can hand in.

A cell's position is its row, from 1. Source: RFC 4180; ECMA-376 (Office Open XML).
"""

import codecs
import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import Any, BinaryIO

import charset_normalizer
import pymarc

from services.catalog.formats.assembly import SHOWN, Draft
from services.catalog.formats.cutting import Piece
from services.catalog.formats.encodings import LEGACY, legacy_of, windows_1252
from services.catalog.formats.found import Fault, FaultCode, Severity
from services.catalog.formats.limits import LIMITS
from services.catalog.formats.mapping import COLUMNS, DATA, OTHER, ColumnMapping, columns_of, headings_known
from services.catalog.formats.rows import Header, cells_of, draft_of

Row = tuple[int, int, Sequence[str], tuple[Fault, ...]]
"""First row, the row behind it, cells, and what was wrong with the row as such."""
DELIMITERS = ",;\t|"
# A spreadsheet takes a cell that begins so for a formula, but not behind the guard (OWASP, CSV Injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_GUARD = "'"
_GUARDED = tuple(_GUARD + sign for sign in _FORMULA)
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_BROKEN = (zipfile.BadZipFile, KeyError, ValueError, OSError, AttributeError, TypeError, SyntaxError)
"""What openpyxl raises on workbooks that are none: it has no exception of its own for them."""


def csv_records(stream: BinaryIO, start_at: int, mapping: ColumnMapping) -> Iterator[tuple[Piece, Draft | Fault]]:
    """Yield each row of a delimited text with what it says."""
    rows, legacy = _csv(stream, mapping)
    yield from _records(rows, start_at, mapping, legacy)


def headings(stream: BinaryIO, mapping: ColumnMapping, *, workbook: bool) -> list[str]:
    """The headings of a table; none where there is no row of them, or a workbook that is none or too large."""
    if workbook and _bomb(stream):
        return []
    try:
        _, header = _header(_xlsx_rows(stream, mapping) if workbook else _csv(stream, mapping)[0], mapping)
    except _BROKEN:
        return []
    return _said(header.headings) if header else []


def _csv(stream: BinaryIO, mapping: ColumnMapping) -> tuple[Iterator[Row], str | None]:
    """The rows of a delimited text, and the legacy encoding that it is in."""
    stream.seek(0)
    sample = stream.read(LIMITS.sniffed)
    encoding, legacy = _encoding_of(sample)
    shown = decoded_sample(sample)
    delimiter = max(DELIMITERS, key=lambda sign: _most_headings(shown, sign, mapping))
    stream.seek(0)
    return _csv_rows(_lines(stream, encoding, legacy), delimiter), legacy


def xlsx_records(stream: BinaryIO, start_at: int, mapping: ColumnMapping) -> Iterator[tuple[Piece, Draft | Fault]]:
    """Yield each row of a workbook's sheet with what it says."""
    fault = _bomb(stream)
    if fault:
        yield Piece(0, 0, b""), fault
        return
    try:
        yield from _records(_xlsx_rows(stream, mapping), start_at, mapping, None)
    except _BROKEN as error:
        detail = f"{type(error).__name__}: {error}"[:SHOWN]
        yield Piece(0, 0, b""), Fault(FaultCode.UNREADABLE, Severity.LOST, "", detail)


def _records(
    rows: Iterator[Row], start_at: int, mapping: ColumnMapping, legacy: str | None
) -> Iterator[tuple[Piece, Draft | Fault]]:
    before, header = _header(rows, mapping)
    if header is None:
        shown = "; ".join(" | ".join(cells) for _, _, cells, _ in before)[:SHOWN]
        yield Piece(0, 0, b""), Fault(FaultCode.NO_COLUMNS, Severity.LOST, "", shown)
        return
    first = [Fault(FaultCode.LEGACY_ENCODING, Severity.REPAIRED, "", legacy)] if legacy else []
    first += [
        Fault(FaultCode.UNKNOWN_COLUMN, Severity.NOTE, heading)
        for heading, column in zip(header.headings, header.columns, strict=True)
        if column == OTHER
    ]
    for row, end, cells, faults in rows:
        draft = draft_of(header, cells) if row >= start_at else None
        if draft:
            draft.faults[:0] = [*first, *faults]
            first = []
            yield Piece(row, end, _row(cells)), draft


def _header(rows: Iterator[Row], mapping: ColumnMapping) -> tuple[list[Row], Header | None]:
    """Read on to the first row that bears headings; where none does, what was read."""
    seen: list[Row] = []
    for row in rows:
        number, _, cells, _ = row
        wanted = number == mapping.header_row if mapping.header_row else headings_known(cells, mapping) > 1
        if wanted:
            headings = tuple(cells[: LIMITS.columns])
            return seen, Header(number, headings, tuple(columns_of(headings, mapping)))
        seen.append(row)
        if len(seen) >= LIMITS.header_rows:
            break
    return seen, None


def _encoding_of(sample: bytes) -> tuple[str, str | None]:
    """The encoding of a text and, where it is Windows-1252 on its face only, the key of LEGACY that it is in."""
    marked = next((name for mark, name in _MARKS.items() if sample.startswith(mark)), None)
    if marked:
        return marked, None
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        legacy = legacy_of(windows_1252(sample))
    else:
        return "utf-8", legacy_of(sample.decode("utf-8", "ignore"))
    if legacy:
        return "latin-1", legacy
    best = charset_normalizer.from_bytes(sample).best()
    return best.encoding if best else "latin-1", None


def decoded_sample(sample: bytes) -> str:
    """The first bytes of a text as letters, whatever they are encoded in; a letter cut in two is left out."""
    encoding, legacy = _encoding_of(sample)
    if legacy and encoding == "latin-1":
        return _convert(windows_1252(sample), legacy)
    return _convert(codecs.getincrementaldecoder(encoding)("replace").decode(sample), legacy)


def _convert(text: str, legacy: str | None) -> str:
    if not legacy:
        return text
    try:
        return LEGACY[legacy](text)
    except UnicodeError:
        return text


def _lines(stream: BinaryIO, encoding: str, legacy: str | None) -> Iterator[str]:
    """The lines of a text, none longer than a record may be."""
    text = io.TextIOWrapper(stream, encoding, errors="replace", newline="")
    try:
        while line := text.readline(LIMITS.record_bytes):
            shown = windows_1252(line.encode("latin-1")) if legacy and encoding == "latin-1" else line
            yield _convert(shown, legacy).replace("\0", "")
    finally:
        text.detach()


def _most_headings(sample: str, delimiter: str, mapping: ColumnMapping) -> int:
    rows = csv.reader(sample.splitlines()[: LIMITS.header_rows], delimiter=delimiter)
    return max((headings_known(cells, mapping) for cells in rows), default=0)


def _csv_rows(lines: Iterator[str], delimiter: str) -> Iterator[Row]:
    """Cells of each row. A quotation mark that is never closed is taken for a letter, so that it swallows no rows."""
    waiting: list[str] = []
    number = 1
    width = 0
    while line := (waiting.pop(0) if waiting else next(lines, "")):
        taken = [line]
        while (
            _open(taken) and len(taken) < LIMITS.row_lines and (more := waiting.pop(0) if waiting else next(lines, ""))
        ):
            taken.append(more)
        cells = next(csv.reader(taken, delimiter=delimiter), [])
        faults: tuple[Fault, ...] = ()
        if len(taken) > 1 and (_open(taken) or len(cells) > width > 0):
            waiting[:0] = taken[1:]
            taken = [line]
            cells = next(csv.reader(taken, delimiter=delimiter, quoting=csv.QUOTE_NONE), [])
            faults = (Fault(FaultCode.QUOTES, Severity.REPAIRED, "", line.strip()[:SHOWN]),)
        width = max(width, len(cells))
        yield number, number + len(taken), _unguarded(cells), faults
        number += len(taken)


def _open(lines: list[str]) -> bool:
    return sum(line.count('"') for line in lines) % 2 == 1


def _bomb(stream: BinaryIO) -> Fault | None:
    """What of a workbook is too large, as it says itself; a part that lies is cut off where it said it ends."""
    try:
        with zipfile.ZipFile(stream) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        return Fault(FaultCode.UNREADABLE, Severity.LOST, "", str(error)[:SHOWN])
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    strings = max((entry.file_size for entry in entries if entry.filename.endswith("sharedStrings.xml")), default=0)
    held = sum(entry.file_size for entry in entries if "worksheets/" not in entry.filename)
    exceeded = {
        f"{len(entries)} > {LIMITS.workbook_files}": len(entries) > LIMITS.workbook_files,
        f"{unpacked} > {LIMITS.workbook_bytes}": unpacked > LIMITS.workbook_bytes,
        f"{unpacked} / {packed}": unpacked > packed * LIMITS.workbook_ratio,
        f"{strings} > {LIMITS.shared_strings_bytes}": max(strings, held) > LIMITS.shared_strings_bytes,
    }
    detail = next((text for text, so in exceeded.items() if so), None)
    return Fault(FaultCode.TOO_LARGE, Severity.LOST, "", detail) if detail else None


def _xlsx_rows(stream: BinaryIO, mapping: ColumnMapping) -> Iterator[Row]:
    import openpyxl  # noqa: PLC0415 (a third of what it takes to start reading, and few files are workbooks)

    stream.seek(0)
    workbook = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
    sheet: Any = workbook[mapping.sheet] if mapping.sheet else workbook.worksheets[0]
    # What the sheet says of its own size is often wrong, and may be a lie.
    sheet.reset_dimensions()
    for number, cells in enumerate(sheet.iter_rows(max_col=LIMITS.columns, values_only=True), 1):
        yield number, number + 1, _unguarded([_shown(cell) for cell in cells]), ()


def _shown(cell: object) -> str:
    """The cell as a person sees it: whole numbers without a fraction, days without midnight."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


HEADINGS = tuple(COLUMNS)
TEMPLATE_SHEET: str = DATA["template_sheet"]


def csv_head() -> bytes:
    """The row of headings, behind the mark by which spreadsheets know UTF-8."""
    return codecs.BOM_UTF8 + guarded_row([COLUMNS[name]["heading"] for name in HEADINGS])


def csv_row(record: pymarc.Record) -> bytes:
    """A record as one row under the headings of csv_head."""
    cells = cells_of(record)
    return guarded_row([cells.get(name, "") for name in HEADINGS])


def guarded_row(cells: Sequence[str]) -> bytes:
    """A row of delimited text in which no cell is a formula."""
    return _row([f"{_GUARD}{cell}" if cell.startswith(_FORMULA) else cell for cell in cells])


def _unguarded(cells: Sequence[str]) -> list[str]:
    return [cell[1:] if cell.startswith(_GUARDED) else cell for cell in cells]


def _row(cells: Sequence[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue().encode("utf-8", "replace")


def cells_in(row: bytes) -> list[str]:
    """The cells of a row as `Found.raw` has it, to the last that says anything."""
    return _said(next(csv.reader(io.StringIO(row.decode(), newline="")), []))


def _said(cells: Sequence[str]) -> list[str]:
    """A sheet of a workbook is wider than what stands on it."""
    width = max((place for place, cell in enumerate(cells, 1) if cell), default=0)
    return list(cells[:width])


def template() -> bytes:
    """A workbook to fill in: headings with a word on each, and one row as an example."""
    import openpyxl  # noqa: PLC0415 (as for reading one)
    from openpyxl.comments import Comment  # noqa: PLC0415
    from openpyxl.styles import Font  # noqa: PLC0415

    workbook = openpyxl.Workbook()
    sheet: Any = workbook.active
    offered = [column for column in COLUMNS.values() if column.get("template", True)]
    sheet.title = TEMPLATE_SHEET
    sheet.append([column["heading"] for column in offered])
    sheet.append([column["example"] for column in offered])
    for place, column in enumerate(offered, 1):
        heading = sheet.cell(1, place)
        heading.font = Font(bold=True)
        sheet.column_dimensions[heading.column_letter].width = max(12, len(column["heading"]) + 4)
        if column.get("hint"):
            heading.comment = Comment(column["hint"], TEMPLATE_SHEET)
    sheet.freeze_panes = "A2"
    written = io.BytesIO()
    workbook.save(written)
    return written.getvalue()

"""What a person takes home of an import: its report as a table, and the faulty records themselves."""

from __future__ import annotations

import codecs
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from fastapi.concurrency import run_in_threadpool  # which waits for its thread also where nobody waits any more
from fastapi.responses import StreamingResponse

from services.catalog.dependencies import Catalog, TheCatalog
from services.catalog.formats import Severity
from services.catalog.formats.tables import guarded_row
from services.catalog.imports import store
from services.catalog.imports.faulty import SUFFIXES, Cutting
from services.catalog.imports.run import ReportRow, Run
from shared.store.objects import ObjectMissing
from shared.web.problems import Messages, Problem

AT_ONCE = 200
"""Records."""
COLUMNS = ("number", "place", "title", "severity", "field", "text", "handled", "contribution")


def report_table(
    catalog: Catalog, run: Run, severity: Severity | None, texts: Messages, language: str
) -> StreamingResponse:
    """The report as delimited text in the reader's language, a line a fault."""

    async def lines() -> AsyncIterator[bytes]:
        headings = [texts.text(f"report-{column}", language) for column in COLUMNS]
        yield codecs.BOM_UTF8 + guarded_row(headings)
        async for row in store.report_rows(catalog.works.database, run.id, severity):
            yield b"".join(_lines(row, texts, language))

    return _download(lines(), "text/csv; charset=utf-8", f"{Path(run.name).stem} - báo cáo.csv")


def _lines(row: ReportRow, texts: Messages, language: str) -> Iterator[bytes]:
    for fault in row.faults:
        said = (
            str(row.number),
            str(row.position),
            row.title,
            texts.text(f"import-severity-{fault.severity}", language),
            fault.field,
            texts.text(f"fault-{fault.code}", language, field=fault.field, detail=fault.detail),
            texts.text(f"handled-{row.handled(fault)}", language),
            row.contribution or "",
        )
        yield guarded_row(said)


async def file_place(catalog: TheCatalog) -> AsyncIterator[None]:
    """Held until the file is sent. Raises Problem 503."""
    async with catalog.uploads.one():
        yield


async def faulty_file(catalog: Catalog, run: Run, severity: Severity | None) -> StreamingResponse:
    """The records that the report names, as they stand in the file. Raises Problem 404 where the file is not kept."""
    if run.key is None:
        raise Problem(404, "import-no-file-kept")
    mapping = run.mapping.columns() if run.mapping else None
    folder = TemporaryDirectory(prefix="lienthong-faulty-")
    path = Path(folder.name) / "file"
    try:
        await catalog.objects.fetch(run.key, path)
    except ObjectMissing as error:
        folder.cleanup()
        raise Problem(404, "import-no-file-kept") from error

    async def records() -> AsyncIterator[bytes]:
        with folder, path.open("rb") as stream, closing(Cutting(stream, run.form, mapping)) as cutting:
            yield await run_in_threadpool(cutting.begin)
            async for positions in _positions(catalog, run, severity):
                while positions:
                    cut, done = await run_in_threadpool(cutting.take, positions)
                    del positions[:done]
                    if cut:
                        yield cut
            yield cutting.end()

    name = f"{Path(run.name).stem} - lỗi.{SUFFIXES[run.form]}"
    return _download(records(), "application/octet-stream", name)


async def _positions(catalog: Catalog, run: Run, severity: Severity | None) -> AsyncIterator[list[int]]:
    """Ascending, each once: several records of JSON stand in one object, and what ends a table stands nowhere."""
    last, positions = -1, []
    async for row in store.report_rows(catalog.works.database, run.id, severity):
        if row.position > last:
            last = row.position
            positions.append(last)
        if len(positions) == AT_ONCE:
            yield positions
            positions = []
    if positions:
        yield positions


def _download(body: AsyncIterator[bytes], media_type: str, name: str) -> StreamingResponse:
    disposition = f"attachment; filename*=UTF-8''{quote(name, safe='', errors='replace')}"
    return StreamingResponse(body, media_type=media_type, headers={"content-disposition": disposition})

"""Imports over HTTP: sources, files sent in, what became of them, and what was wrong with each record."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict

from services.catalog.dependencies import Limit, PageCursor, TheCatalog
from services.catalog.formats import Format, Severity
from services.catalog.imports import store
from services.catalog.imports.asking import (
    Wish,
    import_for_good,
    libraries_to_import_for,
    own_run,
    own_source,
    received,
    save_source,
    take_file,
)
from services.catalog.imports.reporting import faulty_file, file_place, report_table
from services.catalog.imports.run import Content, Counts, ReportRow, Run, RunId, RunState
from services.catalog.imports.source import Mapping, OaiAddress, Source, SourceName, Trust
from shared.events.vocabulary import LibraryId
from shared.web.auth import Person, Role, needs
from shared.web.problems import Messages, Problem, language_of

router = APIRouter(prefix="/v1", tags=["imports"])
Importer = Annotated[Person, Depends(needs(Role.LIBRARIAN, Role.LIBRARY_SYSTEM, Role.OPERATOR))]
SourceId = Annotated[SourceName, Path()]
OnlySeverity = Annotated[Severity | None, Query(description="Only records whose worst fault is this")]


async def _own(run: RunId, catalog: TheCatalog, person: Importer) -> Run:
    return await own_run(catalog, run, person)


OwnRun = Annotated[Run, Depends(_own)]
TABLE: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {}}, "description": "CSV, UTF-8"}}
FAULTY: dict[int | str, dict[str, Any]] = {200: {"content": {"application/octet-stream": {}}, "description": "Records"}}
FILE = {"requestBody": {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}}


class SourceForm(BaseModel):
    """What a source is. trust: only an operator may change it; form: told from each file where it is left out."""

    model_config = ConfigDict(extra="forbid")

    library: LibraryId
    trust: Trust | None = None
    form: Format | None = None
    mapping: Mapping | None = None
    oai: OaiAddress | None = None


class SourceView(BaseModel):
    source: str
    library: str
    trust: int
    form: Format | None
    mapping: Mapping | None
    oai: OaiAddress | None
    made_at: datetime


class Sources(BaseModel):
    sources: list[SourceView]
    next_cursor: str | None


class RunView(BaseModel):
    """An import or a harvest. position: how far the file was read; failure: why it ended before its end."""

    run: str
    source: str
    library: str
    state: RunState
    name: str
    form: Format
    content: Content
    size: int
    whole: bool
    dry: bool
    by: str
    position: int
    counts: Counts
    failure: str | None
    failure_text: str | None
    not_retired: bool
    """Nothing is retired though the file was whole: something in it could not be read."""
    created_at: datetime
    finished_at: datetime | None


class Runs(BaseModel):
    imports: list[RunView]
    next_cursor: str | None


class FaultView(BaseModel):
    """One thing that was wrong. field: tag, element or column; text, handled: in the reader's language."""

    code: str
    severity: Severity
    field: str
    detail: str
    text: str
    handled: str
    """What was done about it."""


class ReportLine(BaseModel):
    """A record of which something is to be said. position: byte or row; contribution: None if not taken in."""

    number: int
    position: int
    severity: Severity
    title: str
    contribution: str | None
    faults: list[FaultView]


class Report(BaseModel):
    lines: list[ReportLine]
    next_cursor: str | None


@router.get("/sources")
async def list_sources(catalog: TheCatalog, _: Importer, limit: Limit = 50, cursor: PageCursor = None) -> Sources:
    """Every source, in the order of the names."""
    found = await store.list_sources(catalog.works.database, cursor, limit + 1)
    shown = found[:limit]
    following = shown[-1].id if len(found) > limit else None
    return Sources(sources=[_source(one) for one in shown], next_cursor=following)


@router.get("/sources/{source}")
async def show_source(source: SourceId, catalog: TheCatalog, _: Importer) -> SourceView:
    """One source."""
    return _source(await store.get_source(catalog.committed, source))


@router.put("/sources/{source}")
async def put_source(source: SourceId, body: SourceForm, catalog: TheCatalog, person: Importer) -> SourceView:
    """Make a source or change it."""
    return _source(await save_source(catalog, source, body.model_dump(exclude_none=True), person))


@dataclass(frozen=True)
class Asked:
    """What a file is to be taken in as."""

    source: Annotated[SourceName, Query()]
    name: Annotated[str, Query(min_length=1, max_length=300, description="Name of the file")]
    form: Annotated[Format | None, Query(description="Told from the source or the file where it is left out")] = None
    whole: Annotated[bool, Query(description="Retire records of the source that the file does not have")] = False
    dry: Annotated[bool, Query(description="Only read and report")] = False
    content: Annotated[Content, Query(description="Works, or headings of the authority file")] = Content.WORKS


@router.post("/imports", status_code=202, openapi_extra=FILE)
async def import_file(
    request: Request, asked: Annotated[Asked, Depends()], catalog: TheCatalog, person: Importer
) -> RunView:
    """Send a file of records; it is imported in the background, and the answer is where to look how it goes."""
    source = await own_source(catalog, asked.source, person)
    wish = Wish(asked.name, asked.form, asked.whole, asked.dry, asked.content)
    async with catalog.uploads.one(), received(request.stream(), catalog.import_max_bytes) as file:
        run = await take_file(catalog, source, file, wish, person)
    return _run(run, request)


@router.post("/imports/{run}/for-good", status_code=202)
async def import_tried(tried: OwnRun, request: Request, catalog: TheCatalog, person: Importer) -> RunView:
    """Import the file of a dry run."""
    return _run(await import_for_good(catalog, tried, person), request)


@router.get("/imports")
async def list_imports(
    request: Request,
    catalog: TheCatalog,
    person: Importer,
    *,
    source: Annotated[SourceName | None, Query()] = None,
    limit: Limit = 50,
    cursor: PageCursor = None,
) -> Runs:
    """Imports and harvests of one's own libraries, the newest first."""
    before = _before(cursor) if cursor else None
    query: dict[str, Any] = {"library": {"$in": await libraries_to_import_for(catalog, person)}}
    query |= {"source": source} if source else {}
    found = await store.list_runs(catalog.works.database, query, before, limit + 1)
    shown = found[:limit]
    following = _cursor(shown[-1]) if len(found) > limit else None
    return Runs(imports=[_run(one, request) for one in shown], next_cursor=following)


@router.get("/imports/{run}")
async def show_import(run: OwnRun, request: Request) -> RunView:
    """How far an import has got."""
    return _run(run, request)


@router.get("/imports/{run}/report")
async def show_report(
    run: OwnRun,
    request: Request,
    catalog: TheCatalog,
    *,
    severity: OnlySeverity = None,
    limit: Limit = 50,
    cursor: Annotated[int | None, Query(ge=0, le=10**12, description="`next_cursor` of the page before.")] = None,
) -> Report:
    """What was wrong with each record and what was done about it, in the order of the file."""
    found = await store.list_report(catalog.works.database, run.id, severity, cursor or 0, limit + 1)
    shown = found[:limit]
    following = str(shown[-1].number) if len(found) > limit else None
    return Report(lines=[_line(row, request) for row in shown], next_cursor=following)


@router.get("/imports/{run}/report.csv", response_class=StreamingResponse, responses=TABLE)
async def download_report(
    run: OwnRun, request: Request, catalog: TheCatalog, *, severity: OnlySeverity = None
) -> StreamingResponse:
    """The whole report as a table, a line a fault."""
    return report_table(catalog, run, severity, _texts(request), language_of(request))


@router.get(
    "/imports/{run}/faulty",
    response_class=StreamingResponse,
    responses=FAULTY,
    dependencies=[Depends(file_place)],
)
async def download_faulty(run: OwnRun, catalog: TheCatalog, *, severity: OnlySeverity = None) -> StreamingResponse:
    """The records that the report names, as they stand in the file that was sent, to be mended and sent again."""
    return await faulty_file(catalog, run, severity)


def _source(source: Source) -> SourceView:
    return SourceView(source=source.id, **source.model_dump(exclude={"id"}))


def _run(run: Run, request: Request) -> RunView:
    fields = run.model_dump(exclude={"id", "mapping", "sha256", "key", "number", "tries", "detail"}, by_alias=True)
    return RunView(run=run.id, failure_text=_failure(run, request), **fields)


def _failure(run: Run, request: Request) -> str | None:
    if run.failure is None:
        return None
    return _texts(request).text(f"import-{run.failure}", language_of(request), detail=run.detail or "")


def _line(row: ReportRow, request: Request) -> ReportLine:
    texts, language = _texts(request), language_of(request)
    faults = [
        FaultView(
            text=texts.text(f"fault-{fault.code}", language, field=fault.field, detail=fault.detail),
            handled=texts.text(f"handled-{row.handled(fault)}", language),
            **fault.model_dump(),
        )
        for fault in row.faults
    ]
    return ReportLine(faults=faults, **row.model_dump(exclude={"run", "faults"}))


def _texts(request: Request) -> Messages:
    found: Messages = request.app.state.messages
    return found


def _cursor(run: Run) -> str:
    return base64.urlsafe_b64encode(f"{run.created_at.isoformat()}|{run.id}".encode()).decode()


def _before(cursor: str) -> tuple[datetime, str]:
    try:
        moment, _, run = base64.urlsafe_b64decode(cursor.encode()).decode().partition("|")
        return datetime.fromisoformat(moment).astimezone(UTC), run
    except (binascii.Error, ValueError, OverflowError) as error:
        raise Problem(422, "bad-cursor") from error

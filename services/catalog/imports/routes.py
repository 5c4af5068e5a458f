"""Imports over HTTP: sources, files sent in, what became of them, and what was wrong with each record."""

from __future__ import annotations

import base64
import binascii
import hashlib
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi import Path as InPath
from pydantic import BaseModel, ConfigDict
from starlette.requests import ClientDisconnect

from services.catalog.dependencies import Catalog, Limit, PageCursor, TheCatalog
from services.catalog.formats import Format, Severity, detect
from services.catalog.imports import store
from services.catalog.imports.run import Counts, ReportRow, Run, RunState
from services.catalog.imports.source import OWN_DOCUMENTS, Mapping, OaiAddress, Source, SourceName, Trust
from services.catalog.registry.library import acts_for
from services.catalog.registry.store import get_library
from shared.events.vocabulary import LibraryId
from shared.web.auth import Person, Role, needs
from shared.web.problems import Messages, Problem, language_of

router = APIRouter(prefix="/v1", tags=["imports"])
Importer = Annotated[Person, Depends(needs(Role.LIBRARIAN, Role.LIBRARY_SYSTEM, Role.OPERATOR))]
SourceId = Annotated[SourceName, InPath()]
RunId = Annotated[str, InPath(pattern=r"^i-[0-9a-f]{24}$")]
HEAD_BYTES = 4096
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
    size: int
    whole: bool
    dry: bool
    by: str
    position: int
    counts: Counts
    failure: str | None
    failure_text: str | None
    created_at: datetime
    finished_at: datetime | None


class Runs(BaseModel):
    imports: list[RunView]
    next_cursor: str | None


class FaultView(BaseModel):
    """One thing that was wrong. field: tag, element or column; text: in the reader's language."""

    code: str
    severity: Severity
    field: str
    detail: str
    text: str


class ReportLine(BaseModel):
    """A record of which something is to be said. position: byte, ordinal or row; contribution: None if not taken in."""

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
    known = await store.find_source(catalog.committed, source)
    if source == OWN_DOCUMENTS or (known and known.library != body.library):
        raise Problem(409, "source-of-another-library", source=source)
    await _check_acts_for(catalog, body.library, person)
    fields = body.model_dump(exclude_none=True)
    if body.trust is not None and Role.OPERATOR not in person.roles and body.trust != (known.trust if known else None):
        raise Problem(403, "trust-by-operator")
    if known and body.trust is None:
        fields["trust"] = known.trust
    made = Source.model_validate({"id": source, "made_at": known.made_at if known else datetime.now(UTC), **fields})
    await store.put_source(catalog.works.database, made)
    return _source(made)


@dataclass(frozen=True)
class Asked:
    """What a file is to be taken in as."""

    source: Annotated[SourceName, Query()]
    name: Annotated[str, Query(min_length=1, max_length=300, description="Name of the file")]
    form: Annotated[Format | None, Query(description="Told from the source or the file where it is left out")] = None
    whole: Annotated[bool, Query(description="Retire records of the source that the file does not have")] = False
    dry: Annotated[bool, Query(description="Only read and report")] = False


@router.post("/imports", status_code=202, openapi_extra=FILE)
async def import_file(
    request: Request, asked: Annotated[Asked, Depends()], catalog: TheCatalog, person: Importer
) -> RunView:
    """Send a file of records; it is imported in the background, and the answer is where to look how it goes."""
    source = await store.get_source(catalog.committed, asked.source)
    await _check_acts_for(catalog, source.library, person)
    with TemporaryDirectory(prefix="lienthong-upload-") as folder:
        path = Path(folder) / "file"
        sha256, size = await _receive(request, path, catalog.import_max_bytes)
        with path.open("rb") as stream:
            form = asked.form or source.form or detect(stream.read(HEAD_BYTES), asked.name)
        if form is None:
            raise Problem(415, "import-unknown-form", file=asked.name)
        key = f"imports/{source.id}/{uuid.uuid4().hex}"
        await catalog.objects.put_file(key, path)
    fields = {"name": asked.name, "form": form, "sha256": sha256, "size": size, "key": key, "whole": asked.whole}
    fields |= {"dry": asked.dry, "by": person.signature}
    return _run(await store.begin_run(catalog.works.database, source, fields), request)


@router.get("/imports")
async def list_imports(
    request: Request,
    catalog: TheCatalog,
    _: Importer,
    source: Annotated[SourceName | None, Query()] = None,
    limit: Limit = 50,
    cursor: PageCursor = None,
) -> Runs:
    """Imports and harvests, the newest first."""
    before = _before(cursor) if cursor else None
    query = {"source": source} if source else {}
    found = await store.list_runs(catalog.works.database, query, before, limit + 1)
    shown = found[:limit]
    following = _cursor(shown[-1]) if len(found) > limit else None
    return Runs(imports=[_run(one, request) for one in shown], next_cursor=following)


@router.get("/imports/{run}")
async def show_import(run: RunId, request: Request, catalog: TheCatalog, _: Importer) -> RunView:
    """How far an import has got."""
    return _run(await store.get_run(catalog.committed, run), request)


@router.get("/imports/{run}/report")
async def show_report(
    run: RunId,
    request: Request,
    catalog: TheCatalog,
    _: Importer,
    *,
    severity: Annotated[Severity | None, Query(description="Only records whose worst fault is this")] = None,
    limit: Limit = 50,
    cursor: Annotated[int | None, Query(ge=0, le=10**12, description="`next_cursor` of the page before.")] = None,
) -> Report:
    """What was wrong with each record and what was done about it, in the order of the file."""
    await store.get_run(catalog.committed, run)
    found = await store.list_report(catalog.works.database, run, severity, cursor or 0, limit + 1)
    shown = found[:limit]
    following = str(shown[-1].number) if len(found) > limit else None
    return Report(lines=[_line(row, request) for row in shown], next_cursor=following)


async def _check_acts_for(catalog: Catalog, library: str, person: Person) -> None:
    found = await get_library(catalog.committed, library)
    is_its_system = Role.LIBRARY_SYSTEM in person.roles and person.org == library
    if not (acts_for(person, found) or is_its_system):
        raise Problem(403, "not-your-library", library=library)


async def _receive(request: Request, path: Path, max_bytes: int) -> tuple[str, int]:
    """The body into a file; its SHA-256 and size. Raises Problem 413, 400."""
    digest, size = hashlib.sha256(), 0
    with path.open("xb") as file:
        try:
            async for chunk in request.stream():
                size += len(chunk)
                if size > max_bytes:
                    raise Problem(413, "import-too-large", megabytes=max_bytes // 1_000_000)
                digest.update(chunk)
                file.write(chunk)
        except ClientDisconnect as error:
            raise Problem(400, "import-broken-off") from error
    return digest.hexdigest(), size


def _source(source: Source) -> SourceView:
    return SourceView(source=source.id, **source.model_dump(exclude={"id"}))


def _run(run: Run, request: Request) -> RunView:
    fields = run.model_dump(exclude={"id", "sha256", "key", "number", "detail"}, by_alias=True)
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

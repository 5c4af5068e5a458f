"""Importing by hand: a file dropped and tried, its progress, its report read, and then the import for good."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile

from services.catalog.dependencies import Catalog, TheCatalog
from services.catalog.formats import Format, Severity, template
from services.catalog.imports import store
from services.catalog.imports.asking import Wish, import_for_good, make_source, own_run, own_source, take_file
from services.catalog.imports.reporting import faulty_file, file_place, report_table
from services.catalog.imports.run import RunId, RunState
from services.catalog.imports.source import Source
from services.catalog.librarians.site import MOST_COUNTED, SignedIn, Texts, site
from services.catalog.librarians.views import record_line, run_line
from services.catalog.registry.store import libraries_judged_by, libraries_of
from services.catalog.union.store import count_questions
from shared.web.auth import Person
from shared.web.problems import Problem
from shared.web.session import check_form
from shared.web.staff.pages import FormKey

router = site.section()
OnlySeverity = Annotated[Severity | str, Query(max_length=10)]
RUNS, SOURCES, LINES = 15, 500, 50
FORM_BYTES = 100_000
"""What a form may have beside its file."""
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("")
async def show_imports(request: Request, catalog: TheCatalog, session: SignedIn) -> Response:
    """The form that takes a file, and the imports so far."""
    return await _form(request, catalog, session.person)


@router.post("/imports")
async def import_file(request: Request, catalog: TheCatalog, session: SignedIn) -> Response:
    """Take a file, first of all to try it."""
    _check_size(request, catalog.import_max_bytes)
    async with catalog.uploads.one(), request.form(max_files=1, max_fields=20) as form:
        check_form(session, str(form.get("form_key", "")))
        file = form.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            return await _form(request, catalog, session.person, 422, wrong="imports.missing")
        if bool(_said(form, "source")) == bool(_said(form, "new_source")):
            return await _form(request, catalog, session.person, 422, wrong="imports.one_source")
        source = await _source(catalog, form, session.person)
        chosen = str(form.get("form", ""))
        wish = Wish(
            name=file.filename[-300:],
            form=Format(chosen) if chosen in set(Format) else None,
            whole="whole" in form,
            dry=form.get("how") != "for-good",
        )
        run = await take_file(catalog, source, file.file, wish, session.person)
    return site.redirect(site.frame(request).link("imports", run.id))


@router.get("/template.xlsx")
async def download_template(_: SignedIn) -> Response:
    """A workbook to fill in, for libraries without any system."""
    headers = {"content-disposition": 'attachment; filename="bieu-ghi.xlsx"'}
    return Response(template(), media_type=WORKBOOK, headers=headers)


@router.get("/imports/{run}")
async def show_import(
    request: Request,
    run: RunId,
    catalog: TheCatalog,
    session: SignedIn,
    *,
    severity: OnlySeverity = "",
    after: Annotated[int, Query(ge=0, le=10**12)] = 0,
) -> Response:
    """How far an import has got, and what is to be said of its records."""
    found = await own_run(catalog, run, session.person)
    only = _severity(severity)
    rows = await store.list_report(catalog.works.database, run, only, after, LINES + 1)
    counts = await store.count_report(catalog.works.database, run)
    texts = Texts(request)
    return site.page(
        request,
        "import.html",
        run=run_line(found, texts),
        may_go_on=found.dry and found.state == RunState.DONE and found.key is not None,
        kept=found.key is not None,
        severities=[(one, texts(f"import-severity-{one}"), counts.get(one, 0)) for one in reversed(Severity)],
        severity=only,
        said_of=sum(counts.values()),
        rows=[record_line(row, found.form, texts) for row in rows[:LINES]],
        following=rows[LINES - 1].number if len(rows) > LINES else None,
        after=after,
    )


@router.get("/imports/{run}/progress")
async def show_progress(request: Request, run: RunId, catalog: TheCatalog, session: SignedIn) -> Response:
    """The part of an import's page that says how far it has got, for a page that is open to look again and again."""
    found = await own_run(catalog, run, session.person)
    return site.page(request, "progress.html", run=run_line(found, Texts(request)))


@router.post("/imports/{run}/for-good")
async def import_tried(
    request: Request, run: RunId, catalog: TheCatalog, session: SignedIn, *, form_key: FormKey
) -> Response:
    """Import the file that was tried."""
    check_form(session, form_key)
    tried = await own_run(catalog, run, session.person)
    begun = await import_for_good(catalog, tried, session.person)
    return site.redirect(site.frame(request).link("imports", begun.id))


@router.get("/imports/{run}/report.csv")
async def download_report(
    request: Request, run: RunId, catalog: TheCatalog, session: SignedIn, *, severity: OnlySeverity = ""
) -> StreamingResponse:
    """The report as a table."""
    found = await own_run(catalog, run, session.person)
    return report_table(catalog, found, _severity(severity), request.app.state.messages, Texts(request).language)


@router.get("/imports/{run}/faulty", dependencies=[Depends(file_place)])
async def download_faulty(
    run: RunId, catalog: TheCatalog, session: SignedIn, *, severity: OnlySeverity = ""
) -> StreamingResponse:
    """The records that the report names, as they stand in the file."""
    return await faulty_file(catalog, await own_run(catalog, run, session.person), _severity(severity))


async def _form(
    request: Request, catalog: Catalog, person: Person, status: int = 200, *, wrong: str | None = None
) -> Response:
    database = catalog.works.database
    libraries = await libraries_of(database, person)
    ids = [library.id for library in libraries]
    runs = await store.list_runs(database, {"library": {"$in": ids}}, None, RUNS)
    sources = await store.list_sources(database, None, SOURCES, ids)
    texts = Texts(request)
    return site.page(
        request,
        "imports.html",
        status,
        wrong=wrong,
        sources=sources,
        libraries=libraries,
        titles={library.id: library.title for library in libraries},
        forms=[(one.value, texts(f"format-{one.value}")) for one in Format],
        runs=[run_line(one, texts) for one in runs],
        questions=await count_questions(database, await libraries_judged_by(database, person), MOST_COUNTED + 1),
        most=MOST_COUNTED,
    )


def _said(form: FormData, field: str) -> str:
    return str(form.get(field, "")).strip()[:200]


async def _source(catalog: Catalog, form: FormData, person: Person) -> Source:
    """The source that was chosen, or a new one. Raises Problem 403, 404, 409, 422."""
    if chosen := _said(form, "source"):
        return await own_source(catalog, chosen, person)
    try:
        return await make_source(catalog, _said(form, "new_source"), _said(form, "library"), person)
    except ValidationError as error:
        raise Problem(422, "import-bad-name") from error


def _check_size(request: Request, most: int) -> None:
    """Refuse what is too large before any of it is read; without a length nobody knows. Raises Problem 411, 413."""
    length = request.headers.get("content-length", "")
    if not length.isdecimal():
        raise Problem(411, "import-no-length")
    if int(length) > most + FORM_BYTES:
        raise Problem(413, "import-too-large", megabytes=most // 1_000_000)


def _severity(text: str) -> Severity | None:
    return Severity(text) if text in set(Severity) else None

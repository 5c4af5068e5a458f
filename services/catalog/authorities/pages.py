"""The authority files as readers see them: an alphabetical list, and a page for each heading with its works."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.catalog.authorities import store
from services.catalog.authorities.authority import Authority, Form, Kind, Level, Related, form_of, page_of
from services.catalog.authorities.linking import Known
from services.catalog.authorities.routes import Cursor, cursor_of, name_view, place_of
from services.catalog.dependencies import Catalog, TheCatalog
from services.catalog.discovery.asking import Asked
from services.catalog.discovery.finding import find
from services.catalog.discovery.pages import Chosen, ChosenLanguage, as_page
from services.catalog.identity import Row
from services.catalog.portal import (
    ErrorView,
    HeadingView,
    ListedName,
    NamesView,
    WorksView,
    render_error,
    render_heading,
    render_names,
)
from services.catalog.search import Sort

router = APIRouter(tags=["pages"], default_response_class=HTMLResponse)
LISTED = 60
WORKS = 20
LISTS = {"tac-gia": (Kind.PERSON, Kind.BODY), "chu-de": (Kind.SUBJECT, Kind.PLACE)}
"""Which kinds of headings each list has."""
HeadingId = Annotated[str, Path(max_length=100)]
Start = Annotated[str, Query(alias="tu", max_length=200)]


@router.get("/tac-gia")
async def creators_page(
    catalog: TheCatalog, language: ChosenLanguage, start: Start = "", cursor: Cursor = None
) -> HTMLResponse:
    """People and bodies in the order of the alphabet."""
    return await _list(catalog, "tac-gia", language, start, cursor)


@router.get("/chu-de")
async def subjects_page(
    catalog: TheCatalog, language: ChosenLanguage, start: Start = "", cursor: Cursor = None
) -> HTMLResponse:
    """Subjects and places in the order of the alphabet."""
    return await _list(catalog, "chu-de", language, start, cursor)


@router.get("/tac-gia/{heading}")
async def creator_page(heading: HeadingId, catalog: TheCatalog, language: ChosenLanguage) -> Response:
    """A person or a body: its names, and the works by it and about it."""
    return await _heading(catalog, f"/tac-gia/{heading}", heading, language)


@router.get("/chu-de/{heading}")
async def subject_page(heading: HeadingId, catalog: TheCatalog, language: ChosenLanguage) -> Response:
    """A subject or a place: its names, and the works about it."""
    return await _heading(catalog, f"/chu-de/{heading}", heading, language)


async def _list(catalog: Catalog, name: str, language: Chosen, start: str, cursor: str | None) -> HTMLResponse:
    after = place_of(cursor) if cursor else None
    rows = await store.browse(catalog.works.database, LISTS[name], start, after, LISTED + 1)
    listed = tuple(_listed(row) for row in rows[:LISTED])
    following = cursor_of(rows[LISTED - 1]) if len(rows) > LISTED else None
    return as_page(render_names(NamesView(**language, list=name, start=start, names=listed, following=following)))


async def _heading(catalog: Catalog, path: str, heading: str, language: Chosen) -> Response:
    row = await store.find_authority(catalog.committed, heading)
    if row is None:
        return as_page(render_error(ErrorView(**language, status=404)), 404)
    stands = row["redirect_to"] or row["_id"]
    address = page_of(stands, Kind(row["said"]["kind"]))
    if address != path:
        return RedirectResponse(quote(address), 301)
    return as_page(render_heading(await _view(catalog, row, address, language)))


async def _view(catalog: Catalog, row: Row, address: str, language: Chosen) -> HeadingView:
    said = Authority.model_validate(row["said"])
    return HeadingView(
        **language,
        id=row["_id"],
        permalink=f"{catalog.public_url}{address}",
        kind=said.kind.value,
        name=said.heading.name,
        dates=said.heading.dates,
        variants=tuple((name.text, name.label) for name in said.variants),
        related=await _with_pages(catalog, said.related),
        classes=said.classes,
        sources=said.sources,
        ids=said.ids,
        note=said.note,
        provisional=said.level is Level.PROVISIONAL,
        by=await _works(catalog, f"by:{row['_id']}"),
        about=await _works(catalog, f"about:{row['_id']}"),
    )


async def _works(catalog: Catalog, query: str) -> WorksView:
    """The first works that a query finds, the newest editions first."""
    found = await find(catalog, Asked(query, sort=Sort.YEAR), limit=WORKS, verbatim=True)
    return WorksView(query, found.page.total, found.page.hits)


async def _with_pages(catalog: Catalog, related: Sequence[Related]) -> tuple[tuple[str, str | None], ...]:
    """Each name as it is read, and the page of its heading where it has one."""
    forms = [form_of(name.kind, name.name) for name in related]
    known = await store.committed_under(catalog.works.database, sorted({form.folded for form in forms}))
    return tuple((name.text, _page_of(name, form, known)) for name, form in zip(related, forms, strict=True))


def _page_of(name: Related, form: Form, known: Mapping[str, Sequence[Known]]) -> str | None:
    same = (one for one in known.get(form.folded, ()) if one.authority.kind is name.kind and one.forms[0] == form)
    return next((page_of(one.id, name.kind) for one in same), None)


def _listed(row: Row) -> ListedName:
    name = name_view(row)
    heading = name.see.authority if name.see else name.authority
    return ListedName(name.text, page_of(heading, name.kind), name.see.text if name.see else None)

"""The pages of sector catalogues: what they are, what came in last, and how to take them away; for anyone."""

from __future__ import annotations

import asyncio
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query, Response
from fastapi.responses import HTMLResponse, StreamingResponse

from services.catalog.dependencies import Catalog, TheCatalog, export_place
from services.catalog.discovery.asking import Asked
from services.catalog.discovery.finding import find
from services.catalog.discovery.pages import ChosenLanguage, as_page
from services.catalog.exchange import atom
from services.catalog.exchange.export.whole import KINDS, FileFormat, file_of
from services.catalog.exchange.store import public_in
from services.catalog.portal import ErrorView, ScopePage, render_error, render_scope
from services.catalog.scopes.scope import Scope, ScopeId
from services.catalog.scopes.store import find_scope, get_scope
from services.catalog.search import Hit, SearchPage, Sort
from shared.web.languages import Language

router = APIRouter(prefix="/tm", tags=["scopes"])
NEWEST_ON_PAGE = 12
NEWEST_IN_FEED = 50
FRESH = {"cache-control": "public, max-age=300", "vary": "accept-language"}


@router.get("/{scope}", response_class=HTMLResponse)
async def scope_page(
    scope: Annotated[str, Path(max_length=200)], catalog: TheCatalog, language: ChosenLanguage
) -> HTMLResponse:
    """A sector catalogue: what it is, a search within it, what came in last, its feed, set and files."""
    found = await find_scope(catalog.committed, scope)
    if found is None:
        return as_page(render_error(ErrorView(**language, status=404)), 404)
    newest = await _newest(catalog, found, NEWEST_ON_PAGE)
    view = ScopePage(
        **language,
        id=found.id,
        permalink=f"{catalog.public_url}/tm/{found.id}",
        title=found.name(language["language"]),
        about=found.description(language["language"]),
        total=newest.total,
        newest=newest.hits,
        library_titles=await catalog.library_titles.all(),
        oai_set=found.spec,
        formats=tuple((name.value, kind.media_type) for name, kind in KINDS.items()),
    )
    return as_page(render_scope(view))


@router.get(
    "/{scope}/feed",
    response_class=Response,
    responses={200: {"content": {"application/atom+xml": {}}, "description": "RFC 4287"}},
)
async def scope_feed(scope: ScopeId, catalog: TheCatalog, language: ChosenLanguage) -> Response:
    """What came into a sector catalogue last, as Atom."""
    found = await get_scope(catalog.committed, scope)
    newest = await _newest(catalog, found, NEWEST_IN_FEED)
    body = await asyncio.to_thread(atom.as_atom, _feed(catalog, found, newest, language["language"]))
    return Response(body, media_type=atom.MEDIA_TYPE, headers=FRESH)


@router.get(
    "/{scope}/records",
    response_class=StreamingResponse,
    dependencies=[Depends(export_place)],
    responses={200: {"content": {kind.media_type: {} for kind in KINDS.values()}, "description": "One file"}},
)
async def scope_records(
    scope: ScopeId,
    catalog: TheCatalog,
    *,
    form: Annotated[FileFormat, Query(alias="format")] = FileFormat.MARC,
) -> StreamingResponse:
    """All editions of a sector catalogue as one file, in the order of their ids."""
    found = await get_scope(catalog.committed, scope)
    kind = KINDS[form]
    body = file_of(kind, public_in(catalog.works.database, found.spec))
    named = {"content-disposition": f'attachment; filename="{found.id}.{kind.suffix}"'}
    return StreamingResponse(body, media_type=kind.media_type, headers=named)


async def _newest(catalog: Catalog, scope: Scope, limit: int) -> SearchPage:
    return (await find(catalog, Asked(scope=scope, sort=Sort.NEWEST), limit=limit)).page


def _feed(catalog: Catalog, scope: Scope, newest: SearchPage, language: Language) -> atom.Feed:
    page = f"{catalog.public_url}/tm/{scope.id}"
    entries = [_entry(catalog, hit) for hit in newest.hits]
    return atom.Feed(
        address=f"{page}/feed?{urlencode({'lang': language})}",
        page=page,
        title=scope.name(language),
        subtitle=scope.description(language),
        name=catalog.provider.name,
        language=language,
        updated=max((entry.updated for entry in entries), default=scope.changed_at),
        entries=entries,
    )


def _entry(catalog: Catalog, hit: Hit) -> atom.Entry:
    return atom.Entry(
        address=catalog.provider.address_of(hit.id),
        title=" · ".join((hit.title.text or hit.id, *hit.parts)),
        updated=hit.added_at,
        authors=hit.creators,
        summary=hit.snippet.text or ", ".join(filter(None, (*hit.publishers[:1], str(hit.year or "")))),
    )

"""The reader's web pages over HTTP."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, TypedDict
from urllib.parse import quote

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.routing import Match
from starlette.types import Scope as Connection

from services.catalog.dependencies import Catalog, TheCatalog
from services.catalog.discovery.asking import Asked, CursorText, IsAsked, Verbatim
from services.catalog.discovery.clusters import Shown, find_shown
from services.catalog.discovery.finding import find
from services.catalog.exchange.export.offers import OFFERS
from services.catalog.exchange.opendata.dump import Dump
from services.catalog.exchange.opendata.store import all_dumps
from services.catalog.holdings.shelves import Holding
from services.catalog.identity.publication import year_of
from services.catalog.portal import (
    ASSETS,
    ClusterPage,
    DumpView,
    ErrorView,
    FacetView,
    HeldView,
    HolderView,
    Language,
    OpenDataView,
    PageView,
    RecordView,
    ScopeLink,
    SearchView,
    choose_language,
    render_cluster,
    render_error,
    render_open_data,
    render_record,
    render_search,
)
from services.catalog.records.access import may_know, may_read
from services.catalog.records.record import CatalogRecord
from services.catalog.records.store import find_record
from services.catalog.registry.library import Library
from services.catalog.registry.store import get_library
from services.catalog.scopes.scope import Scope
from services.catalog.scopes.store import all_scopes
from services.catalog.search import BadCursor, Bucket, Facet, Highlighted, highlight, parse
from shared.events.circulation import UseKind
from shared.events.manifest import PageManifest
from shared.events.vocabulary import LibraryId
from shared.web.assets import CONTENT_SECURITY_POLICY
from shared.web.auth import MaybePerson
from shared.web.problems import Problem

HITS = 20
PAGES_AT_ONCE = 20
ITEMS_LISTED = 50
"""Of each library; the API tells of all."""
DUMPS = 30
MAX_QUERY = 1000
PAGE_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "vary": "accept-language, authorization",
    "cache-control": "no-cache",
}


class Chosen(TypedDict):
    """The page's language, and whether the address asked for it."""

    language: Language
    language_chosen: bool


class PageRoute(APIRoute):
    """Serves whoever likes HTML best; others find the same address on a router further on, in formats for programs."""

    def matches(self, scope: Connection) -> tuple[Match, Connection]:
        match, child = super().matches(scope)
        return (match, child) if match is Match.NONE or _for_a_reader(scope) else (Match.NONE, {})


class ReaderRoute(APIRoute):
    """Says on a page what is not there."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except Problem as problem:
                if problem.status != 404:
                    raise
                asked = request.query_params
                language = await chosen_language(request.headers.get("accept-language"), asked.get("lang"))
                return as_page(render_error(ErrorView(**language, query=asked.get("q", ""), status=404)), 404)

        return answer


router = APIRouter(tags=["pages"], route_class=ReaderRoute, default_response_class=HTMLResponse)
negotiated = APIRouter(route_class=PageRoute, include_in_schema=False, default_response_class=HTMLResponse)


async def chosen_language(
    accept_language: Annotated[str | None, Header()] = None, lang: Annotated[str | None, Query(max_length=10)] = None
) -> Chosen:
    return Chosen(language=choose_language(accept_language, lang), language_chosen=lang in set(Language))


ChosenLanguage = Annotated[Chosen, Depends(chosen_language)]
QueryText = Annotated[str, Query(max_length=MAX_QUERY)]


@router.get("/")
async def search_page(
    catalog: TheCatalog,
    language: ChosenLanguage,
    asked: IsAsked,
    *,
    cursor: CursorText = None,
    verbatim: Verbatim = False,
) -> HTMLResponse:
    """The search form, and the answer to what was asked."""
    shown = SearchView(**language, query=asked.text, chosen=asked.chosen, sort=asked.sort)
    if not asked.anything:
        scopes = await all_scopes(catalog.works.database)
        return as_page(render_search(replace(shown, scopes=tuple(_link(scope, language) for scope in scopes))))
    shown = replace(shown, scope=_link(asked.scope, language) if asked.scope else None)
    facets = tuple(Facet)
    try:
        found = await find(catalog, asked, limit=HITS, cursor=cursor, facets=facets, verbatim=verbatim)
    except BadCursor:
        return as_page(render_search(replace(shown, problem="bad-cursor")), 422)
    titles = await catalog.library_titles.all()
    narrowing = tuple(_facet(facet, found.page.facets.get(facet, ()), asked, titles) for facet in facets)
    view = replace(
        shown,
        page=found.page,
        cursor=cursor,
        facets=tuple(facet for facet in narrowing if facet.useful),
        library_titles=titles,
        instead=found.instead,
        meant=found.meant,
    )
    return as_page(render_search(view))


@negotiated.get("/clusters/{cluster}")
async def cluster_page(
    cluster: Annotated[str, Path(max_length=200)],
    catalog: TheCatalog,
    language: ChosenLanguage,
    *,
    q: QueryText = "",
    holders: Annotated[LibraryId | None, Query(description="Go on behind this library.")] = None,
) -> Response:
    """An edition: its description, the libraries that have it, its digitised documents, its record in other formats."""
    found = await find_shown(catalog, cluster, holders)
    if found is None:
        return as_page(render_error(ErrorView(**language, query=q, status=404)), 404)
    if found.id != cluster:
        return RedirectResponse(f"/clusters/{quote(found.id)}", 301)
    view = _cluster_view(found, catalog, await catalog.library_titles.all(), language)
    return as_page(render_cluster(replace(view, query=q, holders_from=holders)), more={"vary": "accept"})


@router.get("/records/{record}")
async def record_page(
    record: str,
    catalog: TheCatalog,
    person: MaybePerson,
    language: ChosenLanguage,
    *,
    q: QueryText = "",
    first: Annotated[int, Query(alias="from", ge=1, le=100_000)] = 1,
) -> HTMLResponse:
    """A record: its description, and its pages where the access level lets the reader in."""
    found = await find_record(catalog.committed, record)
    library = await get_library(catalog.committed, found.library) if found else None
    if found is None or library is None or not (found.published and may_know(found, library, person)):
        return as_page(render_error(ErrorView(**language, query=q, status=404)), 404)
    catalog.uses.count(found.library, found.id, UseKind.VIEW)
    pages = await catalog.manifests.pages(found.manifest) if may_read(found, library, person) else ()
    described = _description(found, library, f"{catalog.public_url}/records/{found.id}")
    return as_page(render_record(RecordView(**language, query=q, **described, **_window(pages, first, q))))


@negotiated.get("/open-data")
async def open_data_page(catalog: TheCatalog, language: ChosenLanguage) -> HTMLResponse:
    """What anyone may take away: files, checksums, licence."""
    dumps = await all_dumps(catalog.works.database, DUMPS)
    view = OpenDataView(
        **language,
        licence=catalog.provider.licence,
        contact=catalog.provider.email,
        dumps=tuple(_dump_view(dump) for dump in dumps),
    )
    return as_page(render_open_data(view), more={"vary": "accept"})


@router.get("/assets/{name}", response_class=FileResponse)
async def asset(name: Annotated[str, Path(max_length=100)]) -> FileResponse:
    """How the pages look, and what offers titles, names and subjects while a reader types; they do without it."""
    return ASSETS.answer(name)


def as_page(body: str, status: int = 200, more: Mapping[str, str] | None = None) -> HTMLResponse:
    """A page with the headers of all pages; `more` is added to theirs."""
    # A query may hold half a surrogate pair, which UTF-8 cannot carry.
    headers = PAGE_HEADERS | {name: f"{PAGE_HEADERS[name]}, {value}" for name, value in (more or {}).items()}
    return HTMLResponse(body.encode("utf-8", "replace"), status_code=status, headers=headers)


def _for_a_reader(scope: Connection) -> bool:
    """Whether HTML is named in Accept, as browsers do, and no format is asked for by name."""
    accept = Headers(scope=scope).get("accept", "")
    return "text/html" in accept.lower() and not scope.get("query_string", b"").startswith(b"format=")


def _facet(facet: Facet, counted: Sequence[Bucket], asked: Asked, titles: Mapping[str, str]) -> FacetView:
    names = titles if facet is Facet.LIBRARY else {}
    return FacetView(name=facet.value, buckets=tuple(counted), chosen=asked.chosen.get(facet), names=names)


def _link(scope: Scope, language: Chosen) -> ScopeLink:
    return ScopeLink(id=scope.id, title=scope.name(language["language"]))


def _cluster_view(found: Shown, catalog: Catalog, titles: Mapping[str, str], language: Chosen) -> ClusterPage:
    about = found.description
    return ClusterPage(
        **language,
        id=found.id,
        permalink=f"{catalog.public_url}/clusters/{found.id}",
        title=about.title,
        parts=tuple(". ".join(filter(None, (part.number, part.name))) for part in about.parts),
        people=tuple((person.display, person.role) for person in about.people),
        headings=found.headings,
        statement=about.statement,
        edition=about.edition,
        imprint=", ".join(filter(None, (*about.places, *about.publishers))),
        year=about.year,
        extent=about.extent,
        form=about.form.value,
        record_language=about.language or None,
        isbns=about.isbns,
        issns=about.issns,
        subjects=about.subjects,
        classes=about.classes,
        series=about.series,
        summary=about.summary,
        holders=tuple(_holder(held, titles) for held in found.shelves.holdings),
        libraries=found.shelves.libraries,
        holders_after=found.shelves.following,
        digitised=found.digitised,
        formats=tuple((offer.name.value, offer.types[0]) for offer in OFFERS),
    )


def _holder(holding: Holding, titles: Mapping[str, str]) -> HolderView:
    return HolderView(
        library=holding.library,
        title=titles.get(holding.library, holding.library),
        copies=holding.copies,
        ready=holding.ready,
        items=tuple(
            HeldView(
                number=held.item.number or "",
                location=held.item.location,
                shelf_mark=held.item.shelf_mark,
                part=held.item.part,
                note=held.item.note,
                copies=held.item.copies,
                state=held.availability.value,
                due=held.due,
            )
            for held in holding.items[:ITEMS_LISTED]
        ),
        statements=holding.statements,
    )


def _dump_view(dump: Dump) -> DumpView:
    files = ((file.name.split(".")[1], file.name, file.size, file.sha256, file.records) for file in dump.files)
    return DumpView(id=dump.id, made_at=dump.made_at, files=tuple(files))


def _description(record: CatalogRecord, library: Library, permalink: str) -> dict[str, Any]:
    about = record.metadata
    return {
        "id": record.id,
        "title": about.title,
        "library_name": library.title,
        "collection_class": about.collection_class,
        "access_level": about.access_level,
        "permalink": permalink,
        "published_at": record.published_at,
        "page_total": record.pages,
        "creators": about.creators,
        "subjects": about.subjects,
        "summary": about.summary or "",
        "year": year_of(about.date or ""),
        "record_language": about.language,
    }


def _window(pages: Sequence[PageManifest], first: int, query: str) -> dict[str, Any]:
    """The pages that one view shows, and the numbers to go on from."""
    shown = pages[first - 1 : first - 1 + PAGES_AT_ONCE]
    following = first + PAGES_AT_ONCE
    return {
        "pages": tuple(_page(page, query) for page in shown),
        "pages_from": first if first > 1 else None,
        "earlier_from": max(1, first - PAGES_AT_ONCE) if first > 1 else None,
        "later_from": following if following <= len(pages) else None,
    }


def _page(page: PageManifest, query: str) -> PageView:
    text = highlight(page.text, parse(query)) if query else Highlighted(text=page.text)
    return PageView(number=page.number, text=text, width=page.width or None, height=page.height or None)

"""The reader's web pages over HTTP."""

from collections.abc import Sequence
from typing import Annotated, Any, TypedDict

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import FileResponse, HTMLResponse

from services.catalog.dependencies import TheCatalog
from services.catalog.discovery.feed import year_of
from services.catalog.discovery.finding import find
from services.catalog.portal import (
    CONTENT_SECURITY_POLICY,
    STYLESHEET_FILE,
    STYLESHEET_PATH,
    ErrorView,
    Language,
    PageView,
    RecordView,
    SearchView,
    choose_language,
    render_error,
    render_record,
    render_search,
)
from services.catalog.records.access import may_know, may_read
from services.catalog.records.record import CatalogRecord
from services.catalog.records.store import find_record
from services.catalog.registry.library import Library
from services.catalog.registry.store import get_library
from services.catalog.search import BadCursor, Highlighted, highlight, parse
from shared.events.circulation import UseKind
from shared.events.manifest import PageManifest
from shared.web.auth import MaybePerson

router = APIRouter(tags=["pages"], default_response_class=HTMLResponse)
HITS = 20
PAGES_AT_ONCE = 20
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


def chosen_language(
    accept_language: Annotated[str | None, Header()] = None, lang: Annotated[str | None, Query(max_length=10)] = None
) -> Chosen:
    return Chosen(language=choose_language(accept_language, lang), language_chosen=lang in set(Language))


ChosenLanguage = Annotated[Chosen, Depends(chosen_language)]
QueryText = Annotated[str, Query(max_length=MAX_QUERY)]


@router.get("/")
async def search_page(
    catalog: TheCatalog,
    language: ChosenLanguage,
    q: QueryText = "",
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> HTMLResponse:
    """The search form, and the answer to what was asked."""
    try:
        page = await find(catalog, q, HITS, cursor) if q.strip() else None
    except BadCursor:
        return _html(render_search(SearchView(**language, query=q, problem="bad-cursor")), 422)
    return _html(render_search(SearchView(**language, query=q, page=page, cursor=cursor)))


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
        return _html(render_error(ErrorView(**language, query=q, status=404)), 404)
    catalog.uses.count(found.library, found.id, UseKind.VIEW)
    pages = await catalog.manifests.pages(found.manifest) if may_read(found, library, person) else ()
    described = _description(found, library, f"{catalog.public_url}/records/{found.id}")
    return _html(render_record(RecordView(**language, query=q, **described, **_window(pages, first, q))))


@router.get(STYLESHEET_PATH, response_class=FileResponse)
async def stylesheet() -> FileResponse:
    """How the pages look. Its address carries a digest of it, so it may be kept for ever."""
    return FileResponse(
        STYLESHEET_FILE, media_type="text/css", headers={"cache-control": "public, max-age=31536000, immutable"}
    )


def _html(body: str, status: int = 200) -> HTMLResponse:
    # A query may hold half a surrogate pair, which UTF-8 cannot carry.
    return HTMLResponse(body.encode("utf-8", "replace"), status_code=status, headers=PAGE_HEADERS)


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
        "year": year_of(about.date),
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

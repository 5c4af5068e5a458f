"""The reading room over HTTP. What one may not know of is answered as if it were not there."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from fastapi.responses import StreamingResponse

from services.catalog.dependencies import Catalog, TheCatalog
from services.catalog.records.access import check_may_read
from services.catalog.records.record import CatalogRecord
from services.catalog.records.routes import RecordId
from services.catalog.records.store import get_record
from services.catalog.registry.store import get_library
from shared.events.circulation import UseKind
from shared.events.manifest import PageManifest
from shared.events.vocabulary import ObjectRef
from shared.store.objects import ObjectMissing
from shared.web.auth import MaybePerson, Person
from shared.web.problems import Problem

router = APIRouter(prefix="/v1/records/{record}", tags=["reading room"])
PageNumber = Annotated[int, Path(ge=1, le=100_000)]
IMAGE: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}}, "description": "The page, for readers"}}
TEXT: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {}}, "description": "UTF-8, NFC"}}

PDF: dict[int | str, dict[str, Any]] = {200: {"content": {"application/pdf": {}}, "description": "PDF/A-2b"}}


@router.get("/pages/{number}/image", response_class=Response, responses=IMAGE)
async def show_page_image(record: RecordId, number: PageNumber, catalog: TheCatalog, person: MaybePerson) -> Response:
    """The image of a page."""
    found = await _readable(catalog, record, person)
    page = await _page(catalog, found, number)
    if page.image is None:
        raise Problem(404, "page-unread", number=number)
    return _respond(found, await _bytes(catalog, page.image), page.image.media_type)


@router.get("/pages/{number}/text", response_class=Response, responses=TEXT)
async def show_page_text(record: RecordId, number: PageNumber, catalog: TheCatalog, person: MaybePerson) -> Response:
    """The text of a page; empty where it could not be read."""
    found = await _readable(catalog, record, person)
    page = await _page(catalog, found, number)
    return _respond(found, page.text.encode(), "text/plain; charset=utf-8")


@router.get("/text", response_class=Response, responses=TEXT)
async def download_text(record: RecordId, catalog: TheCatalog, person: MaybePerson) -> Response:
    """The whole text, pages separated by form feed."""
    found = await _readable(catalog, record, person)
    if found.text is None:
        raise Problem(404, "text-missing")
    body = await _bytes(catalog, found.text)
    if found.published:
        catalog.uses.count(found.library, found.id, UseKind.DOWNLOAD)
    return _respond(found, body, "text/plain; charset=utf-8")


@router.get("/pdf", response_class=StreamingResponse, responses=PDF)
async def download_pdf(record: RecordId, catalog: TheCatalog, person: MaybePerson) -> StreamingResponse:
    """The page images over their text, to search and to keep."""
    found = await _readable(catalog, record, person)
    if found.pdf is None:
        raise Problem(404, "pdf-missing")
    body = await _pdf(catalog, found.pdf)
    if found.published:
        catalog.uses.count(found.library, found.id, UseKind.DOWNLOAD)
    headers = _headers(found) | {
        "content-length": str(found.pdf.size),
        "content-disposition": f'inline; filename="{found.id}.pdf"',
    }
    return StreamingResponse(body, media_type=found.pdf.media_type, headers=headers)


async def _readable(catalog: Catalog, record: str, person: Person | None) -> CatalogRecord:
    found = await get_record(catalog.committed, record)
    check_may_read(found, await get_library(catalog.committed, found.library), person)
    return found


async def _page(catalog: Catalog, record: CatalogRecord, number: int) -> PageManifest:
    page = await catalog.manifests.page(record.manifest, number)
    if page is None:
        raise Problem(404, "page-missing", number=number)
    return page


async def _bytes(catalog: Catalog, ref: ObjectRef) -> bytes:
    try:
        return await catalog.objects.get(ref.key)
    except ObjectMissing as error:
        raise Problem(404, "text-missing") from error


async def _pdf(catalog: Catalog, ref: ObjectRef) -> AsyncIterator[bytes]:
    """The PDF piece by piece; the first is fetched at once, while a 404 can still be said."""
    chunks = catalog.objects.stream(ref.key)
    try:
        first = await anext(chunks)
    except ObjectMissing as error:
        raise Problem(404, "pdf-missing") from error

    async def whole() -> AsyncIterator[bytes]:
        yield first
        async for chunk in chunks:
            yield chunk

    return whole()


def _respond(record: CatalogRecord, body: bytes, media_type: str) -> Response:
    return Response(body, media_type=media_type, headers=_headers(record))


def _headers(record: CatalogRecord) -> dict[str, str]:
    caching = "public, max-age=300" if record.read_by_all else "private, no-store"
    return {"cache-control": caching, "vary": "authorization"}

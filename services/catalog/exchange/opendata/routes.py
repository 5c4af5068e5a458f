"""Open data over HTTP: what there is, and the files."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import JSONResponse, StreamingResponse

from services.catalog.dependencies import Catalog, TheCatalog
from services.catalog.exchange.opendata.description import describe_dumps
from services.catalog.exchange.opendata.dump import DumpFile
from services.catalog.exchange.opendata.store import all_dumps, find_dump, newest
from shared.store.objects import ObjectMissing
from shared.web.problems import Problem

router = APIRouter(prefix="/open-data", tags=["exchange"])
SHOWN = 100
LATEST = "latest"
DumpId = Annotated[str, Path(pattern=r"^(latest|\d{8}T\d{6}Z)$", description="`latest`, or as the list names it.")]
FileName = Annotated[str, Path(pattern=r"^[a-z0-9.]{1,40}$")]
LIST: dict[int | str, dict[str, Any]] = {200: {"content": {"application/ld+json": {}}, "description": "DCAT"}}
FILE: dict[int | str, dict[str, Any]] = {200: {"content": {"application/gzip": {}}, "description": "The file"}}


@router.get("", response_class=JSONResponse, responses=LIST)
async def list_dumps(catalog: TheCatalog) -> JSONResponse:
    """What can be fetched, under which licence, with checksums: DCAT in JSON-LD."""
    described = describe_dumps(await all_dumps(catalog.works.database, SHOWN), catalog.provider)
    return JSONResponse(described, media_type="application/ld+json", headers={"cache-control": "public, max-age=300"})


@router.get("/{dump}/{file}", response_class=StreamingResponse, responses=FILE)
async def download_dump(dump: DumpId, file: FileName, catalog: TheCatalog) -> StreamingResponse:
    """A file of a dump: `union.mrc.gz` (ISO 2709), `union.jsonl.gz` (JSON-LD by line), `union.csv.gz`."""
    found = await _file(catalog, dump, file)
    body = await _stream(catalog, found)
    headers = {
        "content-length": str(found.size),
        "etag": f'"{found.sha256}"',
        "content-disposition": f'attachment; filename="{found.name}"',
    }
    return StreamingResponse(body, media_type="application/gzip", headers=headers)


async def _file(catalog: Catalog, dump: str, name: str) -> DumpFile:
    database = catalog.works.database
    found = await (newest(database) if dump == LATEST else find_dump(database, dump))
    for file in found.files if found else ():
        if file.name == name:
            return file
    raise Problem(404, "dump-unknown")


async def _stream(catalog: Catalog, file: DumpFile) -> AsyncIterator[bytes]:
    """Piece by piece; the first is fetched at once, while a 404 can still be said."""
    chunks = catalog.objects.stream(file.key)
    try:
        first = await anext(chunks, b"")
    except ObjectMissing as error:
        raise Problem(404, "dump-unknown") from error

    async def whole() -> AsyncIterator[bytes]:
        yield first
        async for chunk in chunks:
            yield chunk

    return whole()

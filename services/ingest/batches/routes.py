"""HTTP door for batches."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, ValidationError

from services.ingest.batches import store
from services.ingest.batches.batch import ExpectedItem, Manifest, Progress, check_items, items_of_csv, progress
from services.ingest.bodies import BodyLimits, read_body
from services.ingest.documents.answers import reason_teller
from services.ingest.documents.document import BatchId
from services.ingest.documents.refusal import Refused, refusals_as_problems
from services.ingest.documents.routes import Uploader
from services.ingest.registry.acting import library_for, own_library
from services.ingest.settings import IngestSettings
from shared.events.vocabulary import LibraryId
from shared.runtime import Runtime
from shared.store.mongo import Document
from shared.web.auth import Person, Role
from shared.web.problems import Problem, language_of

_MANIFEST = Manifest.model_json_schema(ref_template="#/components/schemas/{model}")
_MANIFEST.pop("$defs")
MANIFEST_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {"schema": _MANIFEST},
        "text/csv": {
            "schema": {"type": "string"},
            "example": "item,sha256,pages,title\nhop-01.zip,,120,Sổ bộ làng Phú Cam\n",
        },
    },
}


class BatchSummary(BaseModel):
    """A batch in a list."""

    id: str
    library: str
    title: str
    expected: int
    created_at: datetime
    created_by: str


class BatchStatus(BatchSummary):
    """A batch with what it expects and how far it is."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    progress: Progress
    items: list[ExpectedItem]


class BatchList(BaseModel):
    """Batches of one library, in the order of their ids."""

    batches: list[BatchSummary]
    next_cursor: BatchId | None


def batch_routes(runtime: Runtime, settings: IngestSettings, body: BodyLimits) -> APIRouter:
    router = APIRouter(prefix="/v1/batches", tags=["batches"])
    database = runtime.database
    limits = replace(body, max_bytes=settings.batch_max_bytes)

    @router.post(
        "",
        status_code=201,
        operation_id="create_batch",
        openapi_extra={"requestBody": MANIFEST_BODY},
        responses={200: {"model": BatchStatus, "description": "This very batch is there already"}},
    )
    async def create_batch(
        request: Request,
        response: Response,
        person: Uploader,
        title: Annotated[str, Query(max_length=300)] = "",
        library: LibraryId | None = None,
    ) -> BatchStatus:
        """Say what a delivery will hold: a manifest as JSON, or as CSV with title (and library) in the query.

        Documents join it by the field `batch` of their metadata, and their item by its name.
        """
        content = await read_body(request, limits)
        with refusals_as_problems():
            manifest = _manifest(request, content, title, library)
            check_items(manifest, settings.batch_max_items)
            whose = await library_for(person, manifest.library, database)
            identifier, new = await store.keep(database, whose, manifest, person.signature)
        response.status_code = 201 if new else 200
        return await _status(request, runtime, await _of(runtime, identifier, person))

    @router.get("", operation_id="list_batches")
    async def list_batches(
        person: Uploader,
        cursor: BatchId | None = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
        library: LibraryId | None = None,
    ) -> BatchList:
        """Batches of the caller's library; operators may name another."""
        rows = await store.list_of_library(database, own_library(person, library), cursor, limit + 1)
        following = rows[limit - 1]["_id"] if len(rows) > limit else None
        return BatchList(batches=[BatchSummary(**_summary(row)) for row in rows[:limit]], next_cursor=following)

    @router.get("/{batch}", operation_id="batch_status")
    async def batch_status(request: Request, person: Uploader, batch: Annotated[BatchId, Path()]) -> BatchStatus:
        """How far a batch is: expected, arrived, refused, read, published, and by name what is missing or extra, and
        which pages must be scanned again.
        """
        return await _status(request, runtime, await _of(runtime, batch, person))

    return router


async def _of(runtime: Runtime, batch: str, person: Person) -> Document:
    row = await store.find(runtime.database, batch)
    if row is None or not (row["library"] == person.org or Role.OPERATOR in person.roles):
        raise Problem(404, "no-such-batch", batch=batch)
    return row


async def _status(request: Request, runtime: Runtime, row: Document) -> BatchStatus:
    items = [ExpectedItem.model_validate(item) for item in row["items"]]
    say = reason_teller(request.app.state.messages, language_of(request))
    came = await store.arrivals(runtime.database, row["_id"], say)
    return BatchStatus(**_summary(row | {"expected": len(items)}), items=items, progress=progress(items, came))


def _summary(row: Document) -> dict[str, Any]:
    facts = {name: row[name] for name in ("library", "title", "expected", "created_at", "created_by")}
    return {"id": row["_id"], **facts}


def _manifest(request: Request, content: bytes, title: str, library: str | None) -> Manifest:
    """Raises Refused, Problem."""
    try:
        match request.headers.get("content-type", "").partition(";")[0].strip().lower():
            case "application/json":
                return Manifest.model_validate_json(content)
            case "text/csv":
                return Manifest(title=title, library=library, items=items_of_csv(content))
    except ValidationError as error:
        places = [(".".join(str(part) for part in one["loc"]), one["msg"]) for one in error.errors()[:100]]
        raise Problem(
            422, "batch-invalid", errors=[{"where": place, "what": what} for place, what in places]
        ) from error
    raise Refused("batch-type", status=415)

"""HTTP in: how far a document's reading is, and what each page says, for staff."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel

from services.ocr.documents.progress import is_sealed, page_id
from shared.events.vocabulary import Decision, Lane, Trust
from shared.runtime import Runtime
from shared.store.mongo import Document
from shared.web.auth import Person, Role, needs
from shared.web.problems import Problem

router = APIRouter(prefix="/v1/documents", tags=["readings"])

DocumentId = Annotated[str, Path(pattern=r"^d-[0-9a-f]{24}$", description="d- and 24 hexadecimal digits")]
PageNumber = Annotated[int, Path(ge=1, le=100_000)]
Staff = Annotated[Person, Depends(needs(Role.LIBRARIAN, Role.APPRAISER, Role.OPERATOR))]


class Layout(StrEnum):
    """Formats a reading can be had in."""

    HOCR = "hocr"
    ALTO = "alto"


class PageState(BaseModel):
    """One page: waiting, requested, read or failed."""

    number: int
    state: str
    attempt: int
    reason: str | None


class DocumentProgress(BaseModel):
    """A document: reading, binding, recognised or failed; and its pages."""

    id: str
    library: str
    lane: Lane
    state: str
    left: int
    """Pages neither read nor given up."""
    edition: int
    """How many versions of its text there are."""
    trust: Trust | None
    pages: list[PageState]


class Reading(BaseModel):
    """One reading of a page; boxes are in pixels of the page image."""

    id: str
    page: str
    attempt: int
    engine: str
    engine_version: str
    model: str
    steps: list[str]
    """What was done to the image before reading."""
    confidence: float
    width: int
    height: int
    text: str
    read_at: datetime
    chosen: bool
    """Whether the document's text takes this one."""
    by: str | None = None
    """The person, where one corrected the page."""
    expected_cer: float | None = None
    """Expected share of wrong characters, 0 to 1."""
    decision: Decision | None = None


@router.get("/{document}")
async def get_progress(document: DocumentId, person: Staff, request: Request) -> DocumentProgress:
    """How far the reading of a document is, page by page."""
    runtime: Runtime = request.app.state.runtime
    row = await get_row(runtime, document, person)
    pages = await runtime.database["pages"].find({"document": document}).sort("number", 1).to_list()
    return DocumentProgress(
        id=document,
        library=row["library"],
        lane=row["lane"],
        state=row["state"],
        left=row["left"],
        edition=row["edition"],
        trust=row.get("trust"),
        pages=[PageState.model_validate(page, extra="ignore") for page in pages],
    )


@router.get("/{document}/pages/{number}/readings")
async def get_readings(document: DocumentId, number: PageNumber, person: Staff, request: Request) -> list[Reading]:
    """Every reading of a page, oldest first; versions are kept."""
    runtime: Runtime = request.app.state.runtime
    await get_row(runtime, document, person)
    page = await _page(runtime, document, number)
    rows = await runtime.database["readings"].find({"page": page["_id"]}).sort("read_at", 1).to_list()
    return [Reading.model_validate(_reading(row, page), extra="ignore") for row in rows]


@router.get(
    "/{document}/pages/{number}/{layout}",
    response_class=Response,
    responses={200: {"content": {"application/xhtml+xml": {}, "application/xml": {}}}},
)
async def get_layout(
    document: DocumentId, number: PageNumber, layout: Layout, person: Staff, request: Request
) -> Response:
    """The chosen reading of a page as hOCR 1.2 or ALTO 4."""
    runtime: Runtime = request.app.state.runtime
    await get_row(runtime, document, person)
    page = await _page(runtime, document, number)
    chosen = await runtime.database["readings"].find_one({"_id": page["reading"]}) if page["reading"] else None
    if chosen is None:
        raise Problem(404, "page-not-read", number=number)
    reference = chosen[layout]
    return Response(await runtime.objects.get(reference["key"]), media_type=reference["media_type"])


async def get_row(runtime: Runtime, document: str, person: Person) -> Document:
    """The document's row. Raises Problem 404, or 403 where it is another library's or sealed."""
    row = await runtime.database["documents"].find_one({"_id": document})
    if row is None:
        raise Problem(404, "no-such-document", document=document)
    if Role.LIBRARIAN in person.roles and person.org != row["library"]:
        raise Problem(403, "other-library")
    if is_sealed(row):
        raise Problem(403, "sealed")
    return row


async def _page(runtime: Runtime, document: str, number: int) -> Document:
    row = await runtime.database["pages"].find_one({"_id": page_id(document, number)})
    if row is None:
        raise Problem(404, "no-such-page", document=document, number=number)
    return row


def _reading(row: Document, page: Document) -> Document:
    return {**row, "id": row["_id"], "chosen": row["_id"] == page["reading"]}

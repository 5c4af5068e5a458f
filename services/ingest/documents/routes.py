"""HTTP door for documents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import ValidationError

from services.ingest.bodies import declared_length, read_body
from services.ingest.documents import answers, store
from services.ingest.documents.answers import Accepted, DocumentList, DocumentStatus
from services.ingest.documents.document import (
    DOCUMENT_PATTERN,
    ReceivedFile,
    Submission,
    SubmissionForm,
    UploadedDocument,
)
from services.ingest.documents.reception import Receipt, Reception
from services.ingest.documents.refusal import Refused, refusals_as_problems
from services.ingest.documents.spool import Spool
from services.ingest.documents.upload import MAX_METADATA_BYTES, UploadLimits, receive_upload
from services.ingest.registry.acting import library_for, own_library
from services.ingest.uploads.receiving import Uploads
from shared.events.vocabulary import LibraryId
from shared.runtime import Runtime
from shared.web.app import PROBLEMS
from shared.web.auth import Person, Role, needs
from shared.web.problems import Problem, language_of

Uploader = Annotated[Person, Depends(needs(Role.LIBRARIAN, Role.LIBRARY_SYSTEM, Role.OPERATOR))]
Form = TypeVar("Form", bound=SubmissionForm)
DocumentId = Annotated[str, Path(pattern=DOCUMENT_PATTERN)]

_FORM = SubmissionForm.model_json_schema(ref_template="#/components/schemas/{model}")
_FORM.pop("$defs")  # they are among the app's components, as the answers hold the same models
_UPLOADED = UploadedDocument.model_json_schema(ref_template="#/components/schemas/{model}")
_UPLOADED.pop("$defs")
UPLOAD_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["metadata", "files"],
                "additionalProperties": False,
                "properties": {
                    "metadata": _FORM,
                    "files": {"type": "array", "minItems": 1, "items": {"type": "string", "format": "binary"}},
                },
            },
            "encoding": {"metadata": {"contentType": "application/json"}},
        },
        "application/json": {"schema": _UPLOADED},
    },
}
UPLOAD_RESPONSES: dict[int | str, dict[str, Any]] = {
    202: {
        "description": "It is in, or was already; follow status_url",
        "links": {"status": {"operationId": "document_status", "parameters": {"document": "$response.body#/id"}}},
    },
    408: {**PROBLEMS[400], "description": "The upload stalled and was cut"},
    507: {**PROBLEMS[400], "description": "The disk is full; nothing was kept"},
}


@dataclass(frozen=True)
class DocumentDoor:
    """What the routes need."""

    runtime: Runtime
    limits: UploadLimits
    spool: Callable[[], Spool]
    reception: Callable[[], Reception]
    uploads: Uploads


def document_routes(door: DocumentDoor) -> APIRouter:
    router = APIRouter(prefix="/v1/documents", tags=["documents"])
    database = door.runtime.database

    @router.post(
        "",
        status_code=202,
        operation_id="submit_document",
        openapi_extra={"requestBody": UPLOAD_BODY},
        responses=UPLOAD_RESPONSES,
    )
    async def submit_document(request: Request, person: Uploader) -> Accepted:
        """Hand in one document: `metadata` (JSON) and its files (PDF, TIFF, JPEG, PNG) in page order.

        Or its metadata as application/json, with the ids of finished uploads in place of files.
        """
        take = _submit_uploads if _is_json(request) else _submit
        with refusals_as_problems():
            receipt = await take(request, person, door)
        return answers.accepted(receipt, request.app.state.messages, language_of(request))

    @router.get("", operation_id="list_documents")
    async def list_documents(
        request: Request,
        person: Uploader,
        cursor: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
        library: LibraryId | None = None,
    ) -> DocumentList:
        """Documents of the caller's library, newest first; operators may name another library."""
        whose = own_library(person, library)
        after = answers.decode_cursor(cursor) if cursor else None
        rows = await store.list_of_library(database, whose, after, limit + 1)
        messages, language = request.app.state.messages, language_of(request)
        return DocumentList(
            documents=[answers.summary(row, messages, language) for row in rows[:limit]],
            next_cursor=answers.encode_cursor(rows[limit - 1]) if len(rows) > limit else None,
        )

    @router.get("/{document}", operation_id="document_status")
    async def document_status(request: Request, person: Uploader, document: DocumentId) -> DocumentStatus:
        """How far a document is, step by step."""
        row = await store.find(database, document)
        if row is None or not (row["library"] == person.org or Role.OPERATOR in person.roles):
            raise Problem(404, "no-such-document", document=document)
        return answers.status(row, request.app.state.messages, language_of(request))

    return router


async def _submit(request: Request, person: Person, door: DocumentDoor) -> Receipt:
    with door.spool().folder(min(declared_length(request), door.limits.body.max_bytes)) as folder:
        upload = await receive_upload(request, folder, door.limits)
        return await _hand_in(_read_form(SubmissionForm, upload.metadata), upload.files, person, door)


async def _submit_uploads(request: Request, person: Person, door: DocumentDoor) -> Receipt:
    body = await read_body(request, replace(door.limits.body, max_bytes=MAX_METADATA_BYTES))
    form = _read_form(UploadedDocument, body)
    if len(form.uploads) > door.limits.max_files:
        raise Refused("too-many-files", status=413, allowed=door.limits.max_files)
    uploads = [await door.uploads.get(upload, person.org) for upload in form.uploads]
    size = sum(upload.length for upload in uploads)
    if size > door.limits.body.max_bytes:
        raise Refused("too-large", status=413, megabytes=door.limits.body.max_bytes // 1_000_000)
    limit = door.limits.max_file_bytes
    async with door.uploads.taking(uploads):
        with door.spool().folder(size) as folder:
            files = [await door.uploads.bring_in(one, folder, place, limit) for place, one in enumerate(uploads, 1)]
            return await _hand_in(form, tuple(files), person, door)


async def _hand_in(
    form: SubmissionForm, files: tuple[ReceivedFile, ...], person: Person, door: DocumentDoor
) -> Receipt:
    library = await library_for(person, form.library, door.runtime.database)
    submission = Submission.of(form, library=library, submitted_by=person.signature, files=files, name=files[0].name)
    return await door.reception().take(submission)


def _is_json(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


def _read_form(model: type[Form], metadata: bytes) -> Form:
    """Raises Problem 422 with each field that is wrong."""
    try:
        return model.model_validate_json(metadata)
    except ValidationError as error:
        places = [(".".join(str(part) for part in one["loc"]), one["msg"]) for one in error.errors()]
        errors = [{"where": ".".join(filter(None, ["metadata", place])), "what": what} for place, what in places]
        raise Problem(422, "metadata-invalid", errors=errors) from error

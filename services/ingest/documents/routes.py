"""HTTP door for documents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import ValidationError

from services.ingest.bodies import declared_length
from services.ingest.documents import answers, store
from services.ingest.documents.answers import DOCUMENT_PATTERN, Accepted, DocumentList, DocumentStatus
from services.ingest.documents.document import Submission, SubmissionForm
from services.ingest.documents.reception import Reception
from services.ingest.documents.refusal import NoSpace, Refused, problem_of
from services.ingest.documents.spool import Spool
from services.ingest.documents.upload import UploadLimits, receive_upload
from services.ingest.registry.store import is_registered
from shared.bus.messages import DependencyAway
from shared.events.vocabulary import LibraryId
from shared.roles import Runtime
from shared.web.app import PROBLEMS
from shared.web.auth import Person, Role, needs
from shared.web.problems import Problem, language_of

Uploader = Annotated[Person, Depends(needs(Role.LIBRARIAN, Role.LIBRARY_SYSTEM, Role.OPERATOR))]
DocumentId = Annotated[str, Path(pattern=DOCUMENT_PATTERN)]

_FORM = SubmissionForm.model_json_schema(ref_template="#/components/schemas/{model}")
_FORM.pop("$defs")  # they are among the app's components, as the answers hold the same models
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
        }
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
        """Hand in one document: `metadata` (JSON) and its files (PDF, TIFF, JPEG, PNG) in page order."""
        try:
            return await _submit(request, person, door)
        except Refused as refused:
            raise problem_of(refused) from refused
        except NoSpace as error:
            raise Problem(507, "no-space", headers={"connection": "close"}) from error
        except DependencyAway as error:
            raise Problem(503, "dependency-away", headers={"retry-after": "5"}) from error

    @router.get("", operation_id="list_documents")
    async def list_documents(
        request: Request,
        person: Uploader,
        cursor: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
        library: LibraryId | None = None,
    ) -> DocumentList:
        """Documents of the caller's library, newest first; operators may name another library."""
        whose = _library_for(person, library)
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


async def _submit(request: Request, person: Person, door: DocumentDoor) -> Accepted:
    with door.spool().folder(min(declared_length(request), door.limits.body.max_bytes)) as folder:
        upload = await receive_upload(request, folder, door.limits)
        form = _read_form(upload.metadata)
        submission = Submission(
            library=_library_for(person, form.library),
            lane=form.lane,
            metadata=form.metadata(),
            submitted_by=person.signature,
            files=upload.files,
        )
        if submission.library != person.org and not await is_registered(door.runtime.database, submission.library):
            raise Refused("unknown-library", library=submission.library)
        receipt = await door.reception().take(submission)
    outcome = "document-duplicate" if receipt.duplicate else "document-accepted"
    messages, language = request.app.state.messages, language_of(request)
    return Accepted(
        id=receipt.document,
        status_url=answers.status_url(receipt.document),
        duplicate=receipt.duplicate,
        verdict=receipt.verdict,
        message=f"{messages.text(outcome, language)} {messages.text(f'verdict-{receipt.verdict}', language)}",
    )


def _read_form(metadata: bytes) -> SubmissionForm:
    """Raises Problem 422 with each field that is wrong."""
    try:
        return SubmissionForm.model_validate_json(metadata)
    except ValidationError as error:
        places = [(".".join(str(part) for part in one["loc"]), one["msg"]) for one in error.errors()]
        errors = [{"where": ".".join(filter(None, ["metadata", place])), "what": what} for place, what in places]
        raise Problem(422, "metadata-invalid", errors=errors) from error


def _library_for(person: Person, library: str | None) -> str:
    """The library acted for: one's own; operators may name another. Raises Problem 403."""
    if library in {None, person.org}:
        return person.org
    if Role.OPERATOR not in person.roles:
        raise Problem(403, "other-library", library=library)
    return str(library)

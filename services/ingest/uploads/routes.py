"""HTTP door for resumable uploads: tus 1.0 with creation, expiration, checksum and termination."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Request, Response

from services.ingest.bodies import BodyLimits, chunks
from services.ingest.documents.document import UploadId, display_name
from services.ingest.documents.refusal import refusals_as_problems
from services.ingest.uploads import protocol
from services.ingest.uploads.protocol import BadHeader
from services.ingest.uploads.receiving import Uploads
from services.ingest.uploads.store import Upload
from shared.web.app import PROBLEMS
from shared.web.auth import Person, Role, needs
from shared.web.problems import Problem

PREFIX = "/v1/uploads"
RESUMABLE = {"tus-resumable": protocol.VERSION, "cache-control": "no-store"}
Sender = Annotated[Person, Depends(needs(Role.LIBRARIAN, Role.LIBRARY_SYSTEM, Role.OPERATOR))]
Id = Annotated[UploadId, Path()]


def speaks_tus(tus_resumable: Annotated[str, Header(max_length=20)] = "") -> None:
    """Raise Problem 412 unless the client speaks this version of the protocol."""
    if tus_resumable != protocol.VERSION:
        raise Problem(412, "tus-version", version=protocol.VERSION, headers={"tus-version": protocol.VERSION})


RESPONSES: dict[int | str, dict[str, Any]] = {
    408: {**PROBLEMS[400], "description": "The body stalled; what came is kept"},
    412: {**PROBLEMS[400], "description": "Another version of the protocol"},
    460: {**PROBLEMS[400], "description": "The checksum does not agree; nothing of the request is kept"},
    507: {**PROBLEMS[400], "description": "The disk is full"},
}


def upload_routes(uploads: Uploads, body: BodyLimits) -> APIRouter:
    router = APIRouter(prefix=PREFIX, tags=["uploads"], responses=RESPONSES)

    @router.options("", operation_id="upload_abilities", status_code=204)
    async def upload_abilities() -> Response:
        """What this server can do, for clients to choose from."""
        abilities = {
            "tus-version": protocol.VERSION,
            "tus-extension": protocol.EXTENSIONS,
            "tus-max-size": str(uploads.settings.max_bytes),
            "tus-checksum-algorithm": ",".join(protocol.ALGORITHMS),
        }
        return Response(status_code=204, headers={**RESUMABLE, **abilities})

    @router.post("", operation_id="create_upload", status_code=201, dependencies=[Depends(speaks_tus)])
    async def create_upload(request: Request, person: Sender) -> Response:
        """Begin an upload of Upload-Length bytes; its address is in Location. Upload-Metadata: filename."""
        with _problems():
            length = protocol.number(request.headers, "upload-length")
            name = display_name(protocol.metadata_of(request.headers).get("filename", ""), 1)
            upload = await uploads.create(library=person.org, by=person.signature, filename=name, length=length)
        return Response(status_code=201, headers={"location": f"{PREFIX}/{upload.id}", **_state(upload)})

    @router.head("/{upload}", operation_id="upload_offset", status_code=200, dependencies=[Depends(speaks_tus)])
    async def upload_offset(upload: Id, person: Sender) -> Response:
        """How many bytes are in."""
        with _problems():
            found = await uploads.get(upload, person.org)
        described = {"upload-length": str(found.length), "upload-metadata": protocol.metadata_header(found.filename)}
        return Response(status_code=200, headers={**_state(found), **described})

    @router.patch(
        "/{upload}",
        operation_id="continue_upload",
        status_code=204,
        dependencies=[Depends(speaks_tus)],
        openapi_extra={"requestBody": {"content": {protocol.BODY: {"schema": {"type": "string", "format": "binary"}}}}},
    )
    async def continue_upload(request: Request, upload: Id, person: Sender) -> Response:
        """Send bytes from Upload-Offset on; Upload-Checksum holds for the bytes of this request."""
        if request.headers.get("content-type") != protocol.BODY:
            raise Problem(415, "tus-body", needed=protocol.BODY)
        with _problems():
            offset = protocol.number(request.headers, "upload-offset")
            checksum = protocol.checksum_of(request.headers)
            found = await uploads.get(upload, person.org)
            if found.offset != offset:
                raise Problem(409, "upload-offset", headers={**_state(found), "connection": "close"})
            grown = await uploads.append(found, chunks(request, body), checksum)
        return Response(status_code=204, headers=_state(grown))

    @router.delete("/{upload}", operation_id="end_upload", status_code=204, dependencies=[Depends(speaks_tus)])
    async def end_upload(upload: Id, person: Sender) -> Response:
        """Give an upload up; what came of it is removed."""
        with _problems():
            found = await uploads.get(upload, person.org)
            await uploads.give_up(found)
        return Response(status_code=204, headers=RESUMABLE)

    return router


def _state(upload: Upload) -> Mapping[str, str]:
    expires = protocol.expires_header(upload.expires_at)
    return {**RESUMABLE, "upload-offset": str(upload.offset), **expires}


@contextmanager
def _problems() -> Iterator[None]:
    try:
        with refusals_as_problems():
            yield
    except BadHeader as error:
        raise Problem(400, "tus-header", name=str(error), headers={"connection": "close"}) from error

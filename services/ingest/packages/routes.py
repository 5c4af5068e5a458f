"""HTTP door for packages that were uploaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter, Request

from services.ingest.documents import answers
from services.ingest.documents.answers import Accepted
from services.ingest.documents.reception import Receipt
from services.ingest.documents.refusal import refusals_as_problems
from services.ingest.documents.routes import UPLOAD_RESPONSES, Uploader
from services.ingest.documents.spool import Spool
from services.ingest.packages.taking import Arrival, Packages, UploadedPackage
from services.ingest.registry.acting import library_for
from services.ingest.uploads.receiving import Uploads
from shared.runtime import Runtime
from shared.web.auth import Person
from shared.web.problems import language_of


@dataclass(frozen=True)
class PackageDoor:
    """What the routes need."""

    runtime: Runtime
    spool: Callable[[], Spool]
    packages: Callable[[], Packages]
    uploads: Uploads


def package_routes(door: PackageDoor) -> APIRouter:
    router = APIRouter(prefix="/v1/packages", tags=["packages"])

    @router.post("", status_code=202, operation_id="submit_package", responses=UPLOAD_RESPONSES)
    async def submit_package(request: Request, person: Uploader, body: UploadedPackage) -> Accepted:
        """Hand in a package of a scanning firm as one document: BagIt or METS, as a zip or tar archive.

        It is taken whole or refused with the file that is at fault, and then nothing of it is kept but its upload,
        which may be handed in again until it expires; of a state secret or malware that goes too.
        """
        with refusals_as_problems():
            receipt = await _take(body, person, door)
        return answers.accepted(receipt, request.app.state.messages, language_of(request))

    return router


async def _take(body: UploadedPackage, person: Person, door: PackageDoor) -> Receipt:
    library = await library_for(person, body.library, door.runtime.database)
    upload = await door.uploads.get(body.upload, person.org)
    async with door.uploads.taking([upload]):
        with door.spool().folder(2 * upload.length) as space:
            file = await door.uploads.bring_in(upload, space, 1, upload.length)
            return await door.packages().take(Arrival(file, library, person.signature, body), space)

"""HTTP door for donors' deposits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict

from services.ingest.deposits import store
from services.ingest.deposits.deposit import Agreement, SignedTerms, Signing
from services.ingest.documents.document import DepositId
from services.ingest.documents.reception import Reception
from services.ingest.documents.refusal import Refused, refusals_as_problems
from services.ingest.documents.routes import UPLOAD_RESPONSES, Uploader
from services.ingest.documents.spool import Spool
from services.ingest.registry.acting import library_for, own_library
from services.ingest.uploads.receiving import Uploads
from shared.events.vocabulary import LibraryId, ObjectRef
from shared.runtime import Runtime
from shared.store.mongo import Document
from shared.web.auth import Person, Role
from shared.web.problems import Messages, Problem, language_of


class DepositStatus(BaseModel):
    """A deposit, its signed terms, and what they keep from being published."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: str
    library: str
    agreement: Agreement
    signed: SignedTerms | None
    documents: int
    """How many documents came with it."""
    hold: str | None
    """Why its documents must not be published today; null when they may."""
    hold_text: str | None
    created_at: datetime
    created_by: str


class DepositList(BaseModel):
    """Deposits of one library, in the order of their ids."""

    deposits: list[DepositStatus]
    next_cursor: DepositId | None


@dataclass(frozen=True)
class DepositDoor:
    """What the routes need."""

    runtime: Runtime
    spool: Callable[[], Spool]
    reception: Callable[[], Reception]
    uploads: Uploads
    max_file_bytes: int


def deposit_routes(door: DepositDoor) -> APIRouter:
    router = APIRouter(prefix="/v1/deposits", tags=["deposits"])
    works = door.runtime.works

    @router.put("", operation_id="agree_deposit")
    async def agree_deposit(
        request: Request, person: Uploader, body: Agreement, library: LibraryId | None = None
    ) -> DepositStatus:
        """Write down what a donor gives (hiến tặng) or leaves in trust (ký gửi); its number says it once.

        Donors are named by their number in the library's books: no personal data is taken here.
        """
        whose = await library_for(person, library, door.runtime.database)
        row = await works.transact(partial(store.keep, library=whose, agreement=body, by=person.signature))
        if Agreement.model_validate(row["agreement"]) != body:
            raise Problem(409, "deposit-otherwise", number=body.number)
        return _status(row, request)

    @router.get("", operation_id="list_deposits")
    async def list_deposits(
        request: Request,
        person: Uploader,
        cursor: DepositId | None = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
        library: LibraryId | None = None,
    ) -> DepositList:
        """Deposits of the caller's library; operators may name another."""
        rows = await store.list_of_library(door.runtime.database, own_library(person, library), cursor, limit + 1)
        following = rows[limit - 1]["_id"] if len(rows) > limit else None
        return DepositList(deposits=[_status(row, request) for row in rows[:limit]], next_cursor=following)

    @router.get("/{deposit}", operation_id="deposit_status")
    async def deposit_status(
        request: Request, person: Uploader, deposit: Annotated[DepositId, Path()]
    ) -> DepositStatus:
        """A deposit, with what holds its documents back."""
        return _status(await _of(door, deposit, person), request)

    @router.put("/{deposit}/terms", operation_id="sign_deposit", responses=UPLOAD_RESPONSES)
    async def sign_deposit(
        request: Request, person: Uploader, body: Signing, deposit: Annotated[DepositId, Path()]
    ) -> DepositStatus:
        """Record the signed terms: the scan of the signed paper, or a confirmation with its SHA-256.

        The documents are free for publishing shortly after. Terms are signed once; new ones are a new deposit.
        """
        await _of(door, deposit, person)
        with refusals_as_problems():
            terms = await _signed(body, person, door)
            row = await works.transact(partial(store.sign, deposit=deposit, terms=terms))
        if row is None:
            raise Problem(409, "deposit-signed-otherwise")
        return _status(row, request)

    return router


async def _of(door: DepositDoor, deposit: str, person: Person) -> Document:
    row = await store.find(door.runtime.database, deposit)
    if row is None or not (row["library"] == person.org or Role.OPERATOR in person.roles):
        raise Problem(404, "no-such-deposit", deposit=deposit)
    return row


async def _signed(body: Signing, person: Person, door: DepositDoor) -> SignedTerms:
    """Raises Refused."""
    if body.proofs != 1:
        raise Refused("deposit-proof")
    if body.signed_at > datetime.now(UTC):
        raise Refused("deposit-signed-in-future")
    return SignedTerms(
        **body.model_dump(exclude={"paper"}),
        paper=await _paper(body.paper, person, door) if body.paper else None,
        recorded_by=person.signature,
        recorded_at=datetime.now(UTC),
    )


async def _paper(upload: str, person: Person, door: DepositDoor) -> ObjectRef:
    """The signed paper, looked at and scanned as every original is. Raises Refused, NoSpace, DependencyAway."""
    found = await door.uploads.get(upload, person.org)
    async with door.uploads.taking([found]):
        with door.spool().folder(found.length) as folder:
            file = await door.uploads.bring_in(found, folder, 1, door.max_file_bytes)
            return await door.reception().take_paper(file)


def _status(row: Document, request: Request) -> DepositStatus:
    messages: Messages = request.app.state.messages
    hold = store.hold_of(row)
    facts: dict[str, Any] = {name: row[name] for name in ("library", "agreement", "signed", "documents")}
    return DepositStatus(
        **facts,
        id=row["_id"],
        created_at=row["created_at"],
        created_by=row["created_by"],
        hold=hold,
        hold_text=messages.text(hold, language_of(request)) if hold else None,
    )

"""HTTP door for judgements."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request

from services.ingest.content import store
from services.ingest.content.destruction import Destruction
from services.ingest.content.judgement import JudgementForm
from services.ingest.documents import answers
from services.ingest.documents import store as documents
from services.ingest.documents.answers import DocumentStatus
from services.ingest.documents.document import DOCUMENT_PATTERN, DocumentState
from shared.bus.work import Work
from shared.runtime import Runtime
from shared.store.mongo import Document
from shared.web.app import PROBLEMS
from shared.web.auth import Person, Role, needs
from shared.web.problems import Problem, language_of

Judge = Annotated[Person, Depends(needs(Role.LIBRARIAN, Role.OPERATOR))]


def content_routes(runtime: Runtime) -> APIRouter:
    router = APIRouter(prefix="/v1/documents", tags=["content"], responses={409: PROBLEMS[409]})
    destruction = Destruction(runtime.works, runtime.objects)

    @router.post("/{document}/judgement", operation_id="judge_content")
    async def judge_content(
        request: Request, person: Judge, document: Annotated[str, Path(pattern=DOCUMENT_PATTERN)], body: JudgementForm
    ) -> DocumentStatus:
        """Decide about what the rules found in a document, or a person found by other means.

        harmless: it may be published. restricted: to no more than `access_level`. state-secret: everything stored of
        it is destroyed, and this cannot be undone.
        """
        await runtime.works.transact(partial(_judge, document=document, form=body, person=person))
        await destruction.turn()
        row = await documents.find(runtime.database, document)
        if row is None:
            raise Problem(404, "no-such-document", document=document)
        return answers.status(row, request.app.state.messages, language_of(request))

    return router


async def _judge(work: Work, document: str, form: JudgementForm, person: Person) -> None:
    row = await work.find_one(documents.DOCUMENTS, {"_id": document})
    await store.judge(work, _judgeable(row, document, person), form, person.signature)


def _judgeable(row: Document | None, document: str, person: Person) -> Document:
    """Raises Problem 404, or 409 for a document that is not kept any more."""
    if row is None or not (row["library"] == person.org or Role.OPERATOR in person.roles):
        raise Problem(404, "no-such-document", document=document)
    if row["state"] != DocumentState.ACCEPTED:
        raise Problem(409, "document-not-kept", document=document)
    return row

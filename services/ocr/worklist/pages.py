"""The work list's web pages over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fastapi import Depends, Form, Query, Request, Response
from starlette.datastructures import FormData

from services.ocr.rescans.rescan import page_numbers
from services.ocr.worklist import store
from services.ocr.worklist.dependencies import (
    DOCUMENT_ID,
    MOST_DOCUMENTS,
    MOST_PARTS,
    DocumentId,
    PageNumber,
    TheWorkList,
    WorkList,
)
from services.ocr.worklist.desk import Deed
from services.ocr.worklist.plan import progress
from services.ocr.worklist.routes import act_on_each, asked
from services.ocr.worklist.stages import BULK, GONE, Action, Actor, BulkAction, Stage, may_act, theirs, waiting_for
from services.ocr.worklist.steps import steps_of
from services.ocr.worklist.views import document_view, line_views, page_view, reading_view
from shared.events.vocabulary import ObjectRef
from shared.store.mongo import Document
from shared.store.objects import ObjectMissing
from shared.web.auth import Person, Role
from shared.web.problems import Problem
from shared.web.session import Session, check_form
from shared.web.staff import StaffPages
from shared.web.staff.pages import HEADERS, FormKey

BATCHES = 12
DOCUMENTS = 50
MOST_FIELDS = 2100
"""Of a form: a line each and a few more."""
LINE = "line-"
site = StaffPages("/worklist", Path(__file__).parent, {Role.LIBRARIAN, Role.OPERATOR})
router = site.router
SignedIn = Annotated[Session, Depends(site.signed_in)]
Documents = Annotated[list[str], Form(min_length=1, max_length=MOST_DOCUMENTS)]
Text = Annotated[str, Form(max_length=1000)]


@router.get("")
async def show_list(
    request: Request,
    worklist: TheWorkList,
    session: SignedIn,
    *,
    stage: Annotated[Stage | str, Query(max_length=20)] = "",
    batch: Annotated[str, Query(max_length=200)] = "",
    mine: Annotated[bool, Query()] = False,
    after: Annotated[str | None, Query(pattern=DOCUMENT_ID)] = None,
) -> Response:
    """Batches and documents, with what can be done to many at once."""
    person, database = session.person, worklist.database
    wanted = Stage(stage) if stage in set(Stage) else None
    found, following = await store.list_documents(database, asked(person, wanted, batch, mine=mine), DOCUMENTS, after)
    batches = await store.batches(database, asked(person, None, None, mine=False), BATCHES)
    waiting = await store.count_documents(database, {"$and": [theirs(person), waiting_for(Actor.LIBRARIAN)]})
    return site.page(
        request,
        "list.html",
        told=site.told(request),
        waiting=waiting,
        batches=batches,
        stages=[one for one in Stage if one not in GONE],
        all_stages=list(Stage),
        stage=wanted,
        batch=batch or None,
        mine=mine,
        documents=[document_view(row) for row in found],
        cursor=following,
        after=after,
        actions=BULK,
        people=await _people(worklist, person),
    )


@router.get("/plan")
async def show_plan(request: Request, worklist: TheWorkList, session: SignedIn) -> Response:
    """The plan against what is done, by collection class."""
    person = session.person
    goals = [goal for goal in worklist.goals if Role.OPERATOR in person.roles or goal.library == person.org]
    counts = await store.count_classes(worklist.database, theirs(person))
    return site.page(request, "plan.html", rows=progress(goals, counts))


@router.post("/bulk")
async def act_on_many(
    request: Request,
    worklist: TheWorkList,
    session: SignedIn,
    *,
    form_key: FormKey,
    action: Annotated[BulkAction, Form()],
    documents: Documents,
    note: Text = "",
    to: Text = "",
) -> Response:
    """Do one thing to all that were ticked; those that refuse are named with the reason."""
    check_form(session, form_key)
    refused = await act_on_each(worklist, session.person, documents, Deed(action, note.strip(), to or None))
    done = len(set(documents)) - len(refused)
    if not refused:
        return site.redirect(site.frame(request).link(done=action, count=done))
    reasons = [(document, site.reason(request, problem)) for document, problem in refused]
    return site.page(request, "result.html", 409, action=action, done=done, refused=reasons)


@router.post("/merge")
async def merge_many(
    request: Request,
    worklist: TheWorkList,
    session: SignedIn,
    *,
    form_key: FormKey,
    documents: Documents,
    title: Text = "",
) -> Response:
    """Make one document of all that were ticked."""
    check_form(session, form_key)
    made = await worklist.desk(session.person).merge(list(dict.fromkeys(documents)), title)
    return site.redirect(site.frame(request).link("documents", made, done=Action.MERGE, count=1))


@router.get("/documents/{document}")
async def show_document(request: Request, document: DocumentId, worklist: TheWorkList, session: SignedIn) -> Response:
    """A document: its steps, its pages, who did what, and what can be done."""
    row = await store.get_document(worklist.database, document, session.person)
    pages = await store.pages_of(worklist.database, document)
    readings = await store.qualities_by_id(worklist.database, [page["reading"] for page in pages if page["reading"]])
    log = await store.history(worklist.database, document)
    return site.page(
        request,
        "document.html",
        told=site.told(request),
        document=document_view(row),
        steps=steps_of(row, log),
        record_url=_record_url(worklist, document),
        actions=[action for action in BULK if may_act(row, action)],
        people=await _people(worklist, session.person),
        may_split=may_act(row, Action.SPLIT),
        pages=[page_view(page, readings.get(page["reading"])) for page in pages],
        history=[{"to": None, "page": None, "documents": None, **entry} for entry in log],
    )


@router.post("/documents/{document}/act")
async def act_on_one(
    request: Request,
    document: DocumentId,
    worklist: TheWorkList,
    session: SignedIn,
    *,
    form_key: FormKey,
    action: Annotated[BulkAction, Form()],
    note: Text = "",
    to: Text = "",
    pages: Text = "",
) -> Response:
    """Approve, ask for a re-scan or take that back, have read again, or assign."""
    check_form(session, form_key)
    await worklist.desk(session.person).act(document, Deed(action, note.strip(), to or None, _numbers(pages)))
    return site.redirect(site.frame(request).link("documents", document, done=action, count=1))


@router.post("/documents/{document}/split")
async def split_one(
    request: Request,
    document: DocumentId,
    worklist: TheWorkList,
    session: SignedIn,
    *,
    form_key: FormKey,
    firsts: Annotated[list[int], Form(max_length=MOST_PARTS - 1)] = [],  # noqa: B006 - FastAPI reads it, nobody changes it
    titles: Annotated[str, Form(max_length=20_000)] = "",
) -> Response:
    """Make a document of each part that begins with a ticked page."""
    check_form(session, form_key)
    made = await worklist.desk(session.person).split(document, firsts, [line[:1000] for line in titles.splitlines()])
    return site.redirect(site.frame(request).link("documents", document, done=Action.SPLIT, count=len(made)))


@router.get("/documents/{document}/pages/{number}")
async def show_page(
    request: Request, document: DocumentId, number: PageNumber, worklist: TheWorkList, session: SignedIn
) -> Response:
    """A page's image with its doubtful words, and its lines to correct against it."""
    row = await store.get_document(worklist.database, document, session.person)
    page = await store.get_page(worklist.database, document, number)
    reading = (await store.readings_by_id(worklist.database, [page["reading"]])).get(page["reading"])
    words = await worklist.corrections.words(reading) if reading else ()
    view = reading_view(reading) if reading else None
    lines = line_views(words, view.width, view.height) if view else ()
    return site.page(
        request,
        "page.html",
        told=site.told(request),
        document=document_view(row),
        page=page_view(page, reading),
        reading=view,
        lines=lines,
        doubtful=sum(len(line.doubtful) for line in lines),
        may_correct=may_act(row, Action.CORRECT),
    )


@router.post("/documents/{document}/pages/{number}")
async def correct_lines(
    request: Request, document: DocumentId, number: PageNumber, worklist: TheWorkList, session: SignedIn
) -> Response:
    """Keep the lines that the person changed as a reading of their own."""
    async with request.form(max_fields=MOST_FIELDS, max_files=0) as form:
        check_form(session, str(form.get("form_key", "")))
        seen, sent = str(form.get("reading", ""))[:200], _lines(form)
    changed = await worklist.corrections.correct(document, number, seen, sent, session.person)
    done = Action.CORRECT.value if changed else "nothing"
    return site.redirect(site.frame(request).link("documents", document, "pages", number, done=done, count=changed))


@router.get("/documents/{document}/pages/{number}/image")
async def show_image(document: DocumentId, number: PageNumber, worklist: TheWorkList, session: SignedIn) -> Response:
    """The page as scanned, JPEG."""
    return await _picture(document, number, worklist, session.person, ("image",))


@router.get("/documents/{document}/pages/{number}/thumbnail")
async def show_thumbnail(
    document: DocumentId, number: PageNumber, worklist: TheWorkList, session: SignedIn
) -> Response:
    """The page small, JPEG; as it is where nobody made it smaller."""
    return await _picture(document, number, worklist, session.person, ("thumbnail", "image"))


def _lines(form: FormData) -> dict[int, str]:
    """Line number -> text. Raises Problem 422."""
    fields = [(name.removeprefix(LINE), str(value)) for name, value in form.multi_items() if name.startswith(LINE)]
    if not all(number.isascii() and number.isdigit() and len(number) < 6 for number, _ in fields):
        raise Problem(422, "invalid-request")
    return {int(number): value[:2000] for number, value in fields}


def _numbers(text: str) -> tuple[int, ...]:
    """The pages that a person wrote. Raises Problem 422."""
    try:
        return page_numbers(text)
    except ValueError as error:
        raise Problem(422, "bad-page-numbers") from error


async def _people(worklist: WorkList, person: Person) -> dict[str, str]:
    """Whom documents can be given to: the person and those who have worked on them before."""
    return {person.signature: person.name} | await store.colleagues(worklist.database, theirs(person))


async def _picture(document: str, number: int, worklist: WorkList, person: Person, kinds: tuple[str, ...]) -> Response:
    await store.get_document(worklist.database, document, person)
    page = await store.get_page(worklist.database, document, number)
    reading: Document = (await store.readings_by_id(worklist.database, [page["reading"]])).get(page["reading"], {})
    found = next((reading[kind] for kind in kinds if reading.get(kind)), None)
    if found is None:
        raise Problem(404, "page-not-read", number=number)
    reference = ObjectRef.model_validate(found)
    try:
        body = await worklist.objects.get(reference.key)
    except ObjectMissing as error:
        raise Problem(404, "page-not-read", number=number) from error
    caching = {"cache-control": "private, max-age=3600"}
    return Response(body, media_type=reference.media_type, headers=HEADERS | caching)


def _record_url(worklist: WorkList, document: str) -> str | None:
    record = "r-" + document.removeprefix("d-")
    return f"{worklist.catalog_url}/records/{record}" if worklist.catalog_url else None

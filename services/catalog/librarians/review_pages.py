"""Doubtful pairs judged one at a time: the same edition, another, or left to others; and the last answer undone."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Annotated

from fastapi import Form, Query, Request, Response

from services.catalog.dependencies import Catalog, TheCatalog
from services.catalog.identity import Row
from services.catalog.librarians.site import MOST_COUNTED, ShortText, SignedIn, Texts, site
from services.catalog.librarians.views import field_lines, marc_lines, percent, title_of
from services.catalog.registry.store import libraries_judged_by
from services.catalog.union import judging, questions, store
from services.catalog.union.grouping import pair_of
from services.catalog.union.ids import ContributionId, DeedId, QuestionId
from shared.bus.work import Work
from shared.web.auth import Person
from shared.web.problems import Problem
from shared.web.session import check_form
from shared.web.staff.pages import FormKey

router = site.section()
GONE = {"question-unknown", "question-changed"}


class Said(StrEnum):
    """What a person answers."""

    SAME = "same"
    DIFFERENT = "different"
    SKIP = "skip"


@router.get("/review")
async def show_next(
    request: Request,
    catalog: TheCatalog,
    session: SignedIn,
    *,
    skipped: Annotated[QuestionId | None, Query()] = None,
) -> Response:
    """The pair that is asked next."""
    database = catalog.works.database
    row = await store.next_question(database, await libraries_judged_by(database, session.person))
    return await _show(request, catalog, session.person, row["_id"] if row else None, skipped)


@router.get("/review/{question}")
async def show_question(request: Request, question: QuestionId, catalog: TheCatalog, session: SignedIn) -> Response:
    """One pair."""
    return await _show(request, catalog, session.person, question, None)


@router.post("/review/{question}")
async def answer(
    request: Request,
    question: QuestionId,
    catalog: TheCatalog,
    session: SignedIn,
    *,
    form_key: FormKey,
    said: Annotated[Said, Form()],
    left: Annotated[ContributionId, Form()],
    right: Annotated[ContributionId, Form()],
    reason: ShortText = "",
) -> Response:
    """Keep the answer and go on to the next pair; also where somebody else was quicker."""
    check_form(session, form_key)

    async def do(work: Work) -> None:
        if said is Said.SKIP:
            await judging.skip(work, question)
            return
        same = said is Said.SAME
        await judging.answer(work, question, pair_of(left, right), session.person, same=same, reason=reason)

    try:
        await catalog.works.transact(do)
    except Problem as problem:
        if problem.reason not in GONE:
            raise
        return site.redirect(site.frame(request).link("review", done="gone"))
    skipped = question if said is Said.SKIP else None
    return site.redirect(site.frame(request).link("review", done=said, skipped=skipped))


@router.post("/review/{question}/unskip")
async def take_skip_back(
    request: Request, question: QuestionId, catalog: TheCatalog, session: SignedIn, *, form_key: FormKey
) -> Response:
    """Ask a pair again that was skipped."""
    check_form(session, form_key)

    async def do(work: Work) -> None:
        await judging.take_skip_back(work, question)

    await catalog.works.transact(do)
    return site.redirect(site.frame(request).link("review", question))


@router.post("/review/deeds/undo")
async def undo(
    request: Request,
    catalog: TheCatalog,
    session: SignedIn,
    *,
    form_key: FormKey,
    deed: Annotated[DeedId, Form()],
) -> Response:
    """Take an answer back and show its pair again, where it is a question still."""
    check_form(session, form_key)

    async def do(work: Work) -> str | None:
        judged = await judging.undo(work, deed, session.person)
        found = await store.members_where(work, [{"_id": {"$in": list(judged.pair)}}])
        question = "-".join(sorted(member.fingerprint for member in found))
        row = await work.find_one(store.DECISIONS, {"_id": question, "open": True})
        return question if row else None

    question = await catalog.works.transact(do)
    return site.redirect(site.frame(request).link("review", *filter(None, [question]), done="undone"))


async def _show(
    request: Request, catalog: Catalog, person: Person, question: str | None, skipped: str | None
) -> Response:
    database = catalog.works.database
    own = await libraries_judged_by(database, person)
    last = await store.last_pin(database, person.signature)
    counts = {
        "open": await store.count_questions(database, own, MOST_COUNTED + 1),
        "most": MOST_COUNTED,
        "answered": await store.count_deeds(database, person.signature),
    }
    shown = await _pair(catalog, question, own or (), Texts(request)) if question else None
    titles = await _titles(catalog, last["contributions"]) if last else []
    return site.page(
        request, "review.html", told=site.told(request), last=last, titles=titles, skipped=skipped, pair=shown, **counts
    )


async def _pair(catalog: Catalog, question: str, libraries: Collection[str], texts: Texts) -> Row:
    """Two records beside each other. Raises Problem 404."""

    async def do(work: Work) -> tuple[Row, list[Row]]:
        row = await judging.open_question(work, question)
        ids = await questions.pair_in_question(work, row, libraries)
        found = {one["_id"]: one for one in await work.find(store.CONTRIBUTIONS, {"_id": {"$in": list(ids)}})}
        # As the evidence has its sides.
        return row, sorted((found[one] for one in ids), key=lambda one: row["prints"].index(one["fingerprint"]))

    row, records = await catalog.works.transact(do)
    names = await catalog.library_titles.all()
    return {
        "question": question,
        "score": percent(row["score"]),
        "skips": row["skips"],
        "fields": field_lines(row["evidence"], texts),
        "sides": [
            {
                "id": one["_id"],
                "library": names.get(one["library"], one["library"]),
                "source": one["source"],
                "local_id": one["local_id"],
                "cluster": one["cluster"],
                "marc": marc_lines(one["marc"]),
            }
            for one in records
        ],
    }


async def _titles(catalog: Catalog, contributions: list[str]) -> list[str]:
    rows = catalog.works.database[store.CONTRIBUTIONS].find({"_id": {"$in": contributions}, "deleted": False}, ["marc"])
    return [title_of(row["marc"]) async for row in rows]

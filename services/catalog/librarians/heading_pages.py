"""Headings that look the same, for a person to judge: one kept, or both; and the last merge undone."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from fastapi import Form, Query, Request, Response

from services.catalog.authorities import keeping, store
from services.catalog.authorities.authority import Authority, page_of
from services.catalog.authorities.ids import AuthorityId, PairId
from services.catalog.authorities.keeping import By
from services.catalog.dependencies import TheCatalog
from services.catalog.identity import Row
from services.catalog.librarians.site import ShortText, SignedIn, Texts, site
from shared.bus.work import Work
from shared.web.problems import Problem
from shared.web.session import check_form
from shared.web.staff.pages import FormKey

router = site.section()
SHOWN = 20


class Kept(StrEnum):
    """Which of two headings stays: one of them, or both."""

    LEFT = "left"
    RIGHT = "right"
    BOTH = "both"


class Became(StrEnum):
    """What an answer did, as the page says it."""

    JOINED = "heading-joined"
    APART = "heading-apart"
    PARTED = "heading-parted"
    GONE = "heading-gone"


@router.get("/headings")
async def show_likenesses(
    request: Request,
    catalog: TheCatalog,
    session: SignedIn,
    *,
    after: Annotated[PairId | None, Query()] = None,
) -> Response:
    """Pairs that nobody has judged, those after a pair."""
    database, texts = catalog.works.database, Texts(request)
    rows = await store.list_open(database, after, SHOWN + 1)
    following = rows[SHOWN - 1]["_id"] if len(rows) > SHOWN else None
    last = await store.last_merge(database, session.person.signature)
    merged = [last["kept"], last["ended"]] if last else []
    found = await store.of_ids(database, {*merged, *(one for row in rows for one in row["pair"])})
    pairs = [
        {
            "sides": [_side(found[one]) for one in row["pair"]],
            "signs": [texts(f"likeness-{sign}") for sign in row["signs"]],
        }
        for row in rows[:SHOWN]
        if all(one in found for one in row["pair"])
    ]
    names = [_side(found[one])["name"] for one in merged]
    return site.page(
        request,
        "headings.html",
        told=site.told(request),
        pairs=pairs,
        after=after,
        following=following,
        last=last,
        names=names,
    )


@router.post("/headings/{left}/{right}")
async def judge(
    request: Request,
    left: AuthorityId,
    right: AuthorityId,
    catalog: TheCatalog,
    session: SignedIn,
    *,
    form_key: FormKey,
    kept: Annotated[Kept, Form()],
    after: Annotated[PairId | None, Form()] = None,
    reason: ShortText = "",
) -> Response:
    """Keep the answer and show what is left, also where somebody else was quicker."""
    check_form(session, form_key)
    keep = {Kept.LEFT: left, Kept.RIGHT: right, Kept.BOTH: None}[kept]

    async def do(work: Work) -> Row | None:
        return await keeping.judge(work, f"{left}|{right}", keep, session.person, reason)

    try:
        merged = await catalog.works.transact(do)
    except Problem as problem:
        if problem.status not in {404, 409}:
            raise
        return _done(request, Became.GONE, after)
    return _done(request, Became.JOINED if merged else Became.APART, after)


@router.post("/headings/undo")
async def undo(
    request: Request,
    catalog: TheCatalog,
    session: SignedIn,
    *,
    form_key: FormKey,
    merge: Annotated[str, Form(pattern=r"^m-[0-9a-f]{24}$")],
) -> Response:
    """Take a merge back: both headings stand again."""
    check_form(session, form_key)

    async def do(work: Work) -> Row:
        return await keeping.undo(work, merge, By.one(session.person, "parted"))

    await catalog.works.transact(do)
    return _done(request, Became.PARTED)


def _done(request: Request, became: Became, after: str | None = None) -> Response:
    return site.redirect(site.frame(request).link("headings", done=became, after=after))


def _side(row: Row) -> Row:
    said = Authority.model_validate(row["said"])
    return {
        "id": row["_id"],
        "name": said.heading.text,
        "page": page_of(row["_id"], said.kind),
        "variants": [name.text for name in said.variants],
        "sources": said.sources,
        "note": said.note,
    }

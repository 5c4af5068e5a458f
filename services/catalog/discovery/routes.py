"""The search API: for anyone, over what anyone may know of."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel

from services.catalog.dependencies import Limit, TheCatalog
from services.catalog.discovery.asking import CursorText, IsAsked, Verbatim
from services.catalog.discovery.finding import Found, find
from services.catalog.search import BadCursor, Bucket, Copy, Facet, Field, Hit, Holder
from shared.events.vocabulary import Moment
from shared.web.auth import Role, needs
from shared.web.problems import Problem

router = APIRouter(prefix="/v1/search", tags=["search"])
Span = tuple[int, int]


class CopyView(Copy):
    """A digitised document of the edition. `url` is its page; `thumbnail` its first page, where anyone may see it."""

    url: str
    thumbnail: str | None


class HitView(BaseModel):
    """An edition found. Highlights are [start, end) in code points of the text they belong to."""

    id: str
    url: str
    title: str
    title_highlights: list[Span]
    parts: list[str]
    """Designations of its volume."""
    snippet: str
    highlights: list[Span]
    """Of the snippet."""
    creators: list[str]
    subjects: list[str]
    edition: str | None
    publishers: list[str]
    year: int | None
    extent: str | None
    form: str
    language: str | None
    isbns: list[str]
    classes: list[str]
    libraries: list[Holder]
    digitised: list[CopyView]
    added_at: Moment


class SearchAnswer(BaseModel):
    """`searched_for`: what was searched for in place of `q`, which finds nothing; `did_you_mean`: what finds more."""

    total: int
    hits: list[HitView]
    next_cursor: str | None
    facets: dict[Facet, list[Bucket]]
    searched_for: str | None
    did_you_mean: str | None


class SuggestionView(BaseModel):
    text: str
    kind: Field
    count: int


class Suggestions(BaseModel):
    suggestions: list[SuggestionView]


class Rebuilding(BaseModel):
    """Whether a new index is now being built; False where one was being built already."""

    begun: bool


@router.get("", response_model=SearchAnswer)
async def search(
    catalog: TheCatalog,
    asked: IsAsked,
    *,
    limit: Limit = 20,
    cursor: CursorText = None,
    facets: Annotated[bool, Query(description="Count what is found by library, class, year and so on.")] = False,
    verbatim: Verbatim = False,
) -> Response:
    """Search in descriptions and, where anyone may read it, the full text."""
    counted = tuple(Facet) if facets else ()
    try:
        found = await find(catalog, asked, limit=limit, cursor=cursor, facets=counted, verbatim=verbatim)
    except BadCursor as error:
        raise Problem(422, "bad-cursor") from error
    # Written here and not by the framework, which would check each hit once more.
    return Response(_answer(found).model_dump_json(), media_type="application/json")


@router.get("/suggestions")
async def suggest(
    catalog: TheCatalog,
    q: Annotated[str, Query(max_length=200, description="What was typed so far, with or without marks.")] = "",
    limit: Annotated[int, Query(ge=1, le=20)] = 8,
) -> Suggestions:
    """Titles, names and subjects that go on from what was typed."""
    offered = await asyncio.to_thread(catalog.search.suggest, q, limit)
    return Suggestions(suggestions=[SuggestionView(**one.model_dump()) for one in offered])


@router.post("/rebuild", status_code=202, dependencies=[Depends(needs(Role.OPERATOR))])
async def rebuild(catalog: TheCatalog) -> Rebuilding:
    """Build this replica's index anew from the topic, beside the one that answers until the new one is whole."""
    return Rebuilding(begun=catalog.rebuild_search())


def _answer(found: Found) -> SearchAnswer:
    return SearchAnswer(
        total=found.page.total,
        hits=[_view(hit) for hit in found.page.hits],
        next_cursor=found.page.next_cursor,
        facets={facet: list(buckets) for facet, buckets in found.page.facets.items()},
        searched_for=found.instead,
        did_you_mean=found.meant,
    )


def _view(hit: Hit) -> HitView:
    return HitView.model_construct(
        id=hit.id,
        url=f"/clusters/{hit.id}",
        title=hit.title.text,
        title_highlights=list(hit.title.spans),
        parts=list(hit.parts),
        snippet=hit.snippet.text,
        highlights=list(hit.snippet.spans),
        creators=list(hit.creators),
        subjects=list(hit.subjects),
        edition=hit.edition,
        publishers=list(hit.publishers),
        year=hit.year,
        extent=hit.extent,
        form=hit.form,
        language=hit.language,
        isbns=list(hit.isbns),
        classes=list(hit.classes),
        libraries=list(hit.libraries),
        digitised=[_copy_view(copy) for copy in hit.digitised],
        added_at=hit.added_at,
    )


def _copy_view(copy: Copy) -> CopyView:
    image = f"/v1/records/{copy.record}/pages/1/image" if copy.readable and copy.pages else None
    return CopyView(**copy.model_dump(), url=f"/records/{copy.record}", thumbnail=image)

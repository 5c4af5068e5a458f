"""The search API: for anyone, over what anyone may know of."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Annotated

import orjson
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
AS_JSON = orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z
Span = tuple[int, int]
Texts = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyView(Copy):
    """A digitised document of the edition. `url` is its page; `thumbnail` its first page, where anyone may see it."""

    url: str
    thumbnail: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HitView:
    """An edition found. `parts` designate its volume. Highlights are [start, end) in code points of the text they
    belong to: `title_highlights` of the title, `highlights` of the snippet.
    """

    id: str
    url: str
    title: str
    title_highlights: tuple[Span, ...]
    parts: Texts
    snippet: str
    highlights: tuple[Span, ...]
    creators: Texts
    subjects: Texts
    edition: str | None
    publishers: Texts
    year: int | None
    extent: str | None
    form: str
    language: str | None
    isbns: Texts
    classes: Texts
    libraries: tuple[Holder, ...]
    digitised: tuple[CopyView, ...]
    added_at: Moment


_AS_THEY_ARE = ({field.name for field in fields(HitView)} & {field.name for field in fields(Hit)}) - {
    "title",
    "snippet",
    "digitised",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchAnswer:
    """`searched_for`: what was searched for in place of `q`, which finds nothing; `did_you_mean`: what finds more."""

    total: int
    hits: tuple[HitView, ...]
    next_cursor: str | None
    facets: Mapping[Facet, tuple[Bucket, ...]]
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
    return Response(orjson.dumps(_answer(found), option=AS_JSON), media_type="application/json")


@router.get("/suggestions")
async def suggest(
    catalog: TheCatalog,
    q: Annotated[str, Query(max_length=200, description="What was typed so far, with or without marks.")] = "",
    limit: Annotated[int, Query(ge=1, le=20)] = 8,
) -> Suggestions:
    """Titles, names and subjects that go on from what was typed."""
    offered = await asyncio.to_thread(catalog.search.suggest, q, limit)
    return Suggestions(suggestions=[SuggestionView(**asdict(one)) for one in offered])


@router.post("/rebuild", status_code=202, dependencies=[Depends(needs(Role.OPERATOR))])
async def rebuild(catalog: TheCatalog) -> Rebuilding:
    """Build this replica's index anew from the topic, beside the one that answers until the new one is whole."""
    return Rebuilding(begun=catalog.rebuild_search())


def _answer(found: Found) -> SearchAnswer:
    return SearchAnswer(
        total=found.page.total,
        hits=tuple(_view(hit) for hit in found.page.hits),
        next_cursor=found.page.next_cursor,
        facets=found.page.facets,
        searched_for=found.instead,
        did_you_mean=found.meant,
    )


def _view(hit: Hit) -> HitView:
    return HitView(
        url=f"/clusters/{hit.id}",
        title=hit.title.text,
        title_highlights=hit.title.spans,
        snippet=hit.snippet.text,
        highlights=hit.snippet.spans,
        digitised=tuple(_copy_view(copy) for copy in hit.digitised),
        **{name: getattr(hit, name) for name in _AS_THEY_ARE},
    )


def _copy_view(copy: Copy) -> CopyView:
    image = f"/v1/records/{copy.record}/pages/1/image" if copy.readable and copy.pages else None
    return CopyView(**asdict(copy), url=f"/records/{copy.record}", thumbnail=image)

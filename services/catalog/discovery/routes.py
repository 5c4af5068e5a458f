"""The search API: for anyone, over what anyone may know of."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from services.catalog.dependencies import Limit, TheCatalog
from services.catalog.discovery.finding import find
from services.catalog.search import BadCursor, Hit
from shared.events.vocabulary import Moment
from shared.web.problems import Problem

router = APIRouter(prefix="/v1/search", tags=["search"])
Span = tuple[int, int]


class HitView(BaseModel):
    """A record found. Highlights are [start, end) in code points of the text they belong to."""

    id: str
    url: str
    title: str
    title_highlights: list[Span]
    snippet: str
    highlights: list[Span]
    """Of the snippet."""
    creators: list[str]
    subjects: list[str]
    year: int | None
    language: str | None
    library: str
    library_name: str
    collection_class: str
    pages: int
    published_at: Moment
    thumbnail: str | None


class SearchAnswer(BaseModel):
    total: int
    hits: list[HitView]
    next_cursor: str | None


@router.get("")
async def search(
    catalog: TheCatalog,
    q: Annotated[str, Query(max_length=1000, description="Words and quoted phrases, with or without marks.")] = "",
    limit: Limit = 20,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> SearchAnswer:
    """Search in descriptions and, where anyone may read it, the full text."""
    try:
        page = await find(catalog, q, limit, cursor)
    except BadCursor as error:
        raise Problem(422, "bad-cursor") from error
    return SearchAnswer(total=page.total, hits=[_view(hit) for hit in page.hits], next_cursor=page.next_cursor)


def _view(hit: Hit) -> HitView:
    return HitView(
        **hit.model_dump(exclude={"title", "snippet", "snippet_source", "creators", "subjects"}),
        url=f"/records/{hit.id}",
        creators=list(hit.creators),
        subjects=list(hit.subjects),
        title=hit.title.text,
        title_highlights=list(hit.title.spans),
        snippet=hit.snippet.text,
        highlights=list(hit.snippet.spans),
    )

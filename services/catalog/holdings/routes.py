"""Holdings over HTTP: anyone may see what is where, and whether it can be had now."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from services.catalog.dependencies import TheCatalog
from services.catalog.holdings.availability import Availability, HeldItem
from services.catalog.holdings.shelves import Holding, shelves_of
from services.catalog.union.ids import ClusterId
from services.catalog.union.routes import MOVED
from services.catalog.union.store import get_cluster
from shared.events.vocabulary import LibraryId
from shared.web.problems import Problem

router = APIRouter(prefix="/v1/clusters", tags=["holdings"])


class ItemView(BaseModel):
    """A piece by the number that it is lent under, or several that have none. due: when one on loan is to be back."""

    number: str | None
    copies: int
    location: str
    shelf_mark: str
    part: str
    """Which volume or issue it is."""
    note: str
    availability: Availability
    due: date | None


class HoldingView(BaseModel):
    """What a library has. ready: how many of its copies a reader who comes now finds there, as far as is known."""

    library: str
    title: str
    records: int
    copies: int
    ready: int
    items: list[ItemView]
    statements: list[str]
    """Which volumes of a serial there are, in the library's words."""


class Holdings(BaseModel):
    """The libraries that have an edition, by their ids. libraries: how many in all."""

    cluster: str
    libraries: int
    holdings: list[HoldingView]
    next_cursor: str | None


@router.get("/{cluster}/holdings", responses=MOVED, response_model=Holdings)
async def show_holdings(
    cluster: ClusterId,
    catalog: TheCatalog,
    *,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: Annotated[LibraryId | None, Query(description="`next_cursor` of the page before.")] = None,
) -> Holdings | Response:
    """Which library has which items of an edition, where, and whether they can be had now."""
    row = await get_cluster(catalog.committed, cluster)
    if row["redirect_to"]:
        return Response(status_code=308, headers={"location": f"/v1/clusters/{row['redirect_to']}/holdings"})
    if row["deleted"] or not row["public"]:
        raise Problem(404, "cluster-unknown", cluster=cluster)
    shelves = await shelves_of(catalog.works.database, cluster, after=cursor, limit=limit)
    titles = await catalog.library_titles.all()
    return Holdings(
        cluster=cluster,
        libraries=shelves.libraries,
        holdings=[_holding(one, titles.get(one.library, one.library)) for one in shelves.holdings],
        next_cursor=shelves.following,
    )


def _holding(holding: Holding, title: str) -> HoldingView:
    return HoldingView(
        library=holding.library,
        title=title,
        records=holding.records,
        copies=holding.copies,
        ready=holding.ready,
        items=[_item(one) for one in holding.items],
        statements=list(holding.statements),
    )


def _item(one: HeldItem) -> ItemView:
    item = one.item
    return ItemView(
        number=item.number,
        copies=item.copies,
        location=item.location,
        shelf_mark=item.shelf_mark,
        part=item.part,
        note=item.note,
        availability=one.availability,
        due=one.due,
    )

"""Clusters at their stable addresses over HTTP. An id that ended leads to the cluster in which it ended."""

import asyncio
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from services.catalog.dependencies import TheCatalog
from services.catalog.exchange.export.offers import BY_NAME, OFFERS, Name, Offer, choose
from services.catalog.exchange.published import Published
from services.catalog.exchange.store import find_survivor
from services.catalog.formats import Unwritable
from shared.web.problems import Problem

router = APIRouter(prefix="/clusters", tags=["exchange"])
ClusterId = Annotated[str, Path(max_length=100, pattern=r"^c-[A-Za-z0-9_-]{1,90}$")]
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The merged record, in the format that was chosen",
        "content": {kind: {} for offer in OFFERS for kind in offer.types},
    },
    301: {"description": "The cluster is part of another one now"},
    304: {"description": "It is still what you have"},
    406: {"description": "There is no such format"},
    410: {"description": "The cluster ended"},
}


@router.get("/{cluster}", response_class=Response, responses=ANSWERS)
async def export_cluster(
    request: Request,
    cluster: ClusterId,
    catalog: TheCatalog,
    *,
    form: Annotated[Name | None, Query(alias="format", description="In place of Accept.")] = None,
    accept: Annotated[str | None, Header()] = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """A cluster as a record: MARC, MARCXML, MODS, Dublin Core, JSON-LD or a reference, by `format` or Accept."""
    found = await find_survivor(catalog.works.database, cluster)
    if found is None:
        raise Problem(404, "cluster-unknown", cluster=cluster)
    if found.gone:
        raise Problem(410, "cluster-ended", cluster=cluster)
    if found.id != cluster:
        return RedirectResponse(_moved(request, found.id), 301)
    chosen = (BY_NAME[form], BY_NAME[form].types[0]) if form else choose(accept)
    if chosen is None:
        raise Problem(406, "format-unknown", formats=", ".join(Name))
    offer, media_type = chosen
    headers = _headers(found, offer)
    if if_none_match and headers["etag"] in if_none_match:
        return Response(status_code=304, headers=headers)
    try:
        body = await asyncio.to_thread(offer.write, found, catalog.provider)
    except Unwritable as error:
        raise Problem(406, "format-too-small", format=offer.name) from error
    return Response(body, media_type=media_type, headers=headers)


def _moved(request: Request, cluster: str) -> str:
    query = request.scope["query_string"].decode("latin-1")
    return f"/clusters/{quote(cluster)}" + (f"?{query}" if query else "")


def _headers(found: Published, offer: Offer) -> dict[str, str]:
    others = (f'</clusters/{found.id}?format={one.name}>; rel="alternate"; type="{one.types[0]}"' for one in OFFERS)
    return {
        "cache-control": "public, max-age=300",
        "vary": "accept",
        "etag": f'"{found.changed_at.timestamp():.3f}-{offer.name}"',
        "link": ", ".join(others),
        "content-disposition": f'inline; filename="{found.id}.{offer.suffix}"',
    }

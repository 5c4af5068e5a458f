"""One search: the index answers, the records' present state decides what of it may be shown."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, replace

from services.catalog.dependencies import Catalog
from services.catalog.discovery.asking import Asked
from services.catalog.records.record import CatalogRecord
from services.catalog.records.store import records_by_id
from services.catalog.search import Copy, Facet, Highlighted, Hit, Query, SearchPage, SearchRequest

FEW = 3
"""Where fewer are found, the reader is told what was probably meant."""


@dataclass(frozen=True, slots=True)
class Found:
    """A page of hits. `instead`: what was searched for in place of the typed words, which find nothing; `meant`: what
    finds much more than they.
    """

    page: SearchPage
    query: Query
    instead: str | None = None
    meant: str | None = None


async def find(
    catalog: Catalog,
    asked: Asked,
    *,
    limit: int,
    cursor: str | None = None,
    facets: Collection[Facet] = (),
    verbatim: bool = False,
) -> Found:
    """Search, once more for what was meant where nothing is found. Raises BadCursor."""
    found = await asyncio.to_thread(_search, catalog, asked, limit, cursor, facets, verbatim=verbatim)
    return Found(await _as_they_are_now(catalog, found.page), found.query, found.instead, found.meant)


def _search(
    catalog: Catalog, asked: Asked, limit: int, cursor: str | None, facets: Collection[Facet], *, verbatim: bool
) -> Found:
    query = asked.query()
    wanted = SearchRequest(query=query, limit=limit, cursor=cursor, sort=asked.sort, facets=facets)
    page = catalog.search.search(wanted)
    if verbatim or cursor or page.total >= FEW or not asked.text.strip():
        return Found(page, query)
    meant = catalog.search.correct(asked.text)
    if meant is None or page.total:
        return Found(page, query, meant=meant)
    again = asked.query(meant)
    better = catalog.search.search(replace(wanted, query=again))
    return Found(better, again, instead=meant) if better.total else Found(page, query)


async def _as_they_are_now(catalog: Catalog, page: SearchPage) -> SearchPage:
    """The index is a moment behind: what was closed since is left out."""
    ids = [copy.record for hit in page.hits for copy in hit.digitised]
    if not ids:
        return page
    present = await records_by_id(catalog.works.database, ids)
    shown = tuple(safe for hit in page.hits if (safe := _as_it_is_now(hit, present)))
    return replace(page, hits=shown, total=page.total - len(page.hits) + len(shown))


def _as_it_is_now(hit: Hit, present: dict[str, CatalogRecord]) -> Hit | None:
    """The hit without what is no longer for all; None where it may tell of a record that nobody is to know of."""
    records = [present.get(copy.record) for copy in hit.digitised]
    if not all(record is not None and record.known_to_all for record in records):
        return None
    copies = tuple(_copy(copy, present[copy.record]) for copy in hit.digitised)
    hidden = hit.snippet_source == "text" and copies != hit.digitised
    snippet = Highlighted(text="") if hidden else hit.snippet
    return replace(hit, digitised=copies, snippet=snippet)


def _copy(copy: Copy, record: CatalogRecord) -> Copy:
    if copy.readable == record.read_by_all:
        return copy
    level = record.metadata.access_level
    return replace(copy, readable=copy.readable and record.read_by_all, access_level=level)

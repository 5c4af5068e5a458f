"""One search: the index answers, the records' present state decides what of it may be shown."""

import asyncio

from services.catalog.dependencies import Catalog
from services.catalog.records.record import CatalogRecord
from services.catalog.records.store import records_by_id
from services.catalog.search import Highlighted, Hit, SearchPage


async def find(catalog: Catalog, query: str, limit: int, cursor: str | None) -> SearchPage:
    """A page of hits. The index is a moment behind: what was closed since is left out. Raises BadCursor."""
    page = await asyncio.to_thread(catalog.search.search, query, limit, cursor)
    present = await records_by_id(catalog.works.database, [hit.id for hit in page.hits])
    shown = tuple(safe for hit in page.hits if (safe := _as_it_is_now(hit, present.get(hit.id))))
    return page.model_copy(update={"hits": shown, "total": page.total - len(page.hits) + len(shown)})


def _as_it_is_now(hit: Hit, record: CatalogRecord | None) -> Hit | None:
    if record is None or not record.known_to_all:
        return None
    if record.read_by_all or hit.snippet_source == "summary":
        return hit
    return hit.model_copy(update={"snippet": Highlighted(text=""), "thumbnail": None})

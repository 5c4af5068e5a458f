"""What the page of a cluster shows of it: its merged description, who holds it, what of it was digitised."""

from dataclasses import dataclass

from services.catalog.dependencies import Catalog
from services.catalog.exchange.records import record_of
from services.catalog.exchange.store import find_survivor
from services.catalog.holdings.shelves import Shelves, shelves_of
from services.catalog.identity import Description, describe
from services.catalog.records.store import records_by_id
from services.catalog.search import Copy
from services.catalog.union.store import CONTRIBUTIONS
from shared.events.clusters import DigitisedCopy
from shared.events.vocabulary import AccessLevel

LIBRARIES_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Shown:
    """A public cluster. `id` may be another than was asked for, where that one ended in this."""

    id: str
    description: Description
    shelves: Shelves
    digitised: tuple[Copy, ...]


async def find_shown(catalog: Catalog, cluster: str, holders: str | None = None) -> Shown | None:
    """The cluster, or the one in which it ended; None where there is none for the public.

    Of the libraries that have it those behind `holders` are shown.
    """
    database = catalog.works.database
    found = await find_survivor(database, cluster)
    if found is None or found.gone:
        return None
    shelves = await shelves_of(database, found.id, after=holders, limit=LIBRARIES_AT_ONCE)
    return Shown(found.id, describe(record_of(found)), shelves, await _copies(catalog, found.id))


async def _copies(catalog: Catalog, cluster: str) -> tuple[Copy, ...]:
    """The digitised documents that anyone may know of now."""
    query = {"cluster": cluster, "digitised": {"$ne": None}}
    rows = await catalog.works.database[CONTRIBUTIONS].find(query, ["digitised"]).to_list(200)
    copies = [DigitisedCopy(**row["digitised"]) for row in rows]
    present = await records_by_id(catalog.works.database, [copy.record for copy in copies])
    return tuple(
        Copy(
            record=copy.record,
            library=copy.library,
            library_name=copy.library_name,
            access_level=AccessLevel(record.metadata.access_level),
            collection_class=copy.collection_class,
            pages=copy.pages,
            readable=record.read_by_all,
        )
        for copy in copies
        if (record := present.get(copy.record)) and record.known_to_all
    )

"""What the page of a cluster shows of it: its merged description, who holds it, what of it was digitised."""

from dataclasses import dataclass

from services.catalog.dependencies import Catalog
from services.catalog.exchange.records import record_of
from services.catalog.exchange.store import find_survivor
from services.catalog.identity import Description, describe
from services.catalog.records.store import records_by_id
from services.catalog.search import Copy, Holder
from services.catalog.union.store import CLUSTERS, CONTRIBUTIONS
from shared.events.clusters import DigitisedCopy
from shared.events.vocabulary import AccessLevel


@dataclass(frozen=True, slots=True)
class Shown:
    """A public cluster. `id` may be another than was asked for, where that one ended in this."""

    id: str
    description: Description
    holders: tuple[Holder, ...]
    digitised: tuple[Copy, ...]


async def find_shown(catalog: Catalog, cluster: str) -> Shown | None:
    """The cluster, or the one in which it ended; None where there is none for the public."""
    database = catalog.works.database
    found = await find_survivor(database, cluster)
    if found is None or found.gone:
        return None
    row = await database[CLUSTERS].find_one({"_id": found.id}, ["holdings"])
    holders = tuple(Holder(**held) for held in (row or {}).get("holdings", ()))
    return Shown(found.id, describe(record_of(found)), holders, await _copies(catalog, found.id))


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

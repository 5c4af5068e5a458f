"""The public face of clusters in MongoDB, in the order of their changes."""

from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime

from pymongo.asynchronous.database import AsyncDatabase

from services.catalog.exchange.published import Position, Published, Selection
from services.catalog.registry.store import LIBRARIES
from shared.store.mongo import Document

CLUSTERS = "clusters"
MAX_REDIRECTS = 50
CLUSTERS_AT_ONCE = 500

_ORDER = [("changed_at", 1), ("_id", 1)]
_HEADER = ("sets", "changed_at", "deleted", "redirect_to", "public")


async def ensure_indexes(database: AsyncDatabase[Document]) -> None:
    await database[CLUSTERS].create_index(_ORDER)
    await database[CLUSTERS].create_index([("sets", 1), *_ORDER])


async def page_of_changes(
    database: AsyncDatabase[Document], selection: Selection, after: Position | None, limit: int, *, with_marc: bool
) -> list[Published]:
    """The next clusters of a selection, the longest unchanged first: as quick at the end of a list as at its start."""
    fields = [*_HEADER, "marc"] if with_marc else list(_HEADER)
    found = database[CLUSTERS].find(selection.query_after(after), fields).sort(_ORDER).limit(limit)
    return [Published.of_row(row) async for row in found.batch_size(limit + 1)]


async def count_changes(database: AsyncDatabase[Document], selection: Selection) -> int:
    return await database[CLUSTERS].count_documents(selection.query())


async def find_cluster(database: AsyncDatabase[Document], cluster: str) -> Published | None:
    row = await database[CLUSTERS].find_one({"_id": cluster}, [*_HEADER, "marc"])
    return Published.of_row(row) if row else None


async def find_clusters(database: AsyncDatabase[Document], clusters: Iterable[str]) -> dict[str, Published]:
    """Those that are there, by id."""
    found = database[CLUSTERS].find({"_id": {"$in": list(clusters)}}, [*_HEADER, "marc"])
    return {row["_id"]: Published.of_row(row) async for row in found}


async def public_in(database: AsyncDatabase[Document], spec: str) -> AsyncIterator[list[Published]]:
    """The public clusters of a set in the order of their ids, a batch at a time, as they are when it is their turn."""
    query = {"sets": spec, "deleted": False, "public": True}
    # The database puts the ids in order: it has no index for that, and whole rows are too large to be sorted.
    ids = database[CLUSTERS].find(query, ["_id"]).sort("_id", 1).batch_size(CLUSTERS_AT_ONCE)
    while rows := await ids.to_list(CLUSTERS_AT_ONCE):
        found = await find_clusters(database, [row["_id"] for row in rows])
        yield [one for row in rows if (one := found.get(row["_id"])) and not one.gone]


async def find_survivor(database: AsyncDatabase[Document], cluster: str) -> Published | None:
    """The cluster, or the one in which it ended, however many steps away."""
    found = await find_cluster(database, cluster)
    for _ in range(MAX_REDIRECTS):
        if found is None or found.redirect_to is None:
            return found
        found = await find_cluster(database, found.redirect_to)
    return None


async def every_public(database: AsyncDatabase[Document]) -> AsyncIterator[Published]:
    """All public clusters in the order of their ids, a batch at a time."""
    rows = database[CLUSTERS].find({}, [*_HEADER, "marc"]).sort("_id", 1).batch_size(1000)
    async for row in rows:
        if not (found := Published.of_row(row)).gone:
            yield found


async def has_public(database: AsyncDatabase[Document]) -> bool:
    """Whether there is any public cluster."""
    return await database[CLUSTERS].find_one({"public": True, "deleted": False}, ["_id"]) is not None


async def earliest_change(database: AsyncDatabase[Document]) -> datetime:
    """When the longest unchanged cluster was changed; the epoch where there is none."""
    row = await database[CLUSTERS].find_one({}, ["changed_at"], sort=_ORDER)
    return row["changed_at"] if row else datetime.fromtimestamp(0, UTC)


async def all_sets(database: AsyncDatabase[Document]) -> list[str]:
    """Every set that has ever had a cluster, sorted."""
    return sorted(await database[CLUSTERS].distinct("sets"))


async def library_titles(database: AsyncDatabase[Document]) -> dict[str, str]:
    return {row["_id"]: row["title"] async for row in database[LIBRARIES].find({}, ["title"])}

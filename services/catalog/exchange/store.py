"""The public face of clusters in MongoDB, in the order of their changes."""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from pymongo.asynchronous.database import AsyncDatabase

from services.catalog.registry.store import LIBRARIES
from shared.store.mongo import Document

CLUSTERS = "clusters"
MAX_REDIRECTS = 50

_ORDER = [("changed_at", 1), ("_id", 1)]
_HEADER = ("sets", "changed_at", "deleted", "redirect_to", "public")


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the order of changes: everything up to and with this cluster is behind it."""

    changed_at: datetime
    cluster: str


@dataclass(frozen=True, slots=True)
class Selection:
    """Changes of [start, end), of one set or of all."""

    start: datetime | None
    end: datetime
    spec: str | None = None

    def query(self) -> Document:
        span = {"$lt": self.end} | ({"$gte": self.start} if self.start else {})
        return {"changed_at": span} | ({"sets": self.spec} if self.spec else {})

    def query_after(self, position: Position | None) -> Document:
        if position is None:
            return self.query()
        of_set = {"sets": self.spec} if self.spec else {}
        same = {**of_set, "changed_at": position.changed_at, "_id": {"$gt": position.cluster}}
        later = {**of_set, "changed_at": {"$gt": position.changed_at, "$lt": self.end}}
        return {"$or": [same, later]}


@dataclass(frozen=True, slots=True)
class Published:
    """A cluster as the world may see it. `marc`: ISO 2709 in UTF-8; empty where it was not asked for or is gone."""

    id: str
    changed_at: datetime
    sets: tuple[str, ...]
    gone: bool
    redirect_to: str | None
    marc: bytes

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Self:
        redirect_to = row.get("redirect_to")
        gone = bool(row.get("deleted") or redirect_to or not row.get("public"))
        marc = b"" if gone else bytes(row.get("marc") or b"")
        return cls(row["_id"], row["changed_at"], tuple(row.get("sets") or ()), gone, redirect_to, marc)


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


async def earliest_change(database: AsyncDatabase[Document]) -> datetime:
    """When the longest unchanged cluster was changed; the epoch where there is none."""
    row = await database[CLUSTERS].find_one({}, ["changed_at"], sort=_ORDER)
    return row["changed_at"] if row else datetime.fromtimestamp(0, UTC)


async def all_sets(database: AsyncDatabase[Document]) -> list[str]:
    """Every set that has ever had a cluster, sorted."""
    return sorted(await database[CLUSTERS].distinct("sets"))


async def library_titles(database: AsyncDatabase[Document]) -> dict[str, str]:
    return {row["_id"]: row["title"] async for row in database[LIBRARIES].find({}, ["title"])}

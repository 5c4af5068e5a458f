"""Clusters as they are told now, and told anew where what they are found by changed outside of their records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from pymongo import UpdateOne

from services.catalog.authorities.linking import keys_of, link
from services.catalog.authorities.store import known_under
from services.catalog.formats import restored
from services.catalog.identity import Row
from services.catalog.scopes.scope import Scope
from services.catalog.scopes.store import standing_scopes
from services.catalog.union import store
from services.catalog.union.contribution import described
from services.catalog.union.grouping import Member, group_of
from services.catalog.union.views import sets_in, view_of
from shared.bus.work import Work
from shared.events.clusters import ClusterChanged, ClusterView

TOLD_BY = ("version", "marc", "sets")
"""What of the row of a cluster is needed here."""


async def views_of(work: Work, rows: Sequence[Row]) -> dict[str, ClusterView]:
    """The public views of clusters, given as their rows, with the headings of now; the next version of each."""
    members: dict[str, list[Member]] = defaultdict(list)
    for member in await store.members_where(work, [{"cluster": {"$in": [row["_id"] for row in rows]}}]):
        members[str(member.cluster)].append(member)
    said = {row["_id"]: described(restored(row["marc"])) for row in rows}
    known = await known_under(work, keys_of(mention for _, mentions in said.values() for mention in mentions))
    return {
        row["_id"]: view_of(group_of(members[row["_id"]]), description, row["version"] + 1, link(mentions, known))
        for row in rows
        for description, mentions in (said[row["_id"]],)
    }


async def retell(work: Work, rows: Sequence[Row], at: datetime) -> None:
    """Announce clusters again, and put them into the sets that they now belong to. `take_turn` must have come before.

    Their records stay as they are; the date by which a cluster is harvested changes only with its sets.
    """
    scopes = await standing_scopes(work)
    views = await views_of(work, rows)
    for row in rows:
        view = views[row["_id"]]
        work.write(store.CLUSTERS, UpdateOne({"_id": row["_id"]}, {"$set": {"version": view.version}}))
        work.announce(ClusterChanged(cluster=view), version=view.version)
        put_into_sets(work, row, view, scopes, at)


def put_into_sets(work: Work, row: Row, view: ClusterView, scopes: Sequence[Scope], at: datetime) -> None:
    """What enters or leaves a set gets a new datestamp: all harvesters are told but those of a set that it left."""
    sets = sets_in(view, scopes)
    if sets != row["sets"]:
        work.write(store.CLUSTERS, UpdateOne({"_id": row["_id"]}, {"$set": {"sets": sets, "changed_at": at}}))

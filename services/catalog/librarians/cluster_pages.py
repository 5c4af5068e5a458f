"""A cluster as librarians see it: its records, why they stand together, one of them split off, decisions undone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import Form, Query, Request, Response
from pydantic import StringConstraints

from services.catalog.dependencies import Catalog, TheCatalog
from services.catalog.identity import Row
from services.catalog.librarians.site import SignedIn, Texts, site
from services.catalog.librarians.views import field_lines, percent, title_of
from services.catalog.union import judging, store
from services.catalog.union.ids import ClusterId, ContributionId, DeedId
from shared.bus.work import Work
from shared.web.problems import Problem
from shared.web.session import check_form
from shared.web.staff.pages import FormKey

router = site.section()
MOST_SHOWN = 100


@router.get("/clusters/{cluster}")
async def show_cluster(
    request: Request,
    cluster: ClusterId,
    catalog: TheCatalog,
    _: SignedIn,
    *,
    start: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> Response:
    """The records of a cluster from a place on, what was compared among these, what was decided of any."""
    row = await store.get_cluster(catalog.committed, cluster)
    if row["redirect_to"]:
        return site.redirect(site.frame(request).link("clusters", row["redirect_to"]))
    if row["deleted"]:
        raise Problem(404, "cluster-unknown", cluster=cluster)
    ids = row["members"]
    members = await _members(catalog, ids[start : start + MOST_SHOWN])
    return site.page(
        request,
        "cluster.html",
        told=site.told(request),
        cluster=cluster,
        title=title_of(row["marc"]),
        members=members,
        members_in_all=len(ids),
        start=start,
        following=start + MOST_SHOWN if start + MOST_SHOWN < len(ids) else None,
        provenance=await _provenance(catalog, row["provenance"]),
        survivor=row["survivor"],
        comparisons=await _comparisons(catalog, members, Texts(request)),
        deeds=await _deeds(catalog, ids),
    )


@router.post("/clusters/{cluster}/split-off")
async def split_off(
    request: Request,
    cluster: ClusterId,
    catalog: TheCatalog,
    session: SignedIn,
    *,
    form_key: FormKey,
    contribution: Annotated[ContributionId, Form()],
    reason: Annotated[str, Form(max_length=1000), StringConstraints(strip_whitespace=True, min_length=1)],
) -> Response:
    """Keep a record apart from the others, and show where it then stands."""
    check_form(session, form_key)

    async def do(work: Work) -> str:
        row = await work.find_one(store.CONTRIBUTIONS, {"_id": contribution, "cluster": cluster})
        if row is None:
            raise Problem(404, "contribution-unknown", contribution=contribution)
        return await judging.split_off(work, contribution, session.person, reason=reason)

    home = await catalog.works.transact(do)
    return site.redirect(site.frame(request).link("clusters", home, done="split"))


@router.post("/clusters/{cluster}/undo")
async def undo(
    request: Request,
    cluster: ClusterId,
    catalog: TheCatalog,
    session: SignedIn,
    *,
    form_key: FormKey,
    deed: Annotated[DeedId, Form()],
) -> Response:
    """Take back what a person decided about records of this cluster."""
    check_form(session, form_key)

    async def do(work: Work) -> None:
        await judging.undo(work, deed, session.person)

    await catalog.works.transact(do)
    return site.redirect(site.frame(request).link("clusters", cluster, done="undone"))


async def _members(catalog: Catalog, ids: list[str]) -> list[Row]:
    names = await catalog.library_titles.all()
    found = catalog.works.database[store.CONTRIBUTIONS].find({"_id": {"$in": ids}})
    rows = {row["_id"]: row async for row in found}
    return [
        {
            **{name: row[name] for name in ("source", "local_id", "trust", "fullness", "entered", "fingerprint")},
            "id": row["_id"],
            "library": names.get(row["library"], row["library"]),
            "title": title_of(row["marc"]),
        }
        for row in (rows[one] for one in ids if one in rows)
    ]


async def _provenance(catalog: Catalog, provenance: Mapping[str, list[str]]) -> list[tuple[str, str]]:
    """Each tag of the merged record, and whose fields these are."""
    names = await catalog.library_titles.all()
    givers = {one for given in provenance.values() for one in given}
    found = catalog.works.database[store.CONTRIBUTIONS].find({"_id": {"$in": sorted(givers)}}, ["library", "local_id"])
    said = {row["_id"]: f"{names.get(row['library'], row['library'])} ({row['local_id']})" async for row in found}
    return [(tag, ", ".join(said[one] for one in given if one in said)) for tag, given in sorted(provenance.items())]


async def _comparisons(catalog: Catalog, members: list[Row], texts: Texts) -> list[Row]:
    """Of the members' descriptions with each other, the surest first."""
    prints = {row["fingerprint"] for row in members}
    within = {"prints": {"$not": {"$elemMatch": {"$nin": sorted(prints)}}, "$in": sorted(prints)}}
    found = catalog.works.database[store.DECISIONS].find(within).sort([("score", -1), ("_id", 1)])
    described = {row["fingerprint"]: row for row in members}
    return [
        {
            "left": described[row["prints"][0]],
            "right": described[row["prints"][1]],
            "verdict": row["verdict"],
            "score": percent(row["score"]),
            "vetoes": [texts(f"veto-{field}") for field in row["vetoes"]],
            "fields": field_lines(row["evidence"], texts),
        }
        for row in await found.to_list(MOST_SHOWN)
    ]


async def _deeds(catalog: Catalog, members: list[str]) -> list[Row]:
    """What people decided of any of these, the newest first; what was decided at once is one."""
    said = {name: {"$first": f"${name}"} for name in ("same", "by", "name", "reason", "at")}
    stages: list[Row] = [
        {"$match": {"contributions": {"$in": members}}},
        {"$group": {"_id": "$deed", "pairs": {"$sum": 1}, **said}},
        {"$sort": {"at": -1, "_id": 1}},
        {"$limit": MOST_SHOWN},
    ]
    found = await catalog.works.database[store.PINS].aggregate(stages)
    return await found.to_list()

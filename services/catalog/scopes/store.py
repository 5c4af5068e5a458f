"""Sector catalogues in MongoDB. One that was taken away leaves its row, so that no ready one comes back by itself."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from pymongo import UpdateOne
from pymongo.asynchronous.database import AsyncDatabase

from services.catalog.finds import Finds
from services.catalog.identity import Row
from services.catalog.scopes.scope import Definition, Scope
from shared.bus.work import Work
from shared.store.mongo import Document
from shared.web.problems import Problem

SCOPES = "scopes"
"""`pending`: its set is still to be brought up to its definition; `after`: the last cluster that was looked at."""
MOST_SCOPES = 100
"""Each is asked of every cluster that changes."""
_STANDING = {"deleted": False}


async def ensure_indexes(database: AsyncDatabase[Document]) -> None:
    """And the ready catalogues, where they never were."""
    await database[SCOPES].create_index("pending")
    for identifier, definition in ready().items():
        row = {**definition.model_dump(), "version": 1, "deleted": False, **_changed()}
        await database[SCOPES].update_one({"_id": identifier}, {"$setOnInsert": row}, upsert=True)


async def standing_scopes(work: Work) -> list[Scope]:
    """Those there are, as this work sees them."""
    return [Scope.of_row(row) for row in await work.find(SCOPES, _STANDING, sort=[("_id", 1)])]


async def all_scopes(database: AsyncDatabase[Document]) -> list[Scope]:
    return [Scope.of_row(row) async for row in database[SCOPES].find(_STANDING).sort("_id", 1)]


async def find_scope(finds: Finds, scope: str) -> Scope | None:
    row = await finds.find_one(SCOPES, {"_id": scope, **_STANDING})
    return Scope.of_row(row) if row else None


async def get_scope(finds: Finds, scope: str) -> Scope:
    """Raises Problem 404."""
    found = await find_scope(finds, scope)
    if found is None:
        raise Problem(404, "scope-unknown", scope=scope)
    return found


async def put_scope(work: Work, scope: str, definition: Definition) -> Scope:
    """Make a catalogue or change it. Raises Problem 409 where there are too many."""
    row = await work.find_one(SCOPES, {"_id": scope})
    others = await work.find(SCOPES, {**_STANDING, "_id": {"$ne": scope}}, projection=("_id",))
    if len(others) >= MOST_SCOPES:
        raise Problem(409, "too-many-scopes", limit=MOST_SCOPES)
    version = row["version"] + 1 if row else 1
    changed = {**definition.model_dump(), "version": version, "deleted": False, **_changed()}
    work.write(SCOPES, UpdateOne({"_id": scope}, {"$set": changed}, upsert=True))
    return Scope.of_row({**changed, "_id": scope})


async def remove_scope(work: Work, scope: str) -> None:
    """Raises Problem 404."""
    found = await get_scope(work, scope)
    change = {"$set": {"version": found.version + 1, "deleted": True, **_changed()}}
    work.write(SCOPES, UpdateOne({"_id": scope}, change))


def _changed() -> Row:
    """All clusters are to be looked at."""
    return {"changed_at": datetime.now(UTC), "pending": True, "after": None}


@cache
def ready() -> dict[str, Definition]:
    text = files("services.catalog.scopes").joinpath("ready.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return {identifier: Definition.model_validate(said) for identifier, said in loaded.items()}

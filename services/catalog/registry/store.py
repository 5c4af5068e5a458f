"""Registry entries in MongoDB; each change is announced with the state it made."""

from collections.abc import Mapping
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from services.catalog.finds import Finds
from services.catalog.registry.library import Library, acts_for
from shared.bus.work import Work
from shared.store.mongo import Document
from shared.web.auth import Person, Role
from shared.web.problems import Problem

LIBRARIES = "libraries"


async def ensure_indexes(database: AsyncDatabase[Document]) -> None:
    await database[LIBRARIES].create_index("keys.id")
    await database[LIBRARIES].create_index("parent")


async def find_library(finds: Finds, library: str) -> Library | None:
    return _library(await finds.find_one(LIBRARIES, {"_id": library}))


async def get_library(finds: Finds, library: str) -> Library:
    """The entry. Raises Problem 404."""
    found = await find_library(finds, library)
    if found is None:
        raise Problem(404, "library-unknown", library=library)
    return found


async def find_by_key(finds: Finds, key_id: str) -> Library | None:
    """The library that was given this key."""
    return _library(await finds.find_one(LIBRARIES, {"keys.id": key_id}))


async def list_libraries(database: AsyncDatabase[Document], after: str | None, limit: int) -> list[Library]:
    """Entries in the order of their ids, those after one."""
    query = {"_id": {"$gt": after}} if after else {}
    rows = await database[LIBRARIES].find(query).sort("_id", 1).to_list(limit)
    return [found for row in rows if (found := _library(row))]


async def libraries_below(database: AsyncDatabase[Document], parent: str) -> list[str]:
    rows = await database[LIBRARIES].find({"parent": parent}, ["_id"]).to_list()
    return [row["_id"] for row in rows]


async def libraries_of(database: AsyncDatabase[Document], person: Person) -> list[Library]:
    """Those whose work a person does, by title: an operator all of them."""
    everywhere = Role.OPERATOR in person.roles
    query: Mapping[str, Any] = {} if everywhere else {"$or": [{"_id": person.org}, {"parent": person.org}]}
    rows = await database[LIBRARIES].find(query).sort("title", 1).to_list()
    found = [library for row in rows if (library := _library(row))]
    return [library for library in found if acts_for(person, library)]


async def libraries_judged_by(database: AsyncDatabase[Document], person: Person) -> list[str] | None:
    """The ids of those whose records a person decides about; None: all."""
    if Role.OPERATOR in person.roles:
        return None
    return [library.id for library in await libraries_of(database, person)]


async def change_library(work: Work, library: str, change: Mapping[str, Any]) -> Library:
    """Make the entry or change it, and announce its new state."""
    changed = _library(await work.advance(LIBRARIES, {"_id": library}, change, create=True))
    if changed is None:
        raise Problem(404, "library-unknown", library=library)
    work.announce(changed.changed(), version=changed.version)
    return changed


def _library(row: Document | None) -> Library | None:
    return Library.model_validate({**row, "id": row["_id"]}) if row else None

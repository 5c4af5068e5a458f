"""For which library somebody acts."""

from __future__ import annotations

from pymongo.asynchronous.database import AsyncDatabase

from services.ingest.registry.store import is_registered
from shared.store.mongo import Document
from shared.web.auth import Person, Role
from shared.web.problems import Problem


def own_library(person: Person, library: str | None) -> str:
    """The library acted for: one's own; operators may name another. Raises Problem 403."""
    if library in {None, person.org}:
        return person.org
    if Role.OPERATOR not in person.roles:
        raise Problem(403, "other-library", library=library)
    return str(library)


async def library_for(person: Person, library: str | None, database: AsyncDatabase[Document]) -> str:
    """As own_library; another one must be registered. Raises Problem 403, 422."""
    whose = own_library(person, library)
    if whose != person.org and not await is_registered(database, whose):
        raise Problem(422, "unknown-library", library=whose, headers={"connection": "close"})
    return whose

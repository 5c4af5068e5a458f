"""What events said last of each item, in MongoDB. Nothing of readers is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime

from pymongo import UpdateOne
from pymongo.asynchronous.database import AsyncDatabase

from services.catalog.holdings.availability import State
from services.catalog.holdings.items import key_of
from services.catalog.identity import Row
from shared.bus.work import Work
from shared.store.mongo import Document

Numbered = tuple[str, str]
"""A library and the number of an item there."""
ITEM_STATES = "item_states"
"""_id: library and number, with a slash between; `order`: of the event that said it."""
ASKED_AT_ONCE = 5000
"""A query is a document, and no longer than one may be."""


def keep_state(work: Work, library: str, item: str, state: State, *, order: tuple[datetime, int, str]) -> None:
    """Keep what an event said, unless one that happened later said something else.

    order: when it happened, its number among those of one source and item, its id: so that whatever comes first or
    twice, the same event is the last.
    """
    identifier = _identifier(library, item)
    newest = {"$literal": {"_id": identifier, **state.as_row(), "order": list(order)}}
    is_older = {"$lt": [{"$ifNull": ["$order", []]}, {"$literal": list(order)}]}
    choose = [{"$replaceWith": {"$cond": [is_older, newest, "$$ROOT"]}}]
    work.write(ITEM_STATES, UpdateOne({"_id": identifier}, choose, upsert=True))


async def states_of(database: AsyncDatabase[Document], items: Iterable[Numbered]) -> dict[Numbered, State]:
    """What was said of these."""
    wanted = {pair: _identifier(*pair) for pair in items}
    identifiers, said = sorted(set(wanted.values())), dict[str, State]()
    for start in range(0, len(identifiers), ASKED_AT_ONCE):
        query = {"_id": {"$in": identifiers[start : start + ASKED_AT_ONCE]}}
        said |= {row["_id"]: State.of_row(row) async for row in database[ITEM_STATES].find(query)}
    return {pair: said[identifier] for pair, identifier in wanted.items() if identifier in said}


async def telling_of_loans(database: AsyncDatabase[Document], libraries: Iterable[str]) -> frozenset[str]:
    """Which of the libraries have ever told of a loan."""
    asked = sorted(libraries)
    found = await asyncio.gather(*(database[ITEM_STATES].find_one(_of(one), ["_id"]) for one in asked))
    return frozenset(library for library, row in zip(asked, found, strict=True) if row)


def _of(library: str) -> Row:
    """Every item of a library: what begins with its id and a slash."""
    return {"_id": {"$gte": f"{library}/", "$lt": f"{library}0"}}


def _identifier(library: str, item: str) -> str:
    return f"{library}/{key_of(item)}"

"""What the libraries have of a cluster: their records' items, joined with what is known of each."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pymongo.asynchronous.database import AsyncDatabase

from services.catalog.formats import restored
from services.catalog.holdings.availability import Availability, HeldItem, held
from services.catalog.holdings.items import Item, Stock, stock_of, together
from services.catalog.holdings.store import states_of, telling_of_loans
from services.catalog.identity import Row
from services.catalog.union.store import CLUSTERS, CONTRIBUTIONS
from shared.store.mongo import Document

_NOTHING = Stock((), ())
_READY = {Availability.AVAILABLE, Availability.ON_SITE}


@dataclass(frozen=True)
class Holding:
    """What one library has of an edition. records: how many describe it there; statements: volumes, in words."""

    library: str
    records: int
    items: tuple[HeldItem, ...] = ()
    statements: tuple[str, ...] = ()

    @cached_property
    def copies(self) -> int:
        return sum(one.item.copies for one in self.items)

    @cached_property
    def ready(self) -> int:
        """Pieces that a reader who comes now finds there."""
        return sum(one.item.copies for one in self.items if one.availability in _READY)


@dataclass(frozen=True, slots=True)
class Shelves:
    """The holdings of a stretch of libraries, by their ids; `following`: the last of them, where there are more."""

    holdings: tuple[Holding, ...] = ()
    libraries: int = 0
    following: str | None = None


async def shelves_of(
    database: AsyncDatabase[Document], cluster: str, *, after: str | None = None, limit: int = 100
) -> Shelves:
    """What the libraries that come behind `after` have of a cluster; nothing where there is no such cluster."""
    row = await database[CLUSTERS].find_one({"_id": cluster}, ["holdings"])
    rows: list[Row] = row["holdings"] if row else []
    coming = [one for one in rows if after is None or one["library"] > after]
    shown = coming[:limit]
    stocks = await _stocks(database, cluster, [one["library"] for one in shown])
    known = await _known(database, stocks)
    holdings = tuple(_holding(one, stocks.get(one["library"], _NOTHING), known) for one in shown)
    return Shelves(holdings, len(rows), shown[-1]["library"] if len(coming) > limit else None)


def _holding(row: Row, stock: Stock, known: Callable[[str, Item], HeldItem]) -> Holding:
    items = tuple(known(row["library"], item) for item in stock.items)
    return Holding(row["library"], row["records"], items, stock.statements)


async def _stocks(database: AsyncDatabase[Document], cluster: str, libraries: Sequence[str]) -> Mapping[str, Stock]:
    """What the records of each library name, those that came into the union first before others."""
    query = {"cluster": cluster, "library": {"$in": list(libraries)}, "deleted": False}
    found = database[CONTRIBUTIONS].find(query, ["library", "marc"]).sort([("added_at", 1), ("_id", 1)])
    return await asyncio.to_thread(_gathered, await found.to_list())


def _gathered(rows: Sequence[Row]) -> Mapping[str, Stock]:
    stocks: dict[str, list[Stock]] = defaultdict(list)
    for row in rows:
        stocks[row["library"]].append(stock_of(restored(row["marc"])))
    return {library: together(told) for library, told in stocks.items()}


async def _known(database: AsyncDatabase[Document], stocks: Mapping[str, Stock]) -> Callable[[str, Item], HeldItem]:
    """What is known of an item of a library."""
    numbers = [(library, item.number) for library, stock in stocks.items() for item in stock.items if item.number]
    states = await states_of(database, numbers)
    heard = {library for library, _ in states}
    telling = heard | await telling_of_loans(database, {library for library, _ in numbers} - heard)

    def known(library: str, item: Item) -> HeldItem:
        state = states.get((library, item.number)) if item.number else None
        return held(item, state, tells_of_loans=library in telling)

    return known

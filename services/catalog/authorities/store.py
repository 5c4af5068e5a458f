"""Headings, their names in order, what they were before, and what looks the same, in MongoDB."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import pymarc
from pymongo import InsertOne
from pymongo.asynchronous.cursor import AsyncCursor
from pymongo.asynchronous.database import AsyncDatabase

from services.catalog.authorities.authority import Authority, Kind
from services.catalog.authorities.linking import Known
from services.catalog.finds import Finds
from services.catalog.formats import as_marc21
from services.catalog.identity import Row
from services.catalog.search.collation import sort_key
from shared.bus.work import Work
from shared.store.mongo import Document
from shared.web.problems import Problem

AUTHORITIES = "authorities"
NAMES = "authority_names"
"""Every name of every heading, in the order of the alphabet."""
VERSIONS = "authority_versions"
"""Every heading as it was at each of its versions, who made it so, and why."""
MERGES = "authority_merges"
LIKENESSES = "authority_likenesses"
"""Pairs of headings that look the same: a person says whether they are."""
RENEWALS = "authority_renewals"
"""Headings whose works are to be told anew, and how far that has got."""


async def ensure_indexes(database: AsyncDatabase[Document]) -> None:
    await database[AUTHORITIES].create_index("keys")
    await database[AUTHORITIES].create_index("likeness")
    await database[AUTHORITIES].create_index("redirect_to", sparse=True)
    await database[NAMES].create_index([("kind", 1), ("sort", 1), ("_id", 1)])
    await database[NAMES].create_index("authority")
    await database[VERSIONS].create_index([("authority", 1), ("version", -1)])
    await database[LIKENESSES].create_index("pair")
    await database[LIKENESSES].create_index([("open", 1), ("_id", 1)])
    await database[RENEWALS].create_index([("at", 1), ("_id", 1)])
    await database[MERGES].create_index("kept")
    await database[MERGES].create_index("ended")
    await database[MERGES].create_index([("by", 1), ("at", -1)])


class Place(NamedTuple):
    """Of a name in the order of the alphabet."""

    sort: str
    id: str


def authority_id(source: str, local_id: str) -> str:
    return "a-" + hashlib.blake2b(f"{source}\n{local_id}".encode(), digest_size=12).hexdigest()


def known_of(row: Mapping[str, Any]) -> Known:
    return Known.of(row["_id"], Authority.model_validate(row["said"]))


def marc_of(row: Mapping[str, Any]) -> pymarc.Record:
    return pymarc.Record(data=row["marc"], force_utf8=True)


def stored(record: pymarc.Record) -> bytes:
    """As the store keeps a record. Raises Unwritable."""
    return as_marc21(record)


async def find_authority(finds: Finds, authority: str) -> Row | None:
    """The heading, one that has ended too."""
    return await finds.find_one(AUTHORITIES, {"_id": authority})


async def get_authority(finds: Finds, authority: str) -> Row:
    """The same. Raises Problem 404."""
    row = await find_authority(finds, authority)
    if row is None:
        raise Problem(404, "authority-unknown", authority=authority)
    return row


async def get_standing(finds: Finds, authority: str) -> Row:
    """A heading that has not ended. Raises Problem 404, 409."""
    row = await get_authority(finds, authority)
    if row["redirect_to"]:
        raise Problem(409, "authority-ended", authority=authority, into=row["redirect_to"])
    return row


async def known_under(work: Work, keys: Sequence[str]) -> dict[str, list[Known]]:
    """By key, the headings that have it, as the work sees them."""
    rows = await work.find(AUTHORITIES, _with_keys(keys), projection=("said", "keys")) if keys else []
    return _by_key(rows)


async def committed_under(database: AsyncDatabase[Document], keys: Sequence[str]) -> dict[str, list[Known]]:
    """The same of what is committed."""
    return _by_key(await database[AUTHORITIES].find(_with_keys(keys), ["said", "keys"]).to_list()) if keys else {}


def _with_keys(keys: Sequence[str]) -> Row:
    return {"keys": {"$in": list(keys)}}


def _by_key(rows: Iterable[Row]) -> dict[str, list[Known]]:
    found: dict[str, list[Known]] = defaultdict(list)
    for row in rows:
        known = known_of(row)
        for key in row["keys"]:
            found[key].append(known)
    return found


async def alike(work: Work, keys: Collection[str]) -> list[Row]:
    """Headings that have one of these keys of likeness."""
    return await work.find(AUTHORITIES, {"likeness": {"$in": sorted(keys)}}, projection=("said", "likeness"))


async def browse(
    database: AsyncDatabase[Document], kinds: Sequence[Kind], start: str, after: Place | None, limit: int
) -> list[Row]:
    """Names in the order of the alphabet, from a beginning or behind a place."""
    query: Row = {"kind": {"$in": [kind.value for kind in kinds]}}
    if after:
        query["$or"] = [{"sort": {"$gt": after.sort}}, {"sort": after.sort, "_id": {"$gt": after.id}}]
    elif start:
        query["sort"] = {"$gte": sort_key(start)}
    return await database[NAMES].find(query).sort([("sort", 1), ("_id", 1)]).to_list(limit)


def names_rows(authority: str, said: Authority) -> list[InsertOne[Document]]:
    """A row for each name: a variant leads to its heading."""
    rows = []
    for place, name in enumerate(said.names):
        see = {"id": authority, "text": said.heading.text} if place else None
        row = {"kind": said.kind.value, "text": name.text, "sort": sort_key(name.text)[:400], "see": see}
        rows.append(InsertOne({"_id": f"{authority}|{place:03}", "authority": authority, "label": name.label, **row}))
    return rows


async def list_versions(database: AsyncDatabase[Document], authority: str, limit: int) -> list[Row]:
    """The newest first."""
    return await database[VERSIONS].find({"authority": authority}).sort("version", -1).to_list(limit)


async def list_merges(database: AsyncDatabase[Document], authority: str, limit: int) -> list[Row]:
    """Of which it was a part, the newest first."""
    query = {"$or": [{"kept": authority}, {"ended": authority}]}
    return await database[MERGES].find(query).sort([("at", -1), ("_id", 1)]).to_list(limit)


async def last_merge(database: AsyncDatabase[Document], person: str) -> Row | None:
    """What somebody merged last, and nobody has undone."""
    return await database[MERGES].find_one({"by": person, "undone": None}, sort=[("at", -1), ("_id", 1)])


def standing(database: AsyncDatabase[Document], kind: Kind | None, at_once: int) -> AsyncCursor[Document]:
    """Every heading that has not ended, by id."""
    query: Row = {"redirect_to": None} | ({"said.kind": kind.value} if kind else {})
    return database[AUTHORITIES].find(query, ["marc", "changed_at"], batch_size=at_once).sort("_id", 1)


async def list_open(database: AsyncDatabase[Document], after: str | None, limit: int) -> list[Row]:
    """Pairs that nobody has judged yet, in a fixed order."""
    query: Row = {"open": True} | ({"_id": {"$gt": after}} if after else {})
    return await database[LIKENESSES].find(query).sort("_id", 1).to_list(limit)


async def of_ids(database: AsyncDatabase[Document], ids: Collection[str]) -> dict[str, Row]:
    return {row["_id"]: row async for row in database[AUTHORITIES].find({"_id": {"$in": list(ids)}})}


def version_row(row: Row, by: str, name: str, action: str, reason: str) -> Row:
    return {
        "_id": f"{row['_id']}|{row['version']}",
        "authority": row["_id"],
        "version": row["version"],
        "marc": row["marc"],
        "redirect_to": row["redirect_to"],
        "by": by,
        "name": name,
        "action": action,
        "reason": reason,
        "at": row["changed_at"],
    }

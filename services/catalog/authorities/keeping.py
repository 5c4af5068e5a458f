"""Establishes, changes, merges and parts headings: each a new version, nothing of which is lost."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pymarc
from pymongo import DeleteMany, InsertOne, ReplaceOne, UpdateMany, UpdateOne

from services.catalog.authorities import store
from services.catalog.authorities.authority import Authority, form_of
from services.catalog.authorities.likeness import likeness_keys, signs_of
from services.catalog.authorities.marc import authority_of, written
from services.catalog.authorities.merging import joined, parted
from services.catalog.formats import Unwritable
from services.catalog.identity import Row
from services.catalog.union.store import take_turn
from shared.bus.work import Work
from shared.web.auth import Person, Role
from shared.web.problems import Problem

KEEPERS = (Role.LIBRARIAN, Role.OPERATOR)
"""Who may write headings, by hand or by a file."""


@dataclass(frozen=True)
class By:
    """Who changes a heading, what they do to it, and why."""

    who: str
    name: str
    action: str
    reason: str = ""

    @classmethod
    def one(cls, person: Person, action: str, reason: str = "") -> By:
        return cls(person.signature, person.name, action, reason)


async def establish(work: Work, said: Authority, by: By) -> Row:
    """A new heading. Raises Problem 409 where one of the same name and years stands already, 422."""
    at = await take_turn(work)
    await _check_is_new(work, said)
    return await put(work, f"a-{uuid.uuid4().hex[:24]}", written(said, at), by, at)


async def change(work: Work, authority: str, said: Authority, by: By, seen: int | None) -> Row:
    """Say something else under a heading. Raises Problem 404, 409, 412, 422."""
    at = await take_turn(work)
    row = await store.get_standing(work, authority)
    check_seen(row, seen)
    if said.kind != row["said"]["kind"]:
        raise Problem(422, "authority-other-kind")
    return await put(work, authority, written(said, at, store.marc_of(row)), by, at, before=row)


async def merge(work: Work, kept: str, ended: str, by: By) -> Row:
    """End one heading in another, which takes over its names, numbers and sources; the merge's row.

    The ended one's id leads to the kept one for ever, or until the merge is undone. Raises Problem 404, 409, 422.
    """
    if kept == ended:
        raise Problem(422, "authority-merge-of-one")
    at = await take_turn(work)
    into, gone = await store.get_standing(work, kept), await store.get_standing(work, ended)
    if into["said"]["kind"] != gone["said"]["kind"]:
        raise Problem(422, "authority-other-kind")
    record, added = joined(store.marc_of(into), store.marc_of(gone))
    led_here = [row["_id"] for row in await work.find(store.AUTHORITIES, {"redirect_to": ended}, projection=("_id",))]
    await put(work, kept, record, by, at, before=into)
    await _end(work, gone, kept, by, at)
    work.write(store.AUTHORITIES, UpdateMany({"redirect_to": ended}, {"$set": {"redirect_to": kept}}))
    what = {"kept": kept, "ended": ended, "added": added, "led_here": led_here}
    who = {"by": by.who, "name": by.name, "reason": by.reason, "at": at, "undone": None}
    row: Row = {"_id": f"m-{uuid.uuid4().hex[:24]}", **what, **who}
    work.write(store.MERGES, InsertOne(row))
    return row


async def undo(work: Work, merge_id: str, by: By) -> Row:
    """Take a merge back: the ended heading stands again as it was, the other loses what it took over.

    Raises Problem 404, 409 where the kept one ended in a third meanwhile: that merge is to be undone first.
    """
    at = await take_turn(work)
    row = await work.find_one(store.MERGES, {"_id": merge_id, "undone": None})
    if row is None:
        raise Problem(404, "authority-merge-unknown")
    kept = await store.get_standing(work, row["kept"])
    ended = await store.get_authority(work, row["ended"])
    await put(work, kept["_id"], parted(store.marc_of(kept), row["added"]), by, at, before=kept)
    await put(work, ended["_id"], store.marc_of(ended), by, at, before=ended)
    back = UpdateMany({"_id": {"$in": row["led_here"]}}, {"$set": {"redirect_to": ended["_id"]}})
    work.write(store.AUTHORITIES, back)
    undone = {"by": by.who, "name": by.name, "reason": by.reason, "at": at}
    work.write(store.MERGES, UpdateOne({"_id": merge_id}, {"$set": {"undone": undone}}))
    await keep_apart(work, kept["_id"], ended["_id"], by, at)
    return row | {"undone": undone}


async def judge(work: Work, pair: str, keep: str | None, person: Person, reason: str) -> Row | None:
    """Answer whether two headings that look the same are one, of which one is then kept; the merge's row, if any.

    Raises Problem 404 where the pair is asked of no more.
    """
    row = await work.find_one(store.LIKENESSES, {"_id": pair, "open": True})
    if row is None:
        raise Problem(404, "likeness-unknown")
    one, other = row["pair"]
    if keep is None:
        await keep_apart(work, one, other, By.one(person, "kept-apart", reason), datetime.now(UTC))
        return None
    return await merge(work, keep, other if keep == one else one, By.one(person, "merged", reason))


async def keep_apart(work: Work, one: str, other: str, by: By, at: datetime) -> None:
    """Keep for good that a person found two headings that look the same to be two."""
    pair = sorted((one, other))
    judged = {"by": by.who, "name": by.name, "reason": by.reason, "at": at, "same": False}
    change = {"$set": {"pair": pair, "open": False, "judged": judged}, "$setOnInsert": {"signs": [], "at": at}}
    work.write(store.LIKENESSES, UpdateOne({"_id": "|".join(pair)}, change, upsert=True))


def check_seen(row: Row, seen: int | None) -> None:
    """Raises Problem 412 where the caller saw another version."""
    if seen is not None and row["version"] != seen:
        raise Problem(412, "version-changed", seen=seen, version=row["version"])


async def put(
    work: Work, identifier: str, record: pymarc.Record, by: By, at: datetime, *, before: Row | None = None, **more: Any
) -> Row:
    """Make a heading say what a record says, and look what it resembles then.

    `take_turn` must have come before. Raises Problem 422.
    """
    row = keep(work, identifier, record, by, at, before=before, **more)
    await ask_of_likenesses(work, [row], at)
    return row


def keep(
    work: Work, identifier: str, record: pymarc.Record, by: By, at: datetime, *, before: Row | None = None, **more: Any
) -> Row:
    """The same of one of many headings: `ask_of_likenesses` of them all comes after. Raises Problem 422."""
    said = authority_of(record)
    try:
        marc = store.stored(record)
    except Unwritable as error:
        raise Problem(422, "authority-too-large") from error
    keys = sorted({form_of(said.kind, name.name).folded for name in said.names} - {""})
    row: Row = {
        "_id": identifier,
        "version": before["version"] + 1 if before else 1,
        "said": said.model_dump(mode="json"),
        "marc": marc,
        "keys": keys,
        "likeness": likeness_keys(said),
        "redirect_to": None,
        "changed_at": at,
        "imported": before.get("imported") if before else None,
        **more,
    }
    work.write(store.AUTHORITIES, ReplaceOne({"_id": identifier}, row, upsert=True))
    work.write(store.VERSIONS, InsertOne(store.version_row(row, by.who, by.name, by.action, by.reason)))
    if before:
        work.write(store.NAMES, DeleteMany({"authority": identifier}))
    work.write(store.NAMES, *store.names_rows(identifier, said))
    renew(work, identifier, {*keys, *(before["keys"] if before else ())}, at)
    return row


def renew(work: Work, authority: str, keys: Iterable[str], at: datetime) -> None:
    """Have the works under these keys told anew."""
    change = {"$addToSet": {"keys": {"$each": sorted(keys)}}, "$set": {"after": "", "at": at}}
    work.write(store.RENEWALS, UpdateOne({"_id": authority}, change, upsert=True))


async def _end(work: Work, row: Row, into: str, by: By, at: datetime) -> None:
    """Its record stays, so that it can stand again."""
    version = row["version"] + 1
    ended = {"version": version, "keys": [], "likeness": [], "redirect_to": into, "changed_at": at}
    work.write(store.AUTHORITIES, UpdateOne({"_id": row["_id"]}, {"$set": ended}))
    work.write(store.VERSIONS, InsertOne(store.version_row(row | ended, by.who, by.name, by.action, by.reason)))
    work.write(store.NAMES, DeleteMany({"authority": row["_id"]}))
    work.write(store.LIKENESSES, DeleteMany({"pair": row["_id"], "open": True}))
    renew(work, row["_id"], row["keys"], at)


async def _check_is_new(work: Work, said: Authority) -> None:
    form = form_of(said.kind, said.heading.name)
    standing = (await store.known_under(work, [form.folded])).get(form.folded, [])
    for known in standing:
        same = known.authority.kind is said.kind and known.forms[0].exact == form.exact
        if same and known.authority.heading.dates == said.heading.dates:
            raise Problem(409, "authority-exists", authority=known.id)


async def ask_of_likenesses(work: Work, rows: Sequence[Row], at: datetime) -> None:
    """Ask a person of every heading that looks the same as one of these; what looks so no longer is asked no more."""
    work.write(store.LIKENESSES, DeleteMany({"pair": {"$in": [row["_id"] for row in rows]}, "open": True}))
    near: dict[str, list[str]] = defaultdict(list)
    said: dict[str, Authority] = {}
    for other in await store.alike(work, {key for row in rows for key in row["likeness"]}):
        said[other["_id"]] = Authority.model_validate(other["said"])
        for key in other["likeness"]:
            near[key].append(other["_id"])
    pairs = {tuple(sorted((row["_id"], other))) for row in rows for key in row["likeness"] for other in near[key]}
    for left, right in sorted(pairs):
        if left != right and (signs := signs_of(said[left], said[right])):
            asked = {"pair": [left, right], "signs": [sign.value for sign in signs], "open": True, "at": at}
            only_if_new = UpdateOne({"_id": f"{left}|{right}"}, {"$setOnInsert": asked}, upsert=True)
            work.write(store.LIKENESSES, only_if_new)

"""Headings out of what works bear: a name or subject of several works that stands under no heading becomes one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import pymarc
import yaml

from services.catalog.authorities import store
from services.catalog.authorities.authority import FROM_WORKS, Authority, Form, Kind, Level, Name, form_of
from services.catalog.authorities.keeping import By, put
from services.catalog.authorities.marc import KINDS, cleaned, name_of, unique, written
from services.catalog.formats import restored
from services.catalog.identity import Row, describe
from services.catalog.identity.names import names_in
from services.catalog.union.contribution import key_of
from services.catalog.union.store import CLUSTERS, end_turn, take_turn
from shared.bus.work import Work, Works
from shared.store.mongo import Document

PROGRESS = "authority_progress"
AT_ONCE = 200
_BORNE = frozenset(["100", "110", "111", "700", "710", "711", "600", "610", "650", "651"])
_CATALOG = By("catalog", "", "established")


@cache
def rules() -> Mapping[str, int]:
    """`establishing.yaml`."""
    loaded: dict[str, int] = yaml.safe_load(Path(__file__).with_name("establishing.yaml").read_text("utf-8"))
    return loaded


@dataclass(frozen=True, slots=True)
class Borne:
    """A heading as a work bears it."""

    kind: Kind
    form: Form
    name: Name


async def establish_from_works(works: Works) -> bool:
    """Look at the next works that changed; False where none did."""
    rows = await _changed(works)
    if not rows:
        return False
    borne = {(one.kind, one.form): one for row in rows for one in borne_by(_record(row))}
    for one in await _unknown(works, borne.values()):
        if (said := await _said_by_works(works, one)) is not None:
            await works.transact(partial(_establish, one, said), bulk=True)
    place = {"changed_at": rows[-1]["changed_at"], "cluster": rows[-1]["_id"]}
    await works.database[PROGRESS].update_one({"_id": FROM_WORKS}, {"$set": place}, upsert=True)
    return True


def borne_by(record: pymarc.Record) -> Iterator[Borne]:
    """The headings in a record's name and subject fields: one for each that names one."""
    for field in record.fields:
        if field.tag not in _BORNE:
            continue
        kind, name = KINDS[field.tag[1:]], name_of(field)
        if name is None or (kind is Kind.PERSON and len(names_in(name.name)) != 1):
            continue
        yield Borne(kind, form_of(kind, name.name), Name(name=name.name, dates=name.dates))


async def _changed(works: Works) -> list[Document]:
    """Clusters in the order in which they changed, behind those that were looked at."""
    last = await works.database[PROGRESS].find_one({"_id": FROM_WORKS})
    query: Row = {"deleted": False}
    if last:
        at = last["changed_at"]
        query["$or"] = [{"changed_at": {"$gt": at}}, {"changed_at": at, "_id": {"$gt": last["cluster"]}}]
    order = [("changed_at", 1), ("_id", 1)]
    return await works.database[CLUSTERS].find(query, ["marc", "changed_at"]).sort(order).to_list(AT_ONCE)


async def _unknown(works: Works, borne: Iterable[Borne]) -> list[Borne]:
    """Those whose letters no heading of the kind has: where one has, it is theirs or a person's to say."""
    coming = [one for one in borne if one.form.folded]
    known = await store.committed_under(works.database, sorted({one.form.folded for one in coming}))
    return [
        one for one in coming if not any(other.authority.kind is one.kind for other in known.get(one.form.folded, ()))
    ]


async def _said_by_works(works: Works, one: Borne) -> Authority | None:
    """The heading as most works have it; None where too few bear it."""
    query = {"headings": key_of(one.form.folded), "deleted": False}
    rows = await works.database[CLUSTERS].find(query, ["marc"]).sort("_id", 1).to_list(rules()["looked_at"])
    if len(rows) < rules()["works"]:
        return None
    records = [_record(row) for row in rows]
    bearing = [(record, found) for record in records if (found := _as_borne(record, one))]
    if len(bearing) < rules()["works"]:
        return None
    sources = unique(_source(record) for record, _ in bearing)[: rules()["sources"]]
    heading = _usual([found for _, found in bearing])
    return Authority(kind=one.kind, heading=heading, sources=sources, level=Level.PROVISIONAL)


def _as_borne(record: pymarc.Record, one: Borne) -> Name | None:
    same = (each.name for each in borne_by(record) if (each.kind, each.form.exact) == (one.kind, one.form.exact))
    return next(same, None)


def _usual(names: Sequence[Name]) -> Name:
    """The form that most use, with the dates on which all agree that give any."""
    spellings = Counter(name.name for name in names)
    dates = {name.dates for name in names if name.dates}
    usual = min(spellings, key=lambda spelling: (-spellings[spelling], spelling))
    return Name(name=usual, dates=dates.pop() if len(dates) == 1 else "")


async def _establish(one: Borne, said: Authority, work: Work) -> None:
    at = await take_turn(work)
    identifier = store.authority_id(FROM_WORKS, f"{one.kind}|{one.form.exact}")
    known = await store.known_under(work, [one.form.folded])
    taken = any(other.authority.kind is one.kind for other in known.get(one.form.folded, ()))
    if not taken and await store.find_authority(work, identifier) is None:
        await put(work, identifier, written(said, at), _CATALOG, at)
        await end_turn(work, at)


def _source(record: pymarc.Record) -> str:
    description = describe(record)
    return cleaned(", ".join(filter(None, (description.title[:300], str(description.year or "")))))


def _record(row: Mapping[str, Any]) -> pymarc.Record:
    return restored(row["marc"])

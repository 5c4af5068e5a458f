"""The file to begin with: `ready.yaml` as headings, and the command that puts them in where they are not yet."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from pymongo.asynchronous.database import AsyncDatabase

from services.catalog.authorities import store
from services.catalog.authorities.authority import READY, Authority, Kind, Name, Related
from services.catalog.authorities.keeping import By, ask_of_likenesses, keep
from services.catalog.authorities.marc import written
from services.catalog.union.store import end_turn, take_turn
from shared.bus.work import Work, Works
from shared.runtime import open_runtime
from shared.settings import Settings
from shared.store.mongo import Document
from shared.web.problems import Messages

_BY = By("catalog", "", "established", "ready.yaml")
_LABELS = {"real": "Tên thật", "pen": "Bút danh, tên khác", "common": "Nhiều người mang tên này", "other": ""}
_KINDS = {"people": Kind.PERSON, "bodies": Kind.BODY, "subjects": Kind.SUBJECT}
Prepare = Callable[[AsyncDatabase[Document]], Awaitable[None]]


def ready() -> Iterator[Authority]:
    """Every heading of the file."""
    loaded: dict[str, list[dict[str, Any]]] = yaml.safe_load(Path(__file__).with_name("ready.yaml").read_text("utf-8"))
    for group, kind in _KINDS.items():
        yield from (_authority(kind, entry) for entry in loaded[group])


async def put_ready(works: Works) -> int:
    """Establish those that never were; how many. What people did to the others stays."""
    return await works.transact(partial(_put_all, tuple(ready())), bulk=True)


def run(prepare: Prepare) -> int:
    """The command; its exit code."""
    count = asyncio.run(_run(prepare))
    sys.stderr.write(Messages("services.catalog").text("authorities-ready", count=count) + "\n")
    return 0


async def _run(prepare: Prepare) -> int:
    runtime = open_runtime("catalog", Settings())
    try:
        await prepare(runtime.database)
        return await put_ready(runtime.works)
    finally:
        await runtime.client.close()


async def _put_all(coming: tuple[Authority, ...], work: Work) -> int:
    at = await take_turn(work)
    ids = {store.authority_id(READY, f"{one.kind.value}|{one.heading.name}"): one for one in coming}
    known = await work.find(store.AUTHORITIES, {"_id": {"$in": list(ids)}}, projection=("_id",))
    new = ids.keys() - {row["_id"] for row in known}
    rows = [keep(work, identifier, written(ids[identifier], at), _BY, at) for identifier in sorted(new)]
    await ask_of_likenesses(work, rows, at)
    await end_turn(work, at)
    return len(new)


def _authority(kind: Kind, entry: Mapping[str, Any]) -> Authority:
    return Authority(
        kind=kind,
        heading=Name(name=entry["name"], dates=entry.get("dates", "")),
        variants=tuple(Name(name=name, label=_LABELS[each]) for each in _LABELS for name in entry.get(each, ())),
        related=tuple(Related(name=name, kind=kind) for name in entry.get("related", ())),
        classes=tuple(entry.get("classes", ())),
    )

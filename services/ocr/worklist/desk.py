"""What a person does with documents: each act one transaction of state, log and events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pymongo import InsertOne, UpdateOne

from services.ocr.documents.store import have_bound, read_again
from services.ocr.documents.turns import Metering
from services.ocr.rescans.rescan import asked_by_person
from services.ocr.rescans.store import request_rescan, withdraw_rescan
from services.ocr.worklist import store
from services.ocr.worklist.arrangement import (
    check_mergeable,
    check_parts,
    new_document,
    new_document_id,
    new_pages,
    new_reading,
    titles_of,
)
from services.ocr.worklist.stages import Action, Stage, check_action
from shared.bus.work import Work, Works
from shared.events.documents import DocumentRearranged
from shared.store.mongo import Document
from shared.web.auth import Person
from shared.web.problems import Problem

CONTENT = {Action.APPROVE, Action.KEEP_SCAN}
"""Acts by which a person is content with the scans there are."""


@dataclass(frozen=True)
class Deed:
    """An act on one document: what, why, and for an assignment to whom (None: to nobody)."""

    action: Action
    note: str = ""
    to: str | None = None
    """Signature, `<organisation>/<person>`."""
    pages: tuple[int, ...] = ()
    """To be scanned again; none: the whole document."""


@dataclass(frozen=True)
class Desk:
    """A person at work."""

    works: Works
    person: Person
    metering: Metering
    """How many pages may be with the workers."""

    async def act(self, document: str, deed: Deed) -> None:
        """Approve, ask for a re-scan or take that back, have read again, or assign.

        Raises Problem 403, 404, 409, 422.
        """

        async def do(work: Work) -> None:
            row = await self._take(work, document, deed.action)
            change = _changes(row, deed, self.person)
            work.write(store.DOCUMENTS, UpdateOne({"_id": document}, {"$set": change}))
            await self._say_of_scans(work, row, deed)
            if deed.action is Action.REREAD:
                await read_again(row, await _pages(work, document), self.metering, work)
            facts = {"to": change["assigned_to"]} if deed.action is Action.ASSIGN else {}
            store.log_action(work, row, deed.action, self.person, deed.note, **facts)

        await self.works.transact(do)

    async def _say_of_scans(self, work: Work, row: Document, deed: Deed) -> None:
        """A request for new scans is open until there are some, or a person is content with those there are."""
        if deed.action is Action.RESCAN:
            asked = asked_by_person(row, deed.pages)
            await request_rescan(work, row, asked, note=deed.note, by=self.person.signature)
        elif deed.action in CONTENT or (deed.action is Action.REREAD and row.get("ruling") == Stage.TO_RESCAN):
            await withdraw_rescan(work, row, self.person.signature)

    async def split(self, document: str, firsts: Sequence[int], titles: Sequence[str]) -> list[str]:
        """Make a document of each part; the ids. `firsts`: pages that begin a part; `titles`: one a part, or none.

        Raises Problem 403, 404, 409, 422.
        """

        async def do(work: Work) -> list[str]:
            row = await self._take(work, document, Action.SPLIT)
            parts = check_parts(row["pages"], firsts)
            pages = await _pages(work, document)
            made = []
            for part, title in zip(parts, titles_of(row["metadata"]["title"], titles, len(parts)), strict=True):
                made.append(await self._make(work, title, [row], [page for page in pages if page["number"] in part]))
            await self._retire(work, row, made, Action.SPLIT)
            return made

        return await self.works.transact(do)

    async def merge(self, documents: Sequence[str], title: str) -> str:
        """Make one document of several, in this order; its id. Raises Problem 403, 404, 409, 422."""
        if not len(documents) == len(set(documents)) > 1:
            raise Problem(422, "not-mergeable")

        async def do(work: Work) -> str:
            rows = [await self._take(work, document, Action.MERGE) for document in documents]
            check_mergeable(rows)
            pages = [page for row in rows for page in await _pages(work, row["_id"])]
            made = await self._make(work, title.strip() or rows[0]["metadata"]["title"], rows, pages)
            for row in rows:
                await self._retire(work, row, [made], Action.MERGE)
            return made

        return await self.works.transact(do)

    async def _take(self, work: Work, document: str, action: Action) -> Document:
        row = await store.take_document(work, document, self.person)
        check_action(row, action)
        return row

    async def _make(self, work: Work, title: str, origins: Sequence[Document], pages: Sequence[Document]) -> str:
        """Write the new document with its pages and readings; what binds editions then announces it like any other."""
        identifier = new_document_id([row["_id"] for row in origins], [page["_id"] for page in pages])
        row = new_document(identifier, title, origins, pages)
        if await work.find_one(store.DOCUMENTS, {"_id": identifier}):
            raise Problem(409, "already-rearranged", document=identifier)
        moved = new_pages(identifier, pages)
        by_old = {old["_id"]: new for old, new in zip(pages, moved, strict=True)}
        readings = await work.find(store.READINGS, {"page": {"$in": list(by_old)}})
        work.write(store.DOCUMENTS, InsertOne(row))
        work.write(store.PAGES, *(InsertOne(page) for page in moved))
        if readings:
            work.write(store.READINGS, *(InsertOne(new_reading(one, by_old[one["page"]])) for one in readings))
            await have_bound(identifier, work)
        return identifier

    async def _retire(self, work: Work, document: Document, into: Sequence[str], action: Action) -> None:
        """The old document leaves the list and its record the catalogue; nothing of it is deleted. What the rules asked
        to have scanned again the person has seen.
        """
        await withdraw_rescan(work, document, self.person.signature)
        change = {"$set": {"ruling": Stage.REARRANGED, "into": list(into)}}
        row = await work.advance(store.DOCUMENTS, {"_id": document["_id"]}, change)
        rearranged = DocumentRearranged(
            document=document["_id"], library=document["library"], into=tuple(into), by=self.person.signature
        )
        work.announce(rearranged, version=(row or document)["version"])
        store.log_action(work, document, action, self.person, "", documents=list(into))
        for new in into:
            store.log_action(work, {**document, "_id": new}, action, self.person, "", documents=[document["_id"]])


def _changes(row: Document, deed: Deed, person: Person) -> dict[str, Any]:
    if deed.action is Action.ASSIGN:
        if deed.to and deed.to != person.signature and not deed.to.startswith(f"{row['library']}/"):
            raise Problem(422, "assignee-elsewhere")
        return {"assigned_to": deed.to or None}
    if deed.action is Action.APPROVE:
        return {"ruling": Stage.APPROVED, "approved_by": person.signature, "approved_at": datetime.now(UTC)}
    if deed.action is Action.RESCAN:
        _check_rescan(row, deed)
        return {"ruling": Stage.TO_RESCAN}
    return {"ruling": None}


def _check_rescan(row: Document, deed: Deed) -> None:
    if not deed.note.strip():
        raise Problem(422, "note-needed")
    if deed.pages and not 1 <= min(deed.pages) <= max(deed.pages) <= row["pages"]:
        raise Problem(422, "no-such-page", document=row["_id"], number=max(deed.pages))


async def _pages(work: Work, document: str) -> list[Document]:
    return await work.find(store.PAGES, {"document": document}, sort=[("number", 1)])

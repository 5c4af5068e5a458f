"""A person's own reading of a page: lines corrected, in every format, kept beside what the engine read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from pymongo import UpdateOne

from services.ocr.concerns.store import drop_if_destroyed
from services.ocr.documents.store import keep_correction
from services.ocr.editions.assessment import assess
from services.ocr.pages.store import base_of, keep_layouts
from services.ocr.reading.engine import PageReading, Region, Word, mean_confidence
from services.ocr.worklist import store
from services.ocr.worklist.arrangement import roots_of
from services.ocr.worklist.lines import changed_lines, corrected, regions_of, retold, words_of
from services.ocr.worklist.stages import Action, check_action
from shared.bus.work import Work, Works
from shared.events.vocabulary import ObjectRef
from shared.store.mongo import Document
from shared.store.objects import ObjectMissing, Objects
from shared.web.auth import Person
from shared.web.problems import Problem

MOST_CORRECTIONS = 2000
"""That wait for an edition: as many as its announcement carries."""
LAYOUTS = ("words", "hocr", "alto")


@dataclass(frozen=True)
class Corrections:
    """Where corrections are made."""

    works: Works
    objects: Objects

    async def words(self, reading: Document) -> tuple[Word, ...]:
        """The words of a reading, in lines. Raises Problem 404 where its files are gone."""
        try:
            return words_of(await self.objects.get(reading["hocr"]["key"]))
        except ObjectMissing as error:
            raise Problem(404, "page-not-read", number=reading["number"]) from error

    async def correct(self, document: str, number: int, seen: str, sent: Mapping[int, str], person: Person) -> int:
        """Give lines of a page another text; how many changed.

        seen: the id of the reading that the person looked at. sent: line number -> text, empty for no text at all.
        Raises Problem 403, 404, 409, 422.
        """
        row = await store.get_document(self.works.database, document, person)
        page = await store.get_page(self.works.database, document, number)
        reading = await self._seen(page, seen)
        check_action(row, Action.CORRECT)
        words = await self.words(reading)
        try:
            changes = changed_lines(words, sent)
        except KeyError as error:
            raise Problem(422, "no-such-line", line=error.args[0]) from error
        if changes:
            renewed = await self._renew(reading, words, changes)
            await self._check_kept(row, renewed)
            await self.works.transact(lambda work: _keep(work, renewed, len(changes), person))
        return len(changes)

    async def _seen(self, page: Document, seen: str) -> Document:
        found = (await store.readings_by_id(self.works.database, [seen])).get(seen)
        if found is None or page["reading"] != seen:
            raise Problem(409, "page-changed", number=page["number"])
        return found

    async def _check_kept(self, document: Document, renewed: Document) -> None:
        """Raise Problem 404 where the document was destroyed meanwhile."""
        made = [ObjectRef.model_validate(renewed[name]) for name in LAYOUTS]
        if await drop_if_destroyed(self.works.database, self.objects, [document["_id"], *roots_of(document)], made):
            raise Problem(404, "no-such-document", document=document["_id"])

    async def _renew(self, reading: Document, words: tuple[Word, ...], changes: Mapping[int, str]) -> Document:
        """The row of the reading with the changed lines; its files are stored under the name of what is in them."""
        renewed = corrected(words, changes)
        regions = tuple(Region.model_validate(region) for region in reading.get("regions", ()))
        facts = {
            "text": retold(reading["text"], words, changes),
            "confidence": mean_confidence(renewed),
            "regions": regions_of(words, renewed, regions),
        }
        said = PageReading.model_validate({**reading, **facts, "words": renewed})
        digest = hashlib.sha256(said.model_dump_json().encode()).hexdigest()[:16]
        base = base_of(reading["document"], reading["number"], f"person-{digest}")
        files = await keep_layouts(self.objects, base, said, reading["number"])
        return {**reading, **said.model_dump(include={"text", "confidence", "regions"}), **assess(said), **files}


async def _keep(work: Work, reading: Document, lines: int, person: Person) -> None:
    """Choose the new reading, unless somebody else was faster; what was approved is to be checked again."""
    document, number = reading["document"], reading["number"]
    row = await store.take_document(work, document, person)
    check_action(row, Action.CORRECT)
    if len(row["corrections_due"]) >= MOST_CORRECTIONS:
        raise Problem(409, "too-many-corrections", document=document, most=MOST_CORRECTIONS)
    page = await work.find_one(store.PAGES, {"document": document, "number": number})
    if page is None or page["reading"] != reading["_id"]:
        raise Problem(409, "page-changed", number=number)
    await keep_correction(page, reading, person.signature, work)
    work.write(store.DOCUMENTS, UpdateOne({"_id": document}, {"$set": {"ruling": None}}))
    store.log_action(work, row, Action.CORRECT, person, "", page=number, lines=lines)

"""Events in: a person judged a document's content, or the document was refused; what must not be kept goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from pymongo import DeleteMany, DeleteOne, UpdateOne
from pymongo.asynchronous.database import AsyncDatabase

from services.ocr.concerns.restoration import carried_back, restore
from services.ocr.concerns.store import holding, note_destroyed
from services.ocr.documents.fanout import release_page, request_pages
from services.ocr.documents.progress import REQUESTED
from services.ocr.documents.turns import Metering
from shared.bus.messages import WaitsFor
from shared.bus.work import Work
from shared.events import Event
from shared.events.concerns import Judgement
from shared.events.documents import DocumentContentJudged, DocumentRejected
from shared.events.vocabulary import AccessLevel, narrowest
from shared.store.mongo import Document
from shared.store.objects import Objects

log = structlog.get_logger(__name__)

OF_A_DOCUMENT = ("pages", "readings", "editions", "fingerprints", "actions")


@dataclass(frozen=True)
class Emptied:
    """Documents of which no object is left; carried: rows of readings for pages of others, see restoration.py."""

    documents: list[str]
    carried: list[Document]


@dataclass(frozen=True)
class Removal:
    """Handlers that unseal a document, or destroy all that was made of it."""

    database: AsyncDatabase[Document]
    objects: Objects
    metering: Metering
    """How many pages may be with the workers: those of others take the places of the destroyed."""

    async def keep_judgement(self, event: Event[DocumentContentJudged], work: Work) -> None:
        """What a person has seen seals a document no longer, nor what was made of it; a confirmed secret stays sealed
        until it is destroyed.
        """
        judged = event.data
        if judged.judgement == Judgement.STATE_SECRET:
            return
        for row in await work.find("documents", holding(judged.document)):
            change = await _judged(row, judged, work)
            if change:
                work.write("documents", UpdateOne({"_id": row["_id"]}, {"$set": change}))

    async def delete_objects(self, event: Event[DocumentRejected]) -> Emptied:
        """Delete page images, texts and layouts of a document that is refused after it was read, and of all that was
        made of it; what other documents merged into these need is copied first.
        """
        rows = await self.database["documents"].find(holding(event.data.document), {"_id": 1}).to_list()
        documents = [row["_id"] for row in rows]
        await note_destroyed(self.database, documents)
        carried = await carried_back(self.database, self.objects, documents)
        for document in documents:
            keys = await self.objects.list(f"documents/{document}")
            for key in keys:
                if key.startswith(f"documents/{document}/"):
                    await self.objects.delete(key)
            log.info("document_destroyed", document=document, objects=len(keys), reason=event.data.reason)
        return Emptied(documents, carried)

    async def delete_rows(self, event: Event[DocumentRejected], emptied: Any, work: Work) -> None:
        """Forget these documents; those that were merged into them stand for themselves again.

        Raises WaitsFor where a document was made of it meanwhile, whose objects are still there.
        """
        rows = await work.find("documents", holding(event.data.document), projection=("_id",))
        documents = [row["_id"] for row in rows]
        if new := sorted(set(documents) - set(emptied.documents)):
            raise WaitsFor(f"objects of {', '.join(new)}")
        await restore(work, documents, emptied.carried)
        await self._delete(documents, work)

    async def _delete(self, documents: Sequence[str], work: Work) -> None:
        in_flight = {"document": {"$in": list(documents)}, "state": REQUESTED}
        for page in await work.find("pages", in_flight, projection=("library", "lane")):
            release_page(page, work)
        for document in documents:
            for collection in OF_A_DOCUMENT:
                work.write(collection, DeleteMany({"document": document}))
            work.write("documents", DeleteOne({"_id": document}))
        if documents:
            await request_pages(self.metering, work)


async def _judged(row: Document, said: DocumentContentJudged, work: Work) -> Document:
    """How a document's row changes; what was merged is judged when each of its origins is."""
    change: Document = {}
    if said.access_level:
        present = AccessLevel(row["metadata"]["access_level"])
        change["metadata.access_level"] = narrowest(AccessLevel(said.access_level), present)
    others = set(row.get("origins", ())) - {said.document}
    unjudged = {"_id": {"$in": sorted(others)}, "judgement": None}
    if not (others and await work.find_one("documents", unjudged)):
        change |= {"judgement": said.judgement, "judged": row.get("concerns") or []}
    return change

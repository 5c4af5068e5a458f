"""Events in: a person judged a document's content, or the document was refused; what must not be kept goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import structlog
from pymongo import DeleteMany, DeleteOne, UpdateOne
from pymongo.asynchronous.database import AsyncDatabase

from shared.bus.work import Work
from shared.events import Event
from shared.events.concerns import Judgement
from shared.events.documents import DocumentContentJudged, DocumentRejected
from shared.store.mongo import Document
from shared.store.objects import Objects

log = structlog.get_logger(__name__)

OF_A_DOCUMENT = ("pages", "readings", "editions", "fingerprints")


@dataclass(frozen=True)
class Removal:
    """Handlers that unseal a document, or destroy all that was made of it."""

    database: AsyncDatabase[Document]
    objects: Objects

    async def keep_judgement(self, event: Event[DocumentContentJudged], work: Work) -> None:
        """A judged document is sealed no longer; a confirmed secret stays so until it is destroyed."""
        if event.data.judgement != Judgement.STATE_SECRET:
            change = {"$set": {"judgement": event.data.judgement}}
            work.write("documents", UpdateOne({"_id": event.data.document}, change))

    async def delete_objects(self, event: Event[DocumentRejected]) -> bool:
        """Delete page images, texts and layouts of a document that is refused after it was read; whether it was."""
        refused = event.data.document
        concerned = await self.database["documents"].find(holding(refused), {"_id": 1}).to_list()
        for document in (row["_id"] for row in concerned):
            keys = await self.objects.list(f"documents/{document}")
            for key in keys:
                if key.startswith(f"documents/{document}/"):
                    await self.objects.delete(key)
            log.info("document_destroyed", document=document, objects=len(keys), reason=event.data.reason)
        return bool(concerned)

    async def delete_rows(self, event: Event[DocumentRejected], was_read: object, work: Work) -> None:
        if not was_read:
            return
        for document in await work.find("documents", holding(event.data.document), projection=("_id",)):
            for collection in OF_A_DOCUMENT:
                work.write(collection, DeleteMany({"document": document["_id"]}))
            work.write("documents", DeleteOne({"_id": document["_id"]}))


def holding(document: str) -> dict[str, Any]:
    """The query for all rows in which pages of a document may stand: it, and what was split off or merged from it."""
    return {"$or": [{"_id": document}, {"origins": document}]}

"""Events in: a person judged a document's content, or the document was refused; what must not be kept goes."""

from __future__ import annotations

from dataclasses import dataclass

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
        document = event.data.document
        if await self.database["documents"].find_one({"_id": document}, {"_id": 1}) is None:
            return False
        keys = await self.objects.list(f"documents/{document}")
        for key in keys:
            if key.startswith(f"documents/{document}/"):
                await self.objects.delete(key)
        log.info("document_destroyed", document=document, objects=len(keys), reason=event.data.reason)
        return True

    async def delete_rows(self, event: Event[DocumentRejected], was_read: object, work: Work) -> None:
        if was_read:
            document = event.data.document
            for collection in OF_A_DOCUMENT:
                work.write(collection, DeleteMany({"document": document}))
            work.write("documents", DeleteOne({"_id": document}))

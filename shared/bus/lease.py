"""A lease in MongoDB: of many processes that could do a job, one does it. Time is the server's."""

from __future__ import annotations

import uuid

from pymongo.errors import DuplicateKeyError
from pymongo.synchronous.database import Database

from shared.store.mongo import Document

LEASES = "leases"


class Lease:
    """Held by renewing it; a holder that dies loses it after `seconds`."""

    def __init__(self, database: Database[Document], name: str, seconds: float) -> None:
        self._leases = database[LEASES]
        self._name = name
        self._milliseconds = int(seconds * 1000)
        self._owner = str(uuid.uuid4())

    def hold(self) -> bool:
        """Take or renew the lease; False while another process holds it."""
        free = {"$or": [{"$eq": ["$owner", self._owner]}, {"$lt": [{"$ifNull": ["$until", 0]}, "$$NOW"]}]}
        until = {"$cond": [free, {"$add": ["$$NOW", self._milliseconds]}, "$until"]}
        owner = {"$cond": [free, self._owner, "$owner"]}
        take = [{"$set": {"until": until, "owner": owner}}]
        try:
            row = self._leases.find_one_and_update({"_id": self._name}, take, upsert=True, return_document=True)
        except DuplicateKeyError:
            return False
        return row is not None and row["owner"] == self._owner

    def release(self) -> None:
        """Let another process have it at once."""
        self._leases.delete_one({"_id": self._name, "owner": self._owner})

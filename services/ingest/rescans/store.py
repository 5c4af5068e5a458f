"""Requests for new scans in the rows of documents, as the newest event says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pymongo import UpdateOne

from services.ingest.documents.document import DocumentState
from services.ingest.documents.store import DOCUMENTS
from shared.bus.work import Work


def keep_request(work: Work, document: str, version: int, facts: Mapping[str, Any]) -> None:
    """Keep what is asked, or that it is asked no more, unless something later is kept already."""
    unless_newer = {
        "_id": document,
        "state": DocumentState.ACCEPTED,
        "rescan.version": {"$not": {"$gte": version}},
    }
    change = {f"rescan.{name}": value for name, value in facts.items()} | {"rescan.version": version}
    work.write(DOCUMENTS, UpdateOne(unless_newer, {"$set": change}))

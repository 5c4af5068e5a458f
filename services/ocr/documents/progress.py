"""Rules of a document's progress; no I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from shared.events.concerns import ConcernKind
from shared.events.documents import DocumentScanned
from shared.events.vocabulary import Lane
from shared.store.mongo import Document

WAITING, REQUESTED, READ, FAILED = "waiting", "requested", "read", "failed"
CHANCE = frozenset({"took-too-long", "too-much-memory", "crashed"})
"""Reasons that may be the machine's and not the page's: only these are worth another attempt."""
READING, BINDING, RECOGNISED = "reading", "binding", "recognised"
"""States of a document: pages are with the workers; its files are being made; its text is out. `failed` for none."""


def page_id(document: str, number: int) -> str:
    return f"{document}:{number:04d}"


def pages_of(scanned: DocumentScanned, at: datetime) -> Iterator[Document]:
    """One row per page, in reading order over all files; nothing is requested yet."""
    number = 0
    for file in scanned.files:
        for frame in range(1, file.pages + 1):
            number += 1
            yield {
                "_id": page_id(scanned.document, number),
                "document": scanned.document,
                "library": scanned.library,
                "lane": scanned.lane,
                "number": number,
                "frame": frame,
                "original": file.original.model_dump(),
                "alto": file.alto.model_dump() if file.alto else None,
                "state": WAITING,
                "attempt": 0,
                "attempts_before": 0,
                "reading": None,
                "corrections": 0,
                "reason": None,
                "queued_at": at,
            }


def unbound() -> Document:
    """What a document's row says of its editions while there is none."""
    return {"edition": 0, "recognition_due": True, "corrections_due": []}


def may_try_again(page: Document, attempt: int, attempts: int, reason: str) -> bool:
    """attempt: the one that failed, counted over all times the page was read; attempts: allowed each time."""
    return attempt - page["attempts_before"] < attempts and reason in CHANCE


def after_reading(page: Document, reading: str) -> Document:
    """How a page changes with an engine's reading: the newest is chosen, but what a person wrote stays chosen."""
    chosen = page["reading"] if page["corrections"] else reading
    return {"state": READ, "reading": chosen, "reason": None}


def after_failure(page: Document, reason: str) -> Document:
    """How a page changes when it is given up: a reading from before stays."""
    if page["reading"]:
        return {"state": READ, "reason": None}
    return {"state": FAILED, "reason": reason}


def to_be_read_again(page: Document, at: datetime) -> Document:
    """How a page changes when it is queued anew, behind what readers wait for."""
    return {"state": WAITING, "lane": Lane.NORMAL.value, "queued_at": at, "attempts_before": page["attempt"]}


def correction_id(page: Document) -> str:
    """The id of the next reading of this page by a person; engines count attempts."""
    return f"{page['_id']}:c{page['corrections'] + 1}"


def is_sealed(document: Mapping[str, Any]) -> bool:
    """Whether its text may hold a state secret that no person has judged: nobody reads it here."""
    judged = {(one["rule"], one["page"]) for one in document.get("judged") or ()}
    secrets = [one for one in document.get("concerns") or () if one["kind"] == ConcernKind.STATE_SECRET]
    return any((one["rule"], one["page"]) not in judged for one in secrets)

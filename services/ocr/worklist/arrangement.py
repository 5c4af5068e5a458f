"""Rules for splitting a document and for merging several; no I/O.

The documents that were stay as they are, with every page and reading; the new ones take copies of the rows, which name
the same originals and the page they come from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from services.ocr.documents.progress import FAILED, page_id, unbound
from shared.events.vocabulary import AccessLevel, Verdict
from shared.store.mongo import Document
from shared.web.problems import Problem

FROM_OPEN_TO_CLOSED = (AccessLevel.PUBLIC, AccessLevel.REGISTERED, AccessLevel.ON_SITE, AccessLevel.CLOSED)
FROM_SAFE_TO_INFECTED = (Verdict.CLEAR, Verdict.UNSCANNED, Verdict.TOO_LARGE, Verdict.INFECTED)
KEPT = ("library", "lane", "submitted_by", "scanned_at", "batch", "judgement")


def check_parts(pages: int, firsts: Sequence[int]) -> list[range]:
    """The page numbers of each part, from the numbers of the pages that begin one (the first page begins the first).

    Raises Problem 422 unless they rise, lie on pages 2 to the last, and there is one at least.
    """
    starts = [1, *firsts]
    if not firsts or starts != sorted(set(starts)) or starts[-1] > pages:
        raise Problem(422, "bad-parts", pages=pages)
    ends = [*(first - 1 for first in firsts), pages]
    return [range(start, end + 1) for start, end in zip(starts, ends, strict=True)]


def check_mergeable(documents: Sequence[Document]) -> None:
    """Raise Problem 409 unless they are of one library and one collection class."""
    kinds = {(document["library"], document["metadata"]["collection_class"]) for document in documents}
    if len(kinds) != 1:
        raise Problem(409, "not-mergeable")


def new_document_id(origins: Sequence[str], pages: Sequence[str]) -> str:
    """An id that the pages give: asked twice for the same, it is the same document."""
    return "d-" + hashlib.sha256("\n".join([*origins, *pages]).encode()).hexdigest()[:24]


def new_document(identifier: str, title: str, origins: Sequence[Document], pages: int) -> Document:
    """The row of a document made from others: as closed as the most closed of them, as safe as the least safe.

    It counts as unreadable until an edition of it is begun, which takes one page that was read.
    """
    lead = origins[0]
    level = max((_level(origin) for origin in origins), key=FROM_OPEN_TO_CLOSED.index)
    verdict = max((Verdict(origin["verdict"]) for origin in origins), key=FROM_SAFE_TO_INFECTED.index)
    return {
        **{name: lead[name] for name in KEPT if name in lead},
        "_id": identifier,
        "metadata": {**lead["metadata"], "title": title, "access_level": level.value},
        "verdict": verdict.value,
        "origins": sorted({root for origin in origins for root in roots_of(origin)}),
        "pages": pages,
        "left": 0,
        "state": FAILED,
        "version": 0,
        **unbound(),
    }


def roots_of(document: Mapping[str, Any]) -> list[str]:
    """The documents that were handed in and that this one's pages come from."""
    return list(document.get("origins") or [document["_id"]])


def new_pages(document: str, pages: Sequence[Document]) -> list[Document]:
    """Copies of the rows of pages as pages 1, 2, … of another document."""
    return [_moved(page, document, number) for number, page in enumerate(pages, start=1)]


def _moved(page: Document, document: str, number: int) -> Document:
    identifier = page_id(document, number)
    reading = page["reading"] and moved_reading_id(page["reading"], identifier)
    origin = page.get("origin") or page["_id"]
    return {**page, "_id": identifier, "document": document, "number": number, "reading": reading, "origin": origin}


def moved_reading_id(reading: str, page: str) -> str:
    """A reading's id under its page's new id; the attempt at its end stays."""
    return f"{page}:{reading.rpartition(':')[2]}"


def new_reading(reading: Document, page: Document) -> Document:
    """A copy of a reading's row for the copy of its page; the files it names are the same."""
    identifier = moved_reading_id(reading["_id"], page["_id"])
    place = {"page": page["_id"], "document": page["document"], "number": page["number"]}
    return {**reading, "_id": identifier, **place, "origin": reading.get("origin") or reading["_id"]}


def _level(document: Document) -> AccessLevel:
    return AccessLevel(document["metadata"]["access_level"])

"""Rules for splitting a document and for merging several; no I/O.

The documents that were stay as they are, with every page and reading; the new ones take copies of the rows, which name
the same originals and the page they come from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from services.ocr.documents.progress import FAILED, page_id, unbound
from shared.events.concerns import Judgement
from shared.events.vocabulary import AccessLevel, Verdict, narrowest, worst
from shared.store.mongo import Document
from shared.web.problems import Problem

KEPT = ("library", "lane", "submitted_by", "scanned_at", "batch")
MOST_PAGES = 10_000
"""In a merged document: its rows are copied in one transaction."""
MOST_ORIGINS = 1000
"""As many as its announcement carries."""
LONGEST_TITLE = 1000


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
    """Raise Problem 409 unless they are of one library and one collection class, and not too much for one document."""
    kinds = {(document["library"], document["metadata"]["collection_class"]) for document in documents}
    if len(kinds) != 1:
        raise Problem(409, "not-mergeable")
    origins = {root for document in documents for root in roots_of(document)}
    if len(origins) > MOST_ORIGINS or sum(document["pages"] for document in documents) > MOST_PAGES:
        raise Problem(409, "too-much-to-merge", pages=MOST_PAGES, origins=MOST_ORIGINS)


def titles_of(own: str, given: Sequence[str], parts: int) -> list[str]:
    """A title a part: those given, else the document's own with the part's number."""
    said = [title.strip() for title in [*given, *[""] * parts][:parts]]
    return [title[:LONGEST_TITLE] or _numbered(own, number) for number, title in enumerate(said, start=1)]


def _numbered(title: str, number: int) -> str:
    suffix = f" ({number})"
    return title[: LONGEST_TITLE - len(suffix)] + suffix


def new_document_id(origins: Sequence[str], pages: Sequence[str]) -> str:
    """An id that the pages give: asked twice for the same, it is the same document."""
    return "d-" + hashlib.sha256("\n".join([*origins, *pages]).encode()).hexdigest()[:24]


def new_document(identifier: str, title: str, origins: Sequence[Document], pages: Sequence[Document]) -> Document:
    """The row of a document made from others: as closed as the most closed of them, as safe as the least safe.

    It counts as unreadable until an edition of it is begun, which takes one page that was read.
    """
    lead = origins[0]
    level = narrowest(*(_level(origin) for origin in origins))
    verdict = worst(*(Verdict(origin["verdict"]) for origin in origins))
    return {
        **{name: lead[name] for name in KEPT if name in lead},
        "_id": identifier,
        "metadata": {**lead["metadata"], "title": title, "access_level": level.value},
        "verdict": verdict.value,
        "origins": sorted({root for origin in origins for root in roots_of(origin)}),
        "pages": len(pages),
        "left": 0,
        "state": FAILED,
        "version": 0,
        **_judged(origins, pages),
        **unbound(),
    }


def _judged(origins: Sequence[Document], pages: Sequence[Document]) -> Document:
    """What persons have judged of these pages, under their new numbers."""
    judgements = [origin["judgement"] for origin in origins if origin.get("judgement")]
    if not judgements:
        return {}
    seen = [(origin["_id"], concern) for origin in origins for concern in origin.get("judged", ())]
    moved = [
        {**concern, "page": number}
        for number, page in enumerate(pages, start=1)
        for document, concern in seen
        if (document, concern["page"]) == (page["document"], page["number"])
    ]
    judgement = Judgement.RESTRICTED if Judgement.RESTRICTED in judgements else judgements[0]
    return {"judgement": judgement, "judged": moved}


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

"""What the service thinks of a text: of one page, of a document, and what its first pages say the document is."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from services.ocr.description.drafting import draft_of
from services.ocr.description.page import DraftPage
from services.ocr.reading.engine import PageReading
from shared.events.manifest import PageManifest
from shared.events.vocabulary import Trust
from shared.store.mongo import Document


def assess(_: PageReading) -> Document:
    return {}


def judge(_: Sequence[Document]) -> Trust | None:
    return None


def describe(pages: Sequence[tuple[PageManifest, bytes]]) -> bytes:
    """The metadata draft as JSON."""
    drafted = draft_of([DraftPage.of_rows(page.number, page.text, orjson.loads(words)) for page, words in pages])
    return drafted.model_dump_json().encode()

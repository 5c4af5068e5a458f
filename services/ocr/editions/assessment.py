"""What the service thinks of a text: of one page, of a document; and what its first pages say the document is."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from services.ocr.description.drafting import draft_of
from services.ocr.description.page import DraftPage
from services.ocr.description.suggestions import SuggestingModel, suggested
from services.ocr.documents.progress import CHANCE
from services.ocr.reading.engine import PageReading
from services.ocr.trust import PageTrust, trust_of, trust_of_document
from shared.events.manifest import PageManifest
from shared.events.vocabulary import Trust
from shared.store.mongo import Document


def assess(reading: PageReading) -> Document:
    """The fields of a reading's row that say how good it is: `expected_cer`, `decision`, `signals`, `doubtful`."""
    return trust_of(reading).model_dump()


def judge(pages: Sequence[PageManifest]) -> Trust:
    """What is to be thought of a document, page by page; one that could not be read holds it back."""
    whole = trust_of_document([(_page_trust(page), len(page.text)) for page in pages])
    return Trust.model_validate(whole, from_attributes=True)


def _page_trust(page: PageManifest) -> PageTrust:
    if page.reading is None:
        return PageTrust(expected_cer=1.0, decision="re-read" if page.failed in CHANCE else "re-scan", signals={})
    error = 0.0 if page.expected_cer is None else page.expected_cer
    return PageTrust.model_validate({"expected_cer": error, "decision": page.decision or "review", "signals": {}})


def describe(pages: Sequence[tuple[PageManifest, bytes]], model: SuggestingModel | None = None) -> bytes:
    """The metadata draft as JSON, from pages each with its stored list of words; `model` may add suggestions."""
    sheets = [DraftPage.of_rows(page.number, page.text, orjson.loads(words)) for page, words in pages]
    return suggested(draft_of(sheets), sheets, model).model_dump_json().encode()

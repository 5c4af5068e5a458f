"""From a document's pages to the draft of its description; pure."""

from __future__ import annotations

from collections.abc import Sequence

from services.ocr.description.draft import DocumentForm, MetadataDraft
from services.ocr.description.language import language_of
from services.ocr.description.page import DraftPage


def draft_of(pages: Sequence[DraftPage]) -> MetadataDraft:
    """What the pages say of their document; never raises for any text. Pages in reading order."""
    return MetadataDraft(form=DocumentForm.OTHER, language=language_of(pages))

"""From a document's pages to the draft of its description; pure."""

from __future__ import annotations

from collections.abc import Sequence

from services.ocr.description.administrative import administrative_draft
from services.ocr.description.books import book_draft
from services.ocr.description.classes import class_of
from services.ocr.description.language import language_of
from services.ocr.description.lines import lines_of
from services.ocr.description.maps import map_draft
from services.ocr.description.page import DraftPage
from services.ocr.description.periodicals import newspaper_draft, periodical_draft
from services.ocr.description.poems import poem_draft
from services.ocr.description.subjects import subjects_of
from services.ocr.description.summary import summary_of
from services.ocr.description.titled import titled_draft
from shared.events.draft import DocumentForm, MetadataDraft

FORMS = (
    administrative_draft,
    newspaper_draft,
    periodical_draft,
    map_draft,
    book_draft,
    poem_draft,
    titled_draft,
)
"""The first that recognises its form describes the document: the stricter a form, the earlier it is asked."""


def draft_of(pages: Sequence[DraftPage]) -> MetadataDraft:
    """What the pages say of their document; never raises for any text. Pages in reading order."""
    lines = [lines_of(page) for page in pages]
    drafts = (describe(lines) for describe in FORMS)
    draft = next((draft for draft in drafts if draft), MetadataDraft(form=DocumentForm.OTHER))
    known = draft.model_copy(update={"language": language_of(pages)})
    return known.model_copy(
        update={
            "collection_class": class_of(known, lines),
            "subjects": known.subjects or subjects_of(known.title, lines),
            "summary": summary_of(lines),
        }
    )

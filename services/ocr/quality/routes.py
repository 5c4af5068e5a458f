"""HTTP door: what is wrong with the scans of a document."""

from __future__ import annotations

from fastapi import APIRouter, Request

from services.ocr.documents.routes import DocumentId, Staff, get_row
from services.ocr.quality.profile import Finding
from services.ocr.quality.review import QualityReview
from services.ocr.quality.store import LookAlike
from shared.runtime import Runtime
from shared.web.problems import Messages, Problem, language_of

router = APIRouter(prefix="/v1/documents", tags=["quality"])


class ToldFinding(Finding):
    """A finding with its text for people."""

    text: str


class DocumentQuality(QualityReview):
    """The review of a document's scans, in the reader's language."""

    findings: tuple[ToldFinding, ...]
    look_alikes: tuple[LookAlike, ...]


@router.get("/{document}/quality", operation_id="document_quality")
async def get_quality(document: DocumentId, person: Staff, request: Request) -> DocumentQuality:
    """Flaws by page with the limit of the profile, pages to scan again, and pages scanned before in any document."""
    runtime: Runtime = request.app.state.runtime
    row = await get_row(runtime, document, person)
    if not row.get("quality"):
        raise Problem(404, "not-reviewed", document=document)
    messages: Messages = request.app.state.messages
    language = language_of(request)
    found = [_told(finding, messages, language) for finding in row["quality"]["findings"]]
    return DocumentQuality.model_validate({**row["quality"], "findings": found})


def _told(finding: dict[str, object], messages: Messages, language: str) -> dict[str, object]:
    facts = {name: "?" if value is None else value for name, value in finding.items()}
    return {**finding, "text": messages.text(f"flaw-{finding['flaw']}", language, **facts)}

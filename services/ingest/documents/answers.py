"""What the door answers about documents."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from typing import Annotated, Literal

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.ingest.documents.document import DOCUMENT_PATTERN, DocumentState, PackageFacts, StepName, steps_in_order
from services.ingest.documents.reception import Receipt
from services.ingest.documents.store import Position
from services.ingest.rescans.rescan import RescanDue, Say, due_of
from services.ingest.rights.facts import RightsFacts
from services.ingest.rights.rights import RightsAssessment
from shared.events.concerns import Concern, Judgement
from shared.events.vocabulary import AccessLevel, DocumentMetadata, Lane, ScannedFile, Verdict
from shared.store.mongo import Document
from shared.web.problems import Messages, Problem

_OR_NONE = ("deposit", "package", "rights", "rights_facts", "replaces", "replaced_by")
_KEPT_AS_SHOWN = ("submitted_by", "correlation_id", "lane", "metadata", "pages", "rejection")


class _Answer(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True, use_enum_values=True)


class Accepted(_Answer):
    """The document is in."""

    id: Annotated[str, Field(pattern=DOCUMENT_PATTERN)]
    status_url: str
    duplicate: bool
    """The same files came before: this is the document they made."""
    verdict: Verdict
    message: str


def accepted(receipt: Receipt, messages: Messages, language: str) -> Accepted:
    outcome = "document-duplicate" if receipt.duplicate else "document-accepted"
    return Accepted(
        id=receipt.document,
        status_url=status_url(receipt.document),
        duplicate=receipt.duplicate,
        verdict=receipt.verdict,
        message=f"{messages.text(outcome, language)} {messages.text(f'verdict-{receipt.verdict}', language)}",
    )


class Step(_Answer):
    """One step on the way of a document; `at` is null until it is taken."""

    name: StepName
    label: str
    state: Literal["waiting", "done", "failed"]
    at: datetime | None = None
    by: str | None = None
    verdict: Verdict | None = None
    pages_done: int | None = None
    pages_failed: list[int] | None = None
    record: str | None = None
    failed: str | None = None
    """A reason code."""


class Rejection(_Answer):
    """Why a document was refused."""

    reason: str
    detail: str
    file: str | None


class BatchTie(_Answer):
    """A batch that the document came with, and what the batch calls it."""

    batch: str
    item: str


class Hold(_Answer):
    """A reason not to publish."""

    reason: str
    text: str


class JudgementView(_Answer):
    """What a person decided about the document's content."""

    judgement: Judgement
    reason: str
    access_level: AccessLevel | None
    by: str
    at: datetime


class DocumentSummary(_Answer):
    """A document in a list."""

    id: str
    library: str
    state: DocumentState
    title: str | None
    received_at: datetime
    verdict: Verdict
    verdict_text: str
    status_url: str


class DocumentStatus(DocumentSummary):
    """A document with each of its steps. A rejected one keeps nothing but the reason."""

    submitted_by: str
    correlation_id: str
    lane: Lane | None
    metadata: DocumentMetadata | None
    files: list[ScannedFile]
    pages: int | None
    rejection: Rejection | None
    batches: list[BatchTie]
    deposit: str | None
    rescan: RescanDue | None
    """What must be scanned again."""
    replaces: str | None
    """The document that this is a new scan of."""
    replaced_by: str | None
    """The newest scan that was handed in in its place."""
    package: PackageFacts | None
    holds: list[Hold]
    """What keeps it from being published, beside malware."""
    rights: RightsAssessment | None
    """Whom the rules let read it, by which of them, from which facts."""
    rights_text: str | None
    rights_facts: RightsFacts | None
    concerns: list[Concern]
    """What a person must judge, or has judged, in its text."""
    judgements: list[JudgementView]
    steps: list[Step]


class DocumentList(_Answer):
    """Documents of one library, newest first."""

    documents: list[DocumentSummary]
    next_cursor: str | None


def status_url(document: str) -> str:
    return f"/v1/documents/{document}"


def summary(row: Document, messages: Messages, language: str) -> DocumentSummary:
    return DocumentSummary.model_validate(_summary(row, messages, language))


def status(row: Document, messages: Messages, language: str) -> DocumentStatus:
    steps = [_step(step, messages, language) for step in steps_in_order(row["steps"])]
    facts = {name: row.get(name) for name in (*_KEPT_AS_SHOWN, *_OR_NONE)}
    reasons = sorted(row.get("holds", {}).values())
    held = [{"reason": reason, "text": messages.text(reason, language)} for reason in reasons]
    content = {name: row.get(name, []) for name in ("concerns", "judgements")}
    facts["rescan"] = due_of(row, reason_teller(messages, language))
    facts |= {**content, "rights_text": _rights_text(row.get("rights"), messages, language)}
    lists = {"files": row.get("files", []), "batches": row.get("batches", []), "holds": held, "steps": steps}
    return DocumentStatus.model_validate({**_summary(row, messages, language), **facts, **lists})


def reason_teller(messages: Messages, language: str) -> Say:
    """The texts of reasons to scan again; one that is new and has no text here stands for itself."""

    def say(reason: str) -> str:
        try:
            return messages.text(f"rescan-{reason}", language)
        except KeyError:
            return reason

    return say


def _rights_text(rights: Document | None, messages: Messages, language: str) -> str | None:
    return messages.text(f"rights-{rights['rule']}", language, **rights) if rights else None


def encode_cursor(row: Document) -> str:
    """Where a page of a list ended, opaque to the caller."""
    return base64.urlsafe_b64encode(orjson.dumps([row["received_at"], row["_id"]])).decode().rstrip("=")


def decode_cursor(cursor: str) -> Position:
    """Raises Problem 422."""
    try:
        received_at, document = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return Position(_Moment(at=received_at).at.astimezone(UTC), str(document))
    except (binascii.Error, ValueError, TypeError, OverflowError) as error:
        raise Problem(422, "invalid-cursor") from error


class _Moment(BaseModel):
    at: AwareDatetime


def _summary(row: Document, messages: Messages, language: str) -> Document:
    return {
        "id": row["_id"],
        "library": row["library"],
        "state": row["state"],
        "title": (row.get("metadata") or {}).get("title"),
        "received_at": row["received_at"],
        "verdict": row["verdict"],
        "verdict_text": messages.text(f"verdict-{row['verdict']}", language),
        "status_url": status_url(row["_id"]),
    }


def _step(step: Document, messages: Messages, language: str) -> Document:
    state = "failed" if step.get("failed") else "done" if step.get("at") else "waiting"
    return {**step, "label": messages.text(f"step-{step['name']}", language), "state": state}

"""What the door answers about documents."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from typing import Annotated, Literal

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.ingest.documents.document import DocumentState, PackageFacts, StepName, steps_in_order
from services.ingest.documents.reception import Receipt
from services.ingest.documents.store import Position
from shared.events.vocabulary import DocumentMetadata, Lane, ScannedFile, Verdict
from shared.store.mongo import Document
from shared.web.problems import Messages, Problem

DOCUMENT_PATTERN = r"^d-[0-9a-f]{24}$"
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
    package: PackageFacts | None
    holds: list[Hold]
    """What keeps it from being published, beside malware."""
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
    facts = {name: row.get(name) for name in (*_KEPT_AS_SHOWN, "deposit", "package")}
    reasons = sorted(row.get("holds", {}).values())
    held = [{"reason": reason, "text": messages.text(reason, language)} for reason in reasons]
    lists = {"files": row.get("files", []), "batches": row.get("batches", []), "holds": held, "steps": steps}
    return DocumentStatus.model_validate({**_summary(row, messages, language), **facts, **lists})


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

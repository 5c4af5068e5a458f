"""What must be scanned again, for whoever scans, and what a new scan keeps of the document it replaces; no I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict

from services.ingest.documents.document import Submission
from services.ingest.rights.facts import RightsFacts
from shared.events.vocabulary import AccessLevel, narrowest

Say = Callable[[str], str]
"""From a reason to its text in the reader's language."""


class RequestState(StrEnum):
    """How far a request for new scans is."""

    OPEN = "open"
    WITHDRAWN = "withdrawn"
    DONE = "done"


class _Answer(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)


class RescanReason(_Answer):
    """Why a page must be scanned again."""

    reason: str
    text: str


class PageDue(_Answer):
    """A page that must be scanned again; without reasons the note says why."""

    number: int
    reasons: list[RescanReason]


class RescanDue(_Answer):
    """What must be scanned again of a document."""

    pages: list[PageDue]
    """Empty: the whole document."""
    note: str
    by: str | None
    """The person who asks; null where the image check asks by rule."""
    asked_at: datetime
    new_scan: str | None
    """The new scan that has come and is not read yet."""


def is_open(document: Mapping[str, Any]) -> bool:
    return (document.get("rescan") or {}).get("state") == RequestState.OPEN


def due_of(document: Mapping[str, Any], say: Say) -> RescanDue | None:
    """What a document's row says must be scanned again; None where nothing need be."""
    if not is_open(document):
        return None
    request = document["rescan"]
    return RescanDue(
        pages=[PageDue(number=page["number"], reasons=_reasons(page["reasons"], say)) for page in request["pages"]],
        note=request["note"],
        by=request["by"],
        asked_at=request["at"],
        new_scan=document.get("replaced_by"),
    )


def in_place_of(submission: Submission, replaced: Mapping[str, Any]) -> Submission:
    """A new scan keeps what was agreed about the document: no wider access; deposit and rights where its sender says
    nothing of them.
    """
    level = narrowest(AccessLevel(submission.metadata.access_level), AccessLevel(replaced["metadata"]["access_level"]))
    known = replaced.get("rights_facts")
    return replace(
        submission,
        metadata=submission.metadata.model_copy(update={"access_level": level.value}),
        deposit=submission.deposit or replaced.get("deposit"),
        rights=submission.rights or (RightsFacts.model_validate(known) if known else None),
    )


def ties_of(submission: Submission, replaced: Mapping[str, Any] | None) -> list[dict[str, str]]:
    """The batches that a submission joins and what they call it: a new scan takes the places of the old one."""
    taken = list((replaced or {}).get("batches", ()))
    if submission.batch and submission.batch not in {tie["batch"] for tie in taken}:
        taken.append({"batch": submission.batch, "item": submission.item})
    return taken


def _reasons(reasons: list[str], say: Say) -> list[RescanReason]:
    return [RescanReason(reason=reason, text=say(reason)) for reason in reasons]

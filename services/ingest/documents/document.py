"""What a document is to ingest: its identity, the names of its files, its verdict and its steps."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from shared.events.vocabulary import DocumentMetadata, Lane, LibraryId, Verdict

LONGEST_NAME = 150
_FROM_BEST_TO_WORST = (Verdict.CLEAR, Verdict.TOO_LARGE, Verdict.UNSCANNED, Verdict.INFECTED)


class DocumentState(StrEnum):
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class StepName(StrEnum):
    """The way of a document, in its order."""

    RECEIVED = "received"
    SCANNED = "scanned"
    RECOGNISED = "recognised"
    DRAFTED = "drafted"
    REVIEWED = "reviewed"
    APPRAISED = "appraised"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class SubmissionForm(DocumentMetadata):
    """What comes beside the files: the field `metadata` of an upload, or `metadata.json` of the drop folder."""

    library: LibraryId | None = None
    """The sender's own when left out."""
    lane: Lane = Lane.NORMAL

    def metadata(self) -> DocumentMetadata:
        return DocumentMetadata.model_validate(self.model_dump(exclude={"library", "lane"}))


@dataclass(frozen=True)
class ReceivedFile:
    """A file as it came in: its name for people, where it lies for now, and its whole content's SHA-256 and size."""

    name: str
    path: Path
    sha256: str
    size: int


@dataclass(frozen=True)
class Submission:
    """Everything somebody hands in as one document."""

    library: str
    lane: Lane
    metadata: DocumentMetadata
    submitted_by: str
    files: tuple[ReceivedFile, ...]

    @property
    def document(self) -> str:
        return document_id(self.library, [file.sha256 for file in self.files])


def document_id(library: str, digests: Sequence[str]) -> str:
    """The same files in the same order from the same library are the same document."""
    return "d-" + hashlib.sha256("\n".join([library, *digests]).encode()).hexdigest()[:24]


def display_name(given: str, place: int) -> str:
    """A name to show and never to open: no path, no control characters, not empty, at most 150 characters."""
    last = re.split(r"[/\\]", given)[-1]
    visible = "".join(char for char in unicodedata.normalize("NFC", last) if unicodedata.category(char)[0] != "C")
    return visible.strip(" .")[:LONGEST_NAME] or f"tep-{place}"


def worst_verdict(verdicts: Sequence[Verdict]) -> Verdict:
    """A document is as suspect as its most suspect file."""
    return max(verdicts, key=_FROM_BEST_TO_WORST.index)


def steps_in_order(taken: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every step with what is known of it, those not yet taken included; withdrawn only where it was."""
    names = [name for name in StepName if name in taken or name is not StepName.WITHDRAWN]
    return [{"name": name, **taken.get(name, {})} for name in names]

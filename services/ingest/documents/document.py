"""What a document is to ingest: its identity, the names of its files, its verdict and its steps."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field

from services.ingest.rights.facts import RightsFacts
from shared.events.vocabulary import DocumentMetadata, Lane, LibraryId, ObjectRef, ScannedFile, ShortText, Verdict

LONGEST_NAME = 150
MOST_FILES = 1000
"""What document.scanned holds."""
BatchId = Annotated[str, Field(pattern=r"^b-[0-9a-f]{24}$")]
DepositId = Annotated[str, Field(pattern=r"^h-[0-9a-f]{24}$")]
UploadId = Annotated[str, Field(pattern=r"^u-[0-9a-f]{32}$")]
DOCUMENT_PATTERN = r"^d-[0-9a-f]{24}$"
ReplacedId = Annotated[str, Field(pattern=DOCUMENT_PATTERN)]
ItemName = Annotated[
    str, Field(min_length=1, max_length=LONGEST_NAME), AfterValidator(partial(unicodedata.normalize, "NFC"))
]
_FROM_BEST_TO_WORST = (Verdict.CLEAR, Verdict.TOO_LARGE, Verdict.UNSCANNED, Verdict.INFECTED)


class PackageKind(StrEnum):
    BAGIT = "bagit"
    METS = "mets"
    BAGIT_AND_METS = "bagit+mets"


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
    batch: BatchId | None = None
    """The batch it belongs to."""
    item: ItemName | None = None
    """What the batch's manifest calls it; the name it comes under when left out."""
    deposit: DepositId | None = None
    """The donor's deposit it comes from."""
    rights: RightsFacts | None = None
    """What is known of its rights; whom that lets read it is decided by rule."""
    replaces: ReplacedId | None = None
    """The document that this is a new scan of, whole: it was asked for because pages must be scanned again."""

    def metadata(self) -> DocumentMetadata:
        return DocumentMetadata.model_validate(self.model_dump(include=set(DocumentMetadata.model_fields)))


class UploadedDocument(SubmissionForm):
    """A document made of finished uploads."""

    uploads: Annotated[tuple[UploadId, ...], Field(min_length=1, max_length=MOST_FILES)]
    """In page order."""


@dataclass(frozen=True)
class ReceivedFile:
    """A file as it came in: its name for people, where it lies for now, and its whole content's SHA-256 and size."""

    name: str
    path: Path
    sha256: str
    size: int


class Companion(BaseModel):
    """A file that came beside the scans, as ALTO of a page or the METS itself."""

    name: ShortText
    describes: int | None
    """Which of the document's files, from 1; None: all of them."""
    original: ObjectRef


class PackageFacts(BaseModel):
    """The package that a document came in."""

    kind: PackageKind
    name: ShortText
    sha256: str
    unverified: int
    """How many of its files came without a checksum."""
    companions: tuple[Companion, ...] = ()


def with_alto(files: Sequence[ScannedFile], package: PackageFacts) -> list[ScannedFile]:
    """The files, those of one page with the ALTO that the package has for them."""
    altos = {one.describes: one.original for one in package.companions if one.describes}
    return [
        file.model_copy(update={"alto": altos.get(place)}) if file.pages == 1 else file
        for place, file in enumerate(files, 1)
    ]


@dataclass(frozen=True)
class Package:
    """A package whose files lie on disk: companions with the number of the file that each describes."""

    kind: PackageKind
    name: str
    sha256: str
    unverified: int
    companions: tuple[tuple[ReceivedFile, int | None], ...]
    paths: tuple[str, ...] = ()
    """Where its files lie in it, with all their folders."""


@dataclass(frozen=True)
class Submission:
    """Everything somebody hands in as one document."""

    library: str
    lane: Lane
    metadata: DocumentMetadata
    submitted_by: str
    files: tuple[ReceivedFile, ...]
    item: str
    """What it is called in its batch."""
    batch: str | None = None
    deposit: str | None = None
    package: Package | None = None
    rights: RightsFacts | None = None
    replaces: str | None = None

    @classmethod
    def of(
        cls, form: SubmissionForm, *, library: str, submitted_by: str, files: tuple[ReceivedFile, ...], name: str
    ) -> Submission:
        """What a form and the files that came with it make; `name` is what it came under."""
        return cls(
            library=library,
            lane=form.lane,
            metadata=form.metadata(),
            submitted_by=submitted_by,
            files=files,
            item=form.item or name,
            batch=form.batch,
            deposit=form.deposit,
            rights=form.rights,
            replaces=form.replaces,
        )

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

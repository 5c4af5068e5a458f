"""Takes a package in as a document, the same way for every door."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from services.ingest.documents.document import (
    BatchId,
    DepositId,
    ItemName,
    Package,
    ReceivedFile,
    ReplacedId,
    Submission,
    UploadId,
    display_name,
)
from services.ingest.documents.reception import Receipt, Reception
from services.ingest.documents.refusal import Refused, refusal_of
from services.ingest.documents.upload import MAX_METADATA_BYTES
from services.ingest.packages.archive import PackageLimits
from services.ingest.packages.package import Opened, OpenedFile, open_package
from shared.events.vocabulary import AccessLevel, CollectionClass, DocumentMetadata, Lane, LibraryId
from shared.imaging.enclosure import Enclosure
from shared.imaging.faults import DocumentFault

UNPACKED = "unpacked"


class PackageOptions(BaseModel):
    """What is said of a package from outside of it."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, use_enum_values=True)

    library: LibraryId | None = None
    """The sender's own when left out."""
    lane: Lane = Lane.NORMAL
    batch: BatchId | None = None
    item: ItemName | None = None
    """What the batch's manifest calls it; the package's file name when left out."""
    deposit: DepositId | None = None
    metadata: DocumentMetadata | None = None
    """Replaces what the package says of itself."""
    collection_class: CollectionClass | None = None
    access_level: AccessLevel | None = None
    replaces: ReplacedId | None = None
    """The document that this is a new scan of, whole: it was asked for because pages must be scanned again."""

    @model_validator(mode="before")
    @classmethod
    def gather_metadata(cls, given: Any) -> Any:
        """Whoever lays down a `metadata.json` as for any document has described the package."""
        if not (isinstance(given, dict) and "title" in given and "metadata" not in given):
            return given
        options = {name: value for name, value in given.items() if name in cls.model_fields}
        described = {name: value for name, value in given.items() if name in DocumentMetadata.model_fields}
        unknown = {name: value for name, value in given.items() if name not in {**options, **described}}
        return options | unknown | {"metadata": described}


class UploadedPackage(PackageOptions):
    """A package that was uploaded."""

    upload: UploadId


@dataclass(frozen=True)
class Arrival:
    """A package as it came in: an archive, or a folder whose name stands for its content."""

    file: ReceivedFile
    library: str
    submitted_by: str
    options: PackageOptions


@dataclass(frozen=True)
class Packages:
    """Opens packages within limits of time, memory and size."""

    reception: Reception
    enclosure: Enclosure
    limits: PackageLimits
    max_files: int

    async def take(self, arrival: Arrival, space: Path) -> Receipt:
        """Take it in, or refuse it and announce that; `space` is a folder for it alone.

        Raises Refused, NoSpace, DependencyAway.
        """
        folder = space / UNPACKED
        try:
            opened = await self._open(arrival.file, folder)
            submission = self._submission(arrival, opened, folder)
        except Refused as refused:
            await self.reception.refuse(_nothing(arrival), refused)
        return await self.reception.take(submission)

    async def _open(self, file: ReceivedFile, folder: Path) -> Opened:
        try:
            return await self.enclosure.run(open_package, file.path, folder, self.limits)
        except DocumentFault as fault:
            raise refusal_of(fault, file.name) from fault

    def _submission(self, arrival: Arrival, opened: Opened, folder: Path) -> Submission:
        if len(opened.scans) > self.max_files:
            raise Refused("too-many-files", status=413, allowed=self.max_files)
        options = arrival.options
        companions = tuple((_received(file, 1), describes) for file, describes in opened.companions)
        files = [*opened.scans, *(file for file, _ in opened.companions)]
        paths = tuple(file.path.relative_to(folder).as_posix() for file in files)
        return Submission(
            library=arrival.library,
            lane=options.lane,
            metadata=_metadata(options, opened.description),
            submitted_by=arrival.submitted_by,
            files=tuple(_received(file, place) for place, file in enumerate(opened.scans, 1)),
            item=options.item or arrival.file.name,
            batch=options.batch,
            deposit=options.deposit,
            replaces=options.replaces,
            package=Package(opened.kind, arrival.file.name, arrival.file.sha256, opened.unverified, companions, paths),
        )


def _metadata(options: PackageOptions, description: dict[str, Any]) -> DocumentMetadata:
    """What the sender says, else what the package says. Raises Refused."""
    said = options.metadata.model_dump() if options.metadata else description
    if not said:
        raise Refused("package-without-title")
    chosen = {"collection_class": options.collection_class, "access_level": options.access_level}
    try:
        metadata = DocumentMetadata.model_validate(said | {name: value for name, value in chosen.items() if value})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Refused("metadata-wrong", what=f"{place}: {first['msg']}") from error
    if len(metadata.model_dump_json().encode()) > MAX_METADATA_BYTES:
        raise Refused("metadata-too-large", status=413, kilobytes=MAX_METADATA_BYTES // 1024)
    return metadata


def _received(file: OpenedFile, place: int) -> ReceivedFile:
    return ReceivedFile(display_name(file.name, place), file.path, file.sha256, file.size)


def _nothing(arrival: Arrival) -> Submission:
    """What is announced as refused: the package itself, as nothing of it is known for sure."""
    return Submission(
        library=arrival.library,
        lane=arrival.options.lane,
        metadata=arrival.options.metadata or DocumentMetadata(title=arrival.file.name),
        submitted_by=arrival.submitted_by,
        files=(arrival.file,),
        item=arrival.options.item or arrival.file.name,
        batch=arrival.options.batch,
    )

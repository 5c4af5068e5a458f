"""Value types that several events share; one concept, one name."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Identifier = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\s/\x00-\x1f]+$")]
LibraryId = Annotated[str, Field(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$")]
PatronPseudonym = Annotated[str, Field(pattern=r"^p-[0-9a-f]{32}$")]
Moment = AwareDatetime
Count = Annotated[int, Field(ge=0, le=10_000_000)]
ShortText = Annotated[str, Field(max_length=1000)]


class CollectionClass(StrEnum):
    """Why a document is digitised."""

    LOCAL_HISTORY = "local-history"
    ANCIENT = "ancient"
    RARE = "rare"
    SPECIAL_VALUE = "special-value"
    IN_HOUSE = "in-house"
    RESEARCH = "research"
    REFERENCE = "reference"
    TEXTBOOK = "textbook"
    OPEN_EDUCATIONAL = "open-educational"
    MILITARY = "military"
    MUSEUM_OBJECT = "museum-object"


class AccessLevel(StrEnum):
    """Who may read a document; its description follows `public_description`."""

    PUBLIC = "public"
    REGISTERED = "registered"
    ON_SITE = "on-site"
    CLOSED = "closed"


class Verdict(StrEnum):
    """What the malware scan said; `unscanned` is never shown as clear."""

    CLEAR = "clear"
    INFECTED = "infected"
    TOO_LARGE = "too_large"
    UNSCANNED = "unscanned"


FROM_OPEN_TO_CLOSED = tuple(AccessLevel)
FROM_SAFE_TO_INFECTED = (Verdict.CLEAR, Verdict.UNSCANNED, Verdict.TOO_LARGE, Verdict.INFECTED)


def narrowest(*levels: AccessLevel) -> AccessLevel:
    """The level that lets in the fewest."""
    return max(levels, key=FROM_OPEN_TO_CLOSED.index)


def worst(*verdicts: Verdict) -> Verdict:
    """What is to be said of originals that these were said of one by one."""
    return max(verdicts, key=FROM_SAFE_TO_INFECTED.index)


class Decision(StrEnum):
    """What is to be done with a text of this expected quality."""

    PUBLISH = "publish"
    REVIEW = "review"
    REREAD = "re-read"
    RESCAN = "re-scan"


class Lane(StrEnum):
    """Which queue a page waits in: a reader's request does not wait behind a batch."""

    INTERACTIVE = "interactive"
    NORMAL = "normal"


class Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", use_enum_values=True, use_attribute_docstrings=True)


class ObjectRef(Value):
    """Where bytes lie in the object store, and how to tell that they are the right ones."""

    key: Annotated[str, Field(min_length=1, max_length=500)]
    media_type: Annotated[str, Field(max_length=100)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    size: Annotated[int, Field(ge=0)]


class Trust(Value):
    """How good a text is, estimated without knowing the true one."""

    expected_cer: Annotated[float, Field(ge=0, le=1)]
    """Expected share of wrong characters (character error rate): 0 to 1."""
    decision: Decision


class MuseumObject(Value):
    """What is known of an object of which the document's pages are views."""

    inventory_number: Annotated[str, Field(min_length=1, max_length=100)]
    material: ShortText | None = None
    dimensions: ShortText | None = None
    """Height x width x depth with their unit, as written in the inventory."""
    found_at: ShortText | None = None
    views: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=100)], ...], Field(max_length=200)] = ()
    """What each page shows, in page order, as "mặt trước", "mặt sau", "đáy"; one for each page."""


class DocumentMetadata(Value):
    """What the uploader knows about a document (Dublin Core terms)."""

    title: Annotated[str, Field(min_length=1, max_length=1000)]
    creators: Annotated[tuple[ShortText, ...], Field(max_length=50)] = ()
    date: Annotated[str, Field(max_length=50)] | None = None
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}$")] = "vi"
    subjects: Annotated[tuple[ShortText, ...], Field(max_length=100)] = ()
    summary: Annotated[str, Field(max_length=10_000)] | None = None
    publisher: ShortText | None = None
    collection_class: CollectionClass = CollectionClass.LOCAL_HISTORY
    access_level: AccessLevel = AccessLevel.PUBLIC
    rights_statement: Annotated[str, Field(max_length=300, pattern=r"^https?://[^\s]+$")] | None = None
    """URI of rightsstatements.org or Creative Commons, decided by rule when the document came in."""
    museum_object: MuseumObject | None = None


class ScannedFile(Value):
    """One file of a document: its original bytes and how many pages it holds."""

    name: ShortText
    original: ObjectRef
    pages: Annotated[int, Field(ge=1)]
    alto: ObjectRef | None = None
    """What another engine read on the file's one page, as ALTO that came with it."""


def day_of(moment: datetime) -> str:
    """The calendar day of a moment in its own offset, ISO 8601."""
    return moment.date().isoformat()

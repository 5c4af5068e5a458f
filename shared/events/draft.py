"""The draft of a description: what `document.recognised` refers to as `draft`, JSON in the object store."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

LongText = Annotated[str, Field(max_length=10_000)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", use_enum_values=True, use_attribute_docstrings=True)


class DocumentForm(StrEnum):
    """Which rules the document was described by."""

    ADMINISTRATIVE = "administrative"
    BOOK = "book"
    NEWSPAPER = "newspaper"
    POEM = "poem"
    MAP = "map"
    OTHER = "other"


class Origin(StrEnum):
    """Who says so: a rule of the recognition service, or a language model outside it."""

    RULE = "rule"
    MODEL = "model"


class Box(_Frozen):
    """Pixels of the page's image, from its top left."""

    x: Annotated[int, Field(ge=0)]
    y: Annotated[int, Field(ge=0)]
    width: Annotated[int, Field(ge=1)]
    height: Annotated[int, Field(ge=1)]


class Evidence(_Frozen):
    """Where a value was read."""

    page: Annotated[int, Field(ge=1)]
    quote: LongText
    """The words as they were read, errors and all."""
    box: Box | None = None
    """None where the page came without word boxes."""


class Finding(_Frozen):
    """One value for a person to confirm."""

    value: Annotated[str, Field(min_length=1, max_length=10_000)]
    confidence: Annotated[float, Field(ge=0, le=1)]
    """How often a value found this way was right on documents the rules had not seen (rules.yaml)."""
    rule: Annotated[str, Field(max_length=100)]
    """A stable code of the rule, or the name of the model."""
    evidence: tuple[Evidence, ...] = ()
    origin: Origin = Origin.RULE


class SubjectFinding(Finding):
    """A subject in Vietnamese with the number of a Dewey class it would stand in."""

    ddc: Annotated[str, Field(pattern=r"^\d{3}(\.\d+)?$")] | None = None


class Suggestion(Finding):
    """What a language model would write into a field; shown beside the rules' value, never instead of it."""

    field: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
    origin: Origin = Origin.MODEL


class MetadataDraft(_Frozen):
    """A document's description as its own pages give it. A missing field was not found: nothing is guessed."""

    form: DocumentForm
    title: Finding | None = None
    authors: tuple[Finding, ...] = ()
    issuer: Finding | None = None
    """The body that issued an administrative document or a newspaper."""
    superior: Finding | None = None
    """The body above the issuer, where the heading names it."""
    number: Finding | None = None
    """Số, ký hiệu: `3063/KH-UBND`; begins with the slash where the number was left open."""
    date: Finding | None = None
    """ISO 8601 as far as it is written: `2021-08-27`, `2023-02`, `1962`."""
    place: Finding | None = None
    publisher: Finding | None = None
    signer: Finding | None = None
    document_type: Finding | None = None
    """A code of terms.yaml: `ke-hoach`, `quyet-dinh`, `sach`, …"""
    language: Finding | None = None
    """ISO 639-1 or, for Hán-Nôm, `zh`."""
    collection_class: Finding | None = None
    subjects: tuple[SubjectFinding, ...] = ()
    summary: Finding | None = None
    suggestions: tuple[Suggestion, ...] = ()
    """Of a language model, where one is set; a person takes or leaves each."""

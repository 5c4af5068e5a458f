"""Who may use a resource and until when, and whether a licence opens it to everybody. No I/O."""

from __future__ import annotations

import hashlib
from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from defusedxml import DefusedXmlException, ElementTree
from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.ingest.rights.facts import Uri
from services.ingest.rights.rights import licence_of
from shared.events.vocabulary import AccessLevel, LibraryId, ShortText
from shared.web.auth import Person

ResourceId = Annotated[str, Field(pattern=r"^e-[0-9a-f]{24}$")]
DC = "{http://purl.org/dc/elements/1.1/}"
OAI = "{http://www.openarchives.org/OAI/2.0/}"


class Use(StrEnum):
    """What a person may do with a resource today, and why not."""

    ALLOWED = "allowed"
    SIGN_IN = "sign-in"
    NOT_YOURS = "not-yours"
    NOT_YET = "not-yet"
    ENDED = "ended"


class Licence(BaseModel):
    """What was bought: whose readers may use it, from when until when, by which contract."""

    model_config = ConfigDict(extra="forbid")

    contract: Annotated[str, Field(min_length=1, max_length=100)]
    vendor: Annotated[str, Field(min_length=1, max_length=300)]
    libraries: Annotated[tuple[LibraryId, ...], Field(min_length=1, max_length=1000)]
    """Whose people may use it."""
    starts: date
    until: date
    """The last day."""

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.until < self.starts:
            raise ValueError("until lies before starts")
        return self


class ResourceForm(BaseModel):
    """A resource elsewhere: `licence` for one that was bought, `open_licence` for one that is open to everybody."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    url: Uri
    title: Annotated[str, Field(min_length=1, max_length=1000)]
    creators: Annotated[tuple[ShortText, ...], Field(max_length=50)] = ()
    date: Annotated[str, Field(max_length=50)] | None = None
    licence: Licence | None = None
    open_licence: Uri | None = None
    """URI of a Creative Commons licence or a rights statement."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.licence is None) == (self.open_licence is None):
            raise ValueError("give licence or open_licence, and not both")
        return self


def resource_id(library: str, url: str) -> str:
    """The same address in the same library is the same resource."""
    return "e-" + hashlib.sha256(f"{library}\n{url}".encode()).hexdigest()[:24]


def is_open(uri: str) -> bool:
    """Whether a licence, by its URI, lets everybody read; an unknown one does not."""
    licence = licence_of(uri)
    return licence is not None and licence["allowed"] == AccessLevel.PUBLIC


def use_of(resource: ResourceForm, person: Person | None, on: date) -> Use:
    """What the person may do on that day: access ends with the licence, without anybody doing anything."""
    licence = resource.licence
    if licence is None:
        return Use.ALLOWED
    if on > licence.until:
        return Use.ENDED
    if person is None:
        return Use.SIGN_IN
    if person.org not in licence.libraries:
        return Use.NOT_YOURS
    return Use.NOT_YET if on < licence.starts else Use.ALLOWED


def of_oai_record(body: bytes) -> ResourceForm:
    """An open resource from an OAI-PMH record in oai_dc, its licence the first known open one of dc:rights.

    Raises ValueError with a code: oai-unreadable, oai-deleted, oai-not-open. Source: OAI-PMH 2.0; DCMES 1.1.
    """
    try:
        root = ElementTree.fromstring(body, forbid_dtd=True)
    except (DefusedXmlException, ElementTree.ParseError, ValueError, LookupError) as error:
        raise ValueError("oai-unreadable") from error
    if any(header.get("status") == "deleted" for header in root.iter(f"{OAI}header")):
        raise ValueError("oai-deleted")
    values = {name: [(e.text or "").strip() for e in root.iter(DC + name)] for name in _DC_NAMES}
    licence = next((uri for uri in values["rights"] if is_open(uri)), None)
    if licence is None:
        raise ValueError("oai-not-open")
    url = next((one for one in values["identifier"] if one.startswith(("http://", "https://"))), "")
    title, creators, day = values["title"], values["creator"], values["date"]
    return ResourceForm(
        url=url,
        title=title[0] if title else "",
        creators=tuple(creators),
        date=day[0] if day else None,
        open_licence=licence,
    )


_DC_NAMES = ("title", "creator", "date", "identifier", "rights")

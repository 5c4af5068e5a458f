"""The union catalogue: contributions on topic `records-bulk`, clusters on `clusters` and `records-current`."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from shared.events.envelope import EventData
from shared.events.vocabulary import (
    AccessLevel,
    CollectionClass,
    Count,
    Identifier,
    LibraryId,
    Moment,
    ObjectRef,
    Value,
)
from shared.events.vocabulary import ShortText as Text

LongText = Annotated[str, Field(max_length=10_000)]
Texts = Annotated[tuple[Text, ...], Field(max_length=200)]


class Agent(Value):
    """A person or a body that has to do with an edition."""

    name: Text
    role: Text | None = None
    """A MARC relator code, as edt or trl; none for an author."""
    kind: Literal["person", "body"] = "person"


class HeldBy(Value):
    """A library that describes the edition."""

    library: LibraryId
    records: Count
    items: Count = 0
    """How many pieces its records name."""


class DigitisedCopy(Value):
    """A published digitised document of the edition, as anyone may see it."""

    record: Identifier
    library: LibraryId
    library_name: Text
    access_level: AccessLevel
    collection_class: CollectionClass
    pages: Annotated[int, Field(ge=0)]
    text: ObjectRef | None = None
    """Where the access level lets anyone read it."""
    published_at: Moment


class Heading(Value):
    """The heading of the authority file that a name or a subject of an edition stands under."""

    authority: Identifier
    kind: Literal["person", "body", "place", "subject"]
    part: Literal["creator", "subject"]
    """As what the edition bears the name."""
    name: Text
    variants: Texts = ()
    """Other names of the same, by which the edition is to be found as well."""


class ClusterView(Value):
    """What the records of an edition say together, as anyone may see it."""

    id: Identifier
    version: Annotated[int, Field(ge=1)]
    form: Annotated[str, Field(max_length=40)]
    """text, serial, map, score, sound, video, image, object, electronic or mixed."""
    title: Text
    parts: Texts = ()
    """Designations of volume or part with their names, as "2" or "2. Địa lý"."""
    statement: Text | None = None
    """Of responsibility, as the title page has it."""
    people: Annotated[tuple[Agent, ...], Field(max_length=200)] = ()
    edition: Text | None = None
    year: int | None = None
    places: Texts = ()
    publishers: Texts = ()
    extent: Text | None = None
    language: Annotated[str, Field(max_length=20)] | None = None
    """ISO 639-1 where there is one, else ISO 639-2."""
    isbns: Texts = ()
    issns: Texts = ()
    subjects: Texts = ()
    classes: Texts = ()
    """Dewey numbers."""
    series: Texts = ()
    summary: LongText | None = None
    urls: Texts = ()
    headings: Annotated[tuple[Heading, ...], Field(max_length=200)] = ()
    libraries: Annotated[tuple[HeldBy, ...], Field(max_length=2000)] = ()
    digitised: Annotated[tuple[DigitisedCopy, ...], Field(max_length=200)] = ()
    added_at: Moment
    """When the edition came into the union."""


class ClusterChanged(EventData):
    """State: the public view of a cluster as it is now, for readers such as search replicas; null = gone, or redirected
    to another. It shares its topic with `record.changed`: keys of clusters begin with `c-`.
    """

    name: ClassVar[str] = "cluster.changed"
    topic: ClassVar[str] = "records-current"
    cluster: ClusterView

    def subject(self) -> str:
        return self.cluster.id


class _OfContribution(EventData):
    topic: ClassVar[str] = "records-bulk"
    contribution: Identifier
    library: LibraryId
    source: Identifier
    cluster: Identifier

    def subject(self) -> str:
        return self.contribution


class RecordContributed(_OfContribution):
    """A library's record stands in the union as it came last: imported, harvested, or made from a digitised one."""

    name: ClassVar[str] = "record.contributed"


class RecordRetired(_OfContribution):
    """A library's record is no longer in the union; `cluster` is the one that it left."""

    name: ClassVar[str] = "record.retired"


class _OfCluster(EventData):
    topic: ClassVar[str] = "clusters"
    cluster: Identifier
    by: Text
    """The person who decided it, or `catalog` where the comparison did."""
    reason: Text | None = None

    def subject(self) -> str:
        return self.cluster


class ClusterMerged(_OfCluster):
    """Clusters turned out to be one edition; the ids of those absorbed lead to this one for ever."""

    name: ClassVar[str] = "cluster.merged"
    absorbed: Annotated[tuple[Identifier, ...], Field(min_length=1)]


class ClusterSplit(_OfCluster):
    """Some of its contributions describe other editions."""

    name: ClassVar[str] = "cluster.split"
    into: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    """The clusters in which those stand now."""


class ClusterPinned(_OfCluster):
    """A person decided for good whether two contributions describe one edition, or took such a decision back."""

    name: ClassVar[str] = "cluster.pinned"
    contributions: tuple[Identifier, Identifier]
    same: bool | None
    """None: the decision was taken back, and the comparison decides again."""

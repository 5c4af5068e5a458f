"""What a batch expects, and how what came compares with it."""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.ingest.content.judgement import STATE_SECRET, bears_mark
from services.ingest.documents.document import ItemName
from services.ingest.documents.refusal import Refused
from services.ingest.rescans.rescan import RescanDue
from shared.events.vocabulary import LibraryId, ShortText
from shared.vietnamese.secrecy import degree_in_title

MAX_ITEMS = 10_000


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class ExpectedItem(_Form):
    """A document that the batch is to hold."""

    item: ItemName
    """As the document will be called: its package's, folder's or first file's name, or its field `item`."""
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    """Of its one file, or of its package."""
    pages: Annotated[int, Field(ge=1, le=100_000)] | None = None
    title: ShortText | None = None


class Manifest(_Form):
    """A batch as it was ordered or is about to be delivered."""

    title: Annotated[str, Field(min_length=1, max_length=300)]
    library: LibraryId | None = None
    """The sender's own when left out."""
    items: Annotated[tuple[ExpectedItem, ...], Field(min_length=1, max_length=MAX_ITEMS)]


@dataclass(frozen=True)
class Arrived:
    """A document that came with a batch; pages None where it was refused."""

    item: str
    document: str
    accepted: bool
    pages: int | None = None
    read: bool = False
    published: bool = False
    digests: tuple[str, ...] = ()
    """SHA-256 of its files and of its package."""
    reason: str | None = None
    rescan: RescanDue | None = None
    replaced_by: str | None = None
    """A new scan that was handed in in its place."""


class BatchRescan(RescanDue):
    """A document of the batch of which pages must be scanned again."""

    item: str
    document: str


class Refusal(BaseModel):
    """An item that was refused and has not come since."""

    item: str
    document: str
    reason: str


class Progress(BaseModel):
    """How far a batch is. Every expected item is arrived, refused or missing; documents count once."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    expected: int
    arrived: int
    """Expected items with an accepted document."""
    refused: int
    read: int
    """Of those arrived: text recognised."""
    published: int
    complete: bool
    """Everything expected has arrived as it was announced, nothing else, and nothing must be scanned again."""
    missing: list[str]
    refusals: list[Refusal]
    extra: list[str]
    """Came with the batch, and no manifest names it."""
    differing: list[str]
    """Arrived with other pages or another SHA-256 than the manifest says."""
    repeated: list[str]
    """Arrived as more than one document; a new scan stands in the place of the old one."""
    rescans: list[BatchRescan]
    """What must be scanned again; a new scan names the document in its field `replaces`."""


def progress(expected: Sequence[ExpectedItem], came: Iterable[Arrived]) -> Progress:
    by_item: dict[str, list[Arrived]] = defaultdict(list)
    everything = list(came)
    for document in _present(everything):
        by_item[document.item].append(document)
    rescans = _rescans(everything)
    good = {item: [one for one in ones if one.accepted] for item, ones in by_item.items()}
    refusals = _refusals(expected, by_item, good)
    missing = [one.item for one in expected if one.item not in by_item]
    arrived = [one for one in expected if good.get(one.item)]
    extra = sorted(good.keys() - {one.item for one in expected})
    differing = [one.item for one in arrived if all(_differs(one, other) for other in good[one.item])]
    repeated = [one.item for one in arrived if len(good[one.item]) > 1]
    return Progress(
        expected=len(expected),
        arrived=len(arrived),
        refused=len(refusals),
        read=sum(any(other.read for other in good[one.item]) for one in arrived),
        published=sum(any(other.published for other in good[one.item]) for one in arrived),
        complete=not (missing or refusals or extra or differing or repeated or rescans),
        missing=missing,
        refusals=refusals,
        extra=extra,
        differing=differing,
        repeated=repeated,
        rescans=rescans,
    )


def _present(came: Sequence[Arrived]) -> list[Arrived]:
    """All but those in whose place a new scan was taken."""
    accepted = {one.document for one in came if one.accepted}
    return [one for one in came if one.replaced_by not in accepted]


def _rescans(came: Iterable[Arrived]) -> list[BatchRescan]:
    return [
        BatchRescan(item=one.item, document=one.document, **dict(one.rescan)) for one in came if one.rescan is not None
    ]


def _refusals(
    expected: Sequence[ExpectedItem], by_item: dict[str, list[Arrived]], good: dict[str, list[Arrived]]
) -> list[Refusal]:
    names = [one.item for one in expected if one.item in by_item and not good[one.item]]
    last = [by_item[name][-1] for name in names]
    return [Refusal(item=one.item, document=one.document, reason=one.reason or "") for one in last]


def _differs(expected: ExpectedItem, document: Arrived) -> bool:
    other_pages = expected.pages is not None and expected.pages != document.pages
    return other_pages or (expected.sha256 is not None and expected.sha256 not in document.digests)


def batch_id(library: str, manifest: Manifest) -> str:
    """The same manifest of the same library is the same batch."""
    items = sorted(item.model_dump_json() for item in manifest.items)
    return "b-" + hashlib.sha256("\n".join([library, manifest.title, *items]).encode()).hexdigest()[:24]


def check_items(manifest: Manifest, max_items: int) -> None:
    """Raise Refused where there are too many, one is named twice, or a name or title is marked as a state secret."""
    if len(manifest.items) > max_items:
        raise Refused("batch-too-many-items", status=413, allowed=max_items)
    twice = [name for name, count in Counter(item.item for item in manifest.items).items() if count > 1]
    if twice:
        raise Refused("batch-item-twice", item=twice[0])
    titles = (manifest.title, *(item.title or "" for item in manifest.items))
    if bears_mark(*(item.item for item in manifest.items)) or any(map(degree_in_title, titles)):
        raise Refused(STATE_SECRET)


def items_of_csv(body: bytes) -> tuple[ExpectedItem, ...]:
    """The items of a CSV file: UTF-8, a line of names (item, sha256, pages, title), commas or semicolons.

    Raises Refused with the line that is wrong.
    """
    lines = _csv_lines(body)
    items: list[ExpectedItem] = []
    for number, line in enumerate(lines, 2):
        cells = {name: cell.strip() for name, cell in line.items() if isinstance(cell, str) and cell.strip()}
        try:
            items.append(ExpectedItem.model_validate(cells))
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise Refused("batch-csv-line", line=number, what=f"{place}: {first['msg']}") from error
        if len(items) > MAX_ITEMS:
            raise Refused("batch-too-many-items", status=413, allowed=MAX_ITEMS)
    return tuple(items)


def _csv_lines(body: bytes) -> Iterable[dict[str, str | None]]:
    try:
        text = body.decode("utf-8-sig")
        head = text.partition("\n")[0]
        reader = csv.DictReader(io.StringIO(text), delimiter=";" if ";" in head else ",", restkey="?", strict=True)
        lines = [line for line in reader if any(line.values())]
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refused("batch-csv-broken", what=str(error)[:200]) from error
    if any("?" in line for line in lines):
        raise Refused("batch-csv-broken", what="a line has more cells than the first")
    return lines

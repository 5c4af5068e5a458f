"""A library's record as it comes into the union. No I/O."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

import bson
import orjson
import pymarc
import yaml

from services.catalog.authorities.linking import Mention, lives_of, mentions_of
from services.catalog.formats import as_kept
from services.catalog.holdings.items import count_items
from services.catalog.identity import Description, Row, describe
from services.catalog.matching import keys_of

MEDIUM_TRUST = 3
"""Of 1 to 5."""
UNDATED = "9999"
_NOT_IDENTIFYING = ("summary", "urls", "subjects", "classes")
_ENTERED = re.compile(r"\d{6}")
_FIRST_YEAR_OF_MARC = 66
"""MARC began in 1966: a two-digit year before it is one of this century."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where contributions come from. trust: 1 (least) to 5."""

    source: str
    library: str
    trust: int = MEDIUM_TRUST


@dataclass(frozen=True, slots=True)
class Seen:
    """Which import came upon the record last, and where in its file."""

    run: str
    position: int


@dataclass(frozen=True)
class Contribution:
    """One record, taken apart outside of any transaction, often by another process: small, and quick to hand over.

    marc: as `formats.as_kept` has it; digest: of it; described: the description as MongoDB keeps it, in BSON;
    fingerprint: of what tells its edition, equal for records that copy each other; keys: see `key_of`; entered: when it
    was first typed (008/00-05), ISO 8601; items: pieces that it names; mentions: whom and what it names; digitised: the
    fields of a DigitisedCopy, where it describes a published document of our own.
    """

    id: str
    origin: Origin
    local_id: str
    marc: bytes
    digest: str
    described: bytes
    fingerprint: str
    keys: tuple[int, ...]
    fullness: int
    entered: str
    items: int
    mentions: Sequence[Mention]
    datestamp: datetime | None = None
    digitised: Row | None = None
    seen: Seen | None = None

    @cached_property
    def description(self) -> Description:
        return Description.of_row(bson.decode(self.described))


def contribution_of(
    origin: Origin,
    local_id: str,
    record: pymarc.Record,
    *,
    datestamp: datetime | None = None,
    digitised: Row | None = None,
    seen: Seen | None = None,
) -> Contribution:
    """Take a record in. Raises Unwritable where it is too long to be kept."""
    marc = as_kept(record)
    description, mentions = described(record)
    row = description.as_row()
    said = marc if digitised is None else marc + orjson.dumps(digitised, option=orjson.OPT_SORT_KEYS)
    tags = {field.tag for field in record.fields}
    return Contribution(
        id=contribution_id(origin.source, local_id),
        origin=origin,
        local_id=local_id,
        marc=marc,
        digest=_digest(said),
        described=bson.encode(row),
        fingerprint=fingerprint_of(row),
        keys=tuple(key_of(key) for key in keys_of(description)),
        fullness=sum(_fullness().get(tag, 0) for tag in tags),
        entered=entered_of(record),
        items=count_items(record),
        mentions=mentions,
        datestamp=datestamp,
        digitised=digitised,
        seen=seen,
    )


def described(record: pymarc.Record) -> tuple[Description, Sequence[Mention]]:
    """What the record says of its edition, and whom and what it names."""
    description = describe(record)
    return description, mentions_of(description, lives_of(record))


def contribution_id(source: str, local_id: str) -> str:
    return "b-" + _digest(f"{source}\n{local_id}".encode())


def cluster_id(founder: str) -> str:
    """The id of the cluster that a contribution founded."""
    return "c-" + _digest(founder.encode())


def key_of(key: str) -> int:
    """A blocking key as it is indexed: 64 bits of its hash, for titles would fill the memory. Two keys that fall
    together only make two descriptions be compared in vain.
    """
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), signed=True)


def fingerprint_of(description: Mapping[str, Any]) -> str:
    """Equal for descriptions that say the same of their edition; subjects, classes, summary and links say nothing."""
    identifying = {name: value for name, value in description.items() if name not in _NOT_IDENTIFYING}
    return _digest(orjson.dumps(identifying))


def entered_of(record: pymarc.Record) -> str:
    """The date entered on file, or what sorts behind every date."""
    field = record.get("008")
    found = _ENTERED.match(field.data or "") if field else None
    if not found:
        return UNDATED
    century = "19" if int(found[0][:2]) >= _FIRST_YEAR_OF_MARC else "20"
    return f"{century}{found[0][:2]}-{found[0][2:4]}-{found[0][4:]}"


def _digest(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=12).hexdigest()


@cache
def merge_rules() -> Mapping[str, Any]:
    """`merge.yaml`."""
    loaded: dict[str, Any] = yaml.safe_load(
        files("services.catalog.union").joinpath("merge.yaml").read_text(encoding="utf-8")
    )
    return loaded


@cache
def _fullness() -> Mapping[str, int]:
    points: dict[str, int] = merge_rules()["fullness"]
    return points

"""A library's record as it comes into the union. No I/O."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

import orjson
import pymarc
import yaml

from services.catalog.formats import as_marc21
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


@dataclass(frozen=True, slots=True)
class Contribution:
    """One record, taken apart outside of any transaction.

    marc: ISO 2709, UTF-8; digest: of it; fingerprint: of what tells its edition, equal for records that copy each
    other; entered: when it was first typed (008/00-05), ISO 8601; items: pieces that it names; digitised: the fields of
    a DigitisedCopy, where it describes a published document of our own.
    """

    id: str
    origin: Origin
    local_id: str
    record: pymarc.Record
    marc: bytes
    digest: str
    description: Description
    description_row: Row
    fingerprint: str
    keys: tuple[str, ...]
    fullness: int
    entered: str
    items: int
    datestamp: datetime | None = None
    digitised: Row | None = None
    seen: Seen | None = None


def contribution_of(
    origin: Origin,
    local_id: str,
    record: pymarc.Record,
    *,
    datestamp: datetime | None = None,
    digitised: Row | None = None,
    seen: Seen | None = None,
) -> Contribution:
    """Take a record in. Raises Unwritable where ISO 2709 cannot hold it."""
    marc = as_marc21(record)
    description = describe(record)
    row = description.as_row()
    said = marc if digitised is None else marc + orjson.dumps(digitised, option=orjson.OPT_SORT_KEYS)
    tags = {field.tag for field in record.fields}
    return Contribution(
        id=contribution_id(origin.source, local_id),
        origin=origin,
        local_id=local_id,
        record=record,
        marc=marc,
        digest=_digest(said),
        description=description,
        description_row=row,
        fingerprint=fingerprint_of(row),
        keys=keys_of(description),
        fullness=sum(points for tag, points in _fullness().items() if tag in tags),
        entered=entered_of(record),
        items=count_items(record),
        datestamp=datestamp,
        digitised=digitised,
        seen=seen,
    )


def contribution_id(source: str, local_id: str) -> str:
    return "b-" + _digest(f"{source}\n{local_id}".encode())


def cluster_id(founder: str) -> str:
    """The id of the cluster that a contribution founded."""
    return "c-" + _digest(founder.encode())


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

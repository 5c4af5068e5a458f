"""The merged record of a cluster, and which of its fields came from another record than the survivor's. No I/O."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import itemgetter

import pymarc

from services.catalog.formats import as_kept
from services.catalog.formats.iso2709 import END_OF_FIELD, END_OF_RECORD, ENTRY, LEADER, LONGEST_RECORD
from services.catalog.formats.keeping import is_iso2709
from services.catalog.union.contribution import merge_rules
from services.catalog.union.grouping import Group, Member

Provenance = dict[str, list[str]]
"""Tag -> the contributions that gave fields of it beside, or instead of, the survivor."""
Records = Sequence[tuple[str, pymarc.Record]]
"""Of a cluster, as (contribution, record), the survivor first."""
_FIXED = {b"006", b"007", b"008"}
_FRAME_BYTES = 500
"""As many as a frame may add to a record, and more."""
_DROPPED_FROM_KEY = str.maketrans("", "", " -.,;:/[]()")


def looked_at(group: Group) -> list[Member]:
    """The members whose records are merged: the survivor first, of those that describe alike the best one."""
    found: dict[str, Member] = {}
    for member in group.ranked:
        found.setdefault(member.fingerprint, member)
    return list(found.values())[: merge_rules()["looked_at"]]


@dataclass(frozen=True, slots=True)
class Merged:
    """One record out of those of a cluster; marc: as `formats.as_kept` has it."""

    record: pymarc.Record
    marc: bytes
    provenance: Provenance


def merge(cluster: str, at: datetime, records: Records) -> Merged:
    """Where ISO 2709 cannot hold what they say together, fewer records are merged; the survivor alone may be longer."""
    for count in range(len(records), 1, -1):
        record, provenance = _together(cluster, at, records[:count])
        if is_iso2709(marc := as_kept(record)):
            return Merged(record, marc, provenance)
    alone, _ = _together(cluster, at, records[:1])
    return Merged(alone, as_kept(alone), {})


def has_room(marc: bytes) -> bool:
    """Whether the record is kept in ISO 2709, which surely holds it with its frame, too."""
    return is_iso2709(marc) and len(marc) + _FRAME_BYTES < LONGEST_RECORD


def framed_alone(cluster: str, at: datetime, marc: bytes) -> bytes:
    """What `merge` gives of one record, from its bytes: most clusters have one, and taking it apart costs much."""
    base = int(marc[12:17])
    fields = [_frame(b"001", cluster), _frame(b"003", merge_rules()["organisation"]), _frame(b"005", _moment(at))]
    own: list[tuple[bytes, bytes]] = []
    for place in range(LEADER, base - 1, ENTRY):
        tag, start = marc[place : place + 3], base + int(marc[place + 7 : place + 12])
        if tag in _FIXED or not is_local(tag.decode()):
            own.append((tag, marc[start : start + int(marc[place + 3 : place + 7])]))
    fields += sorted(own, key=itemgetter(0))
    directory, offset = [], 0
    for tag, data in fields:
        directory.append(b"%b%04d%05d" % (tag, len(data), offset))
        offset += len(data)
    begins = LEADER + ENTRY * len(fields) + 1
    leader = b"%05d%b%05d%b" % (begins + offset + 1, marc[5:12], begins, marc[17:LEADER])
    return b"".join((leader, *directory, END_OF_FIELD, *(data for _, data in fields), END_OF_RECORD))


def _together(cluster: str, at: datetime, records: Records) -> tuple[pymarc.Record, Provenance]:
    provenance: Provenance = defaultdict(list)
    fields = [field for field in records[0][1].fields if not is_local(field.tag)]
    for contribution, record in records[1:]:
        _add(fields, [field for field in record.fields if not is_local(field.tag)], contribution, provenance)
    return _framed(cluster, at, records[0][1], fields), dict(provenance)


def _add(fields: list[pymarc.Field], others: Sequence[pymarc.Field], contribution: str, provenance: Provenance) -> None:
    has = {field.tag for field in fields}
    said = {_key(field) for field in fields if field.tag in _united()}
    for field in others:
        if field.tag in _united():
            if (key := _key(field)) in said:
                continue
            said.add(key)
        elif field.tag not in _groups() or has & _groups()[field.tag]:
            continue
        fields.append(field)
        if contribution not in provenance[field.tag]:
            provenance[field.tag].append(contribution)


def _framed(cluster: str, at: datetime, survivor: pymarc.Record, fields: Iterable[pymarc.Field]) -> pymarc.Record:
    record = pymarc.Record(leader=str(survivor.leader), force_utf8=True)
    fixed = [one for one in survivor.fields if one.tag.encode() in _FIXED]
    record.fields = [
        pymarc.Field("001", data=cluster),
        pymarc.Field("003", data=merge_rules()["organisation"]),
        pymarc.Field("005", data=_moment(at)),
        *fixed,
        *sorted(fields, key=lambda field: field.tag),
    ]
    return record


def _frame(tag: bytes, text: str) -> tuple[bytes, bytes]:
    return tag, text.encode() + END_OF_FIELD


def _moment(at: datetime) -> str:
    return f"{at:%Y%m%d%H%M%S}.0"


def _key(field: pymarc.Field) -> tuple[str, str]:
    """What makes two fields say the same."""
    text = "".join(subfield.value for subfield in field.subfields if subfield.code in "abcvxyzu")
    return field.tag, text.translate(_DROPPED_FROM_KEY).casefold()


@cache
def is_local(tag: str) -> bool:
    """Whether a field is the library's own business."""
    exact, beginnings = _local()
    return tag in exact or tag.startswith(beginnings)


@cache
def _local() -> tuple[frozenset[str], tuple[str, ...]]:
    rules: list[str] = merge_rules()["local"]
    exact = frozenset(tag for tag in rules if not tag.endswith("x"))
    return exact, tuple(tag.rstrip("x") for tag in rules if tag.endswith("x"))


@cache
def _united() -> frozenset[str]:
    return frozenset(merge_rules()["united"])


@cache
def _groups() -> Mapping[str, frozenset[str]]:
    return {tag: frozenset(group) for group in merge_rules()["filled"] for tag in group}

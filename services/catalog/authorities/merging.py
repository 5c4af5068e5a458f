"""What a heading takes over from one that ends in it, and how that is taken back. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pymarc
from pymarc import Field

from services.catalog.authorities.authority import Authority, form_of
from services.catalog.authorities.marc import HEADINGS, authority_of, is_tracing, key_of, name_of

TAKEN_OVER = frozenset(["024", "035", "082", "083", "670"])


def joined(kept: pymarc.Record, ended: pymarc.Record) -> tuple[pymarc.Record, list[str]]:
    """The kept record with what the other says beside it, and the fields that are new in it, as `written_field`."""
    own = authority_of(kept)
    said, forms = {key_of(field) for field in kept.fields}, _forms(own)
    added: list[Field] = []
    for field in _offered(ended):
        if key_of(field) in said or (is_tracing(field, "4") and _form(own, field) in forms):
            continue
        said.add(key_of(field))
        added.append(field)
    record = _with_fields(kept, [*kept.fields, *added])
    return record, [written_field(field) for field in added]


def parted(kept: pymarc.Record, added: Sequence[str]) -> pymarc.Record:
    """The record without what a merge added to it; what was changed since stays."""
    gone = set(added)
    return _with_fields(kept, [field for field in kept.fields if written_field(field) not in gone])


def written_field(field: pymarc.Field) -> str:
    return str(field)


def _offered(ended: pymarc.Record) -> Iterator[pymarc.Field]:
    for field in ended.fields:
        if field.tag in HEADINGS:
            yield Field(f"4{field.tag[1:]}", field.indicators, list(field.subfields))
        elif is_tracing(field, "4") or is_tracing(field, "5") or field.tag in TAKEN_OVER:
            yield field


def _forms(authority: Authority) -> set[str]:
    return {form_of(authority.kind, name.name).exact + name.dates for name in authority.names}


def _form(kept: Authority, field: pymarc.Field) -> str:
    name = name_of(field)
    return form_of(kept.kind, name.name).exact + name.dates if name else ""


def _with_fields(record: pymarc.Record, fields: Iterable[pymarc.Field]) -> pymarc.Record:
    made = pymarc.Record(leader=str(record.leader), force_utf8=True)
    made.fields = sorted(fields, key=lambda field: field.tag)
    return made

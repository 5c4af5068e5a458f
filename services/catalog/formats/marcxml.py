"""MARCXML (MARC21slim of the Library of Congress), with or without namespace, also inside OAI-PMH answers."""

from collections.abc import Iterator
from typing import BinaryIO
from xml.sax.saxutils import escape, quoteattr

import pymarc
from lxml import etree

from services.catalog.formats.assembly import EMPTY_LEADER, FIELD, SHOWN, SUBFIELD, Draft, written_leader
from services.catalog.formats.cutting import Piece
from services.catalog.formats.found import Fault, FaultCode, Severity
from services.catalog.formats.markup import (
    Cutter,
    declared_encoding,
    element_of,
    header_fault,
    local_name,
    text_in,
    without_forbidden,
)

NAMESPACE = "http://www.loc.gov/MARC21/slim"
_RECORDS = Cutter(("record",), loose=("datafield", "controlfield"))


def records(stream: BinaryIO, start_at: int = 0) -> Iterator[tuple[Piece, Draft | Fault]]:
    """Yield each `record` element with what it says."""
    encoding = declared_encoding(stream)
    for piece in _RECORDS.pieces(stream, start_at):
        yield piece, decode(piece, encoding)


def decode(piece: Piece, encoding: str = "utf-8") -> Draft | Fault:
    """Return the leader, tags and text of one `record` element, or why it is none."""
    element = element_of(piece, encoding)
    if element.root is None:
        return Fault(FaultCode.UNREADABLE, Severity.LOST, "", element.faults[-1].detail)
    draft = draft_of(element.root)
    draft.faults[:0] = element.faults
    draft.damaged = element.damaged
    if not draft.tags and (fault := header_fault(element.root)):
        return fault
    return draft


def draft_of(record: etree._Element) -> Draft:
    """Read the fields of a `record` element."""
    draft = Draft(EMPTY_LEADER, [], "")
    tags: list[str] = []
    fields: list[str] = []
    for child in record:
        name = local_name(str(child.tag))
        if name == "datafield":
            tags.append(child.get("tag", ""))
            fields.append(_data_field(child))
        elif name == "controlfield":
            tags.append(child.get("tag", ""))
            fields.append(child.text or "")
        elif name == "leader":
            draft.leader = child.text or ""
        elif text := text_in(child):
            draft.faults.append(Fault(FaultCode.UNMAPPED, Severity.LOST, name, text[:SHOWN]))
    draft.tags = tags
    draft.text = FIELD.join(fields)
    return draft


def _data_field(field: etree._Element) -> str:
    indicators = (field.get("ind1") or " ") + (field.get("ind2") or " ")
    return indicators + "".join(f"{SUBFIELD}{child.get('code') or ' '}{text_in(child)}" for child in field)


def encode(record: pymarc.Record) -> bytes:
    """Return one `record` element in the order that MARC21slim.xsd asks for: leader, control fields, data fields."""
    control = [_written_control(field) for field in record.fields if field.control_field]
    data = [_written_data(field) for field in record.fields if not field.control_field]
    leader = f'<record xmlns="{NAMESPACE}"><leader>{written_leader(record)}</leader>'
    return "".join((leader, *control, *data, "</record>")).encode()


def _written_control(field: pymarc.Field) -> str:
    return f'<controlfield tag="{field.tag}">{escape(without_forbidden(field.data or ""))}</controlfield>'


def _written_data(field: pymarc.Field) -> str:
    one, two = field.indicators or "  "
    parts = [
        f"<subfield code={quoteattr(part.code)}>{escape(without_forbidden(part.value))}</subfield>"
        for part in field.subfields
    ]
    return f'<datafield tag="{field.tag}" ind1="{one}" ind2="{two}">{"".join(parts)}</datafield>'

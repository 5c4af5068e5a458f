"""From the text of fields to a record: every reader ends here, so letters, tags and codes are judged in one place.

A reader gives the text of a whole record in the shape of ISO 2709: fields parted by U+001E; in a data field two
indicators, then U+001F, the code and the value of each subfield.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pymarc
from pymarc import Field, Indicators, Subfield

from services.catalog.formats.content import content_faults
from services.catalog.formats.encodings import modernised
from services.catalog.formats.found import Fault, FaultCode, Severity
from services.catalog.formats.limits import LIMITS
from services.catalog.formats.marc8 import UNKNOWN

FIELD = "\x1e"
SUBFIELD = "\x1f"
LONGEST_ISO_2709 = 99_999
SHOWN = 200  # characters of what is lost that a fault quotes

# All that XML 1.0 forbids, and what stands for layout or for sorting; no part of a text.
_CONTROL = re.compile("[\x00-\x1d\x7f-\x9f\ufeff\ufffe\uffff]")
_SORTING = re.compile("[\x88\x89\x98\x9c]")
_LAYOUT = re.compile("[\t\r\n]+")
_LOOSE_MARK = re.compile(f"({SUBFIELD}[!-~])([\u0300-\u036f])")
# What MARC21slim.xsd allows.
_TAG = re.compile("00[1-9]|0[1-9A-Z][0-9A-Z]|0[1-9a-z][0-9a-z]|[1-9A-Z][0-9A-Z]{2}|[1-9a-z][0-9a-z]{2}")
_CODES = frozenset(map(chr, range(0x21, 0x7F))) - {"@", "|"}
_INDICATOR = "0123456789abcdefghijklmnopqrstuvwxyz "
_INDICATORS = {one + two: Indicators(one, two) for one in _INDICATOR for two in _INDICATOR}
_NO_SIGN = re.compile("[^0-9A-Za-z ]")
_KINDS = frozenset("abcdefghijkmnoprt")
_OTHER_KINDS = frozenset("quvwxyz")  # holdings, authorities, classification, community information
NO_STRUCTURE = dict.fromkeys((0x1D, 0x1E, 0x1F), " ")
"""For str.translate: signs that ISO 2709 would take for its own."""
EMPTY_LEADER = "00000nam a2200000   4500"


@dataclass(slots=True)
class Draft:
    """A record on its way: leader (24 characters), a tag for each field of `text`, and what was found wrong so far.

    `damaged`: whether undecodable bytes already stand in `text` as U+FFFD.
    """

    leader: str
    tags: Sequence[str]
    text: str
    faults: list[Fault] = field(default_factory=list)
    damaged: bool = False


def assemble(draft: Draft) -> tuple[pymarc.Record | None, tuple[Fault, ...]]:
    """Make the record, in NFC, with the leader of Unicode; None where nothing is left of it."""
    text = _cleaned(draft)
    fields = list(_fields(draft, text.split(FIELD) if draft.tags else []))
    if not fields:
        draft.faults.append(Fault(FaultCode.NO_FIELDS, Severity.LOST))
        return None, told(draft.faults)
    record = pymarc.Record(fields=fields, leader=_leader(draft))
    if len(text) * 3 > LONGEST_ISO_2709 and len(text.encode()) + 12 * len(fields) + 26 > LONGEST_ISO_2709:
        draft.faults.append(Fault(FaultCode.TOO_LARGE, Severity.NOTE, "", f"> {LONGEST_ISO_2709}"))
    draft.faults += content_faults(record)
    return record, told(draft.faults)


def told(faults: Sequence[Fault]) -> tuple[Fault, ...]:
    """The faults that are told of one record: those beyond the limit become one that counts them."""
    if len(faults) <= LIMITS.faults:
        return tuple(faults)
    rest = faults[LIMITS.faults :]
    worst = Severity.LOST if any(fault.severity == Severity.LOST for fault in rest) else rest[0].severity
    return (*faults[: LIMITS.faults], Fault(FaultCode.MORE_FAULTS, worst, "", str(len(rest))))


def _cleaned(draft: Draft) -> str:
    text = draft.text
    if text.isascii():
        return text if _CONTROL.search(text) is None else _without_control(draft, text)
    if not unicodedata.is_normalized("NFC", text):
        # A mark that opens a subfield must not be taken for one on the letter that names it.
        text = unicodedata.normalize("NFC", _LOOSE_MARK.sub(r"\1 \2", text))
    text, faults = modernised(text)
    draft.faults += faults
    if _CONTROL.search(text):
        text = _without_control(draft, text)
    if UNKNOWN in text:
        _tell_unknown(draft, text)
    return text


def _without_control(draft: Draft, text: str) -> str:
    text = _LAYOUT.sub(" ", _SORTING.sub("", text))
    pieces = text.split(FIELD)
    for tag, piece in zip(draft.tags, pieces, strict=False):
        found = _CONTROL.findall(piece.replace(SUBFIELD, ""))
        if found:
            signs = " ".join(f"U+{ord(sign):04X}" for sign in dict.fromkeys(found))
            draft.faults.append(Fault(FaultCode.CONTROL_CHARACTERS, Severity.REPAIRED, tag, signs))
    return _CONTROL.sub("", text)


def _tell_unknown(draft: Draft, text: str) -> None:
    severity = Severity.LOST if draft.damaged else Severity.NOTE
    draft.faults += [
        Fault(FaultCode.BAD_BYTES, severity, tag, piece[2:][:SHOWN])
        for tag, piece in zip(draft.tags, text.split(FIELD), strict=False)
        if UNKNOWN in piece
    ]


def written_leader(record: pymarc.Record) -> str:
    """The leader with the lengths 0, as every writer starts from; what it says of letters is Unicode.

    Letters, digits and blanks alone, as MARC21slim.xsd has it: "#" and "-" stand for a blank in handbooks.
    """
    given = _NO_SIGN.sub(" ", str(record.leader).ljust(24))
    kind = given[6] if given[6] != " " else "a"
    return f"00000{given[5]}{kind}{given[7:9]}a2200000{given[17:20]}4500"


def _leader(draft: Draft) -> str:
    given = draft.leader
    kind = given[6:7]
    if kind in _OTHER_KINDS:
        draft.faults.append(Fault(FaultCode.NOT_BIBLIOGRAPHIC, Severity.NOTE, "LDR", kind))
    elif kind not in _KINDS or len(given) != len(EMPTY_LEADER) or not (given.isascii() and given.isprintable()):
        draft.faults.append(Fault(FaultCode.LEADER, Severity.REPAIRED, "LDR", given[:SHOWN]))
        signs = "".join(sign if " " <= sign <= "~" else " " for sign in given).ljust(24)
        given = signs[:6] + (kind if kind in _KINDS else "a") + signs[7:24]
    return f"00000{given[5:9]}a2200000{given[17:20]}4500"


def _fields(draft: Draft, pieces: Sequence[str]) -> Iterator[Field]:
    tags = draft.tags
    if len(tags) > LIMITS.fields:
        lost = f"{len(tags)} > {LIMITS.fields}"
        draft.faults.append(Fault(FaultCode.TOO_MANY_FIELDS, Severity.LOST, "", lost))
        tags, pieces = tags[: LIMITS.fields], pieces[: LIMITS.fields]
    for tag, piece in zip(tags, pieces, strict=True):
        if len(piece) > LIMITS.field_bytes:
            draft.faults.append(Fault(FaultCode.TOO_LARGE, Severity.LOST, tag, piece[:SHOWN]))
        elif "010" <= tag <= "999" and tag.isdigit() and (made := _plain_field(tag, piece)):
            yield made
        elif mended := _mended_field(draft, tag, piece):
            yield mended


def _plain_field(tag: str, piece: str) -> Field | None:
    """The field, where nothing is wrong with it."""
    indicators, *parts = piece.split(SUBFIELD)
    known = _INDICATORS.get(indicators)
    subfields = [Subfield(part[0], part[1:]) for part in parts if len(part) > 1 and part[0] in _CODES]
    if known is None or len(subfields) != len(parts) or not parts:
        return None
    return Field(tag, known, subfields)


def _mended_field(draft: Draft, tag: str, piece: str) -> Field | None:
    """A control field, or a field with something wrong, which is told."""
    content = piece.replace(SUBFIELD, " ").strip()
    if not _TAG.fullmatch(tag):
        draft.faults.append(Fault(FaultCode.TAG, Severity.LOST, tag, content[:SHOWN]))
        return None
    if not content:
        draft.faults.append(Fault(FaultCode.EMPTY_FIELD, Severity.NOTE, tag))
        return None
    if tag < "010" and tag.isdigit():
        return _control_field(draft, tag, piece)
    indicators, *parts = piece.split(SUBFIELD)
    if not parts:
        indicators, parts = _without_subfields(indicators)
        draft.faults.append(Fault(FaultCode.SUBFIELDS, Severity.REPAIRED, tag, content[:SHOWN]))
    known = _INDICATORS.get(indicators) or _mended_indicators(draft, tag, indicators)
    subfields = [_subfield(draft, tag, part) for part in parts if part[1:].strip()]
    if not subfields:
        draft.faults.append(Fault(FaultCode.EMPTY_FIELD, Severity.NOTE, tag))
        return None
    return Field(tag, known, subfields)


def _control_field(draft: Draft, tag: str, piece: str) -> Field:
    if SUBFIELD not in piece:
        return Field(tag, data=piece)
    data = " ".join(part[1:] for part in piece.split(SUBFIELD)[1:])
    draft.faults.append(Fault(FaultCode.SUBFIELDS, Severity.REPAIRED, tag, data[:SHOWN]))
    return Field(tag, data=data)


def _without_subfields(content: str) -> tuple[str, list[str]]:
    """Indicators and subfields of a field that is bare text."""
    if content[:2] in _INDICATORS and not content[:2].isalpha() and len(content) > 2:
        return content[:2], ["a" + content[2:]]
    return "  ", ["a" + content]


def _mended_indicators(draft: Draft, tag: str, indicators: str) -> Indicators:
    draft.faults.append(Fault(FaultCode.INDICATORS, Severity.REPAIRED, tag, indicators[:SHOWN]))
    return Indicators(*(sign if sign in _INDICATOR else " " for sign in indicators[:2].ljust(2)))


def _subfield(draft: Draft, tag: str, part: str) -> Subfield:
    if part[0] in _CODES:
        return Subfield(part[0], part[1:])
    draft.faults.append(Fault(FaultCode.SUBFIELDS, Severity.REPAIRED, tag, part[:SHOWN]))
    sign, text = part[0], part[1:]
    if sign.isascii():
        return Subfield("a", text.strip())
    if not sign.isalpha() and text[0] in _CODES and len(text) > 1:
        return Subfield(text[0], text[1:])
    return Subfield("a", part)

"""ISO 2709, the exchange format of MARC: records cut out of a stream, and out of each its leader, tags and fields.

Sources: ISO 2709:2008; Library of Congress, MARC 21 Record Structure.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import BinaryIO

import pymarc

from services.catalog.formats.assembly import FIELD, NO_STRUCTURE, SHOWN, SUBFIELD, Draft, written_leader
from services.catalog.formats.cutting import BLOCK, Piece, Window
from services.catalog.formats.encodings import decoder_of
from services.catalog.formats.found import Fault, FaultCode, Severity, Unwritable
from services.catalog.formats.limits import LIMITS

END_OF_RECORD = b"\x1d"
_END = END_OF_RECORD[0]
END_OF_FIELD = b"\x1e"
LEADER = 24
ENTRY = 12
LONGEST_RECORD = 99_999
LONGEST_FIELD = 9_999
_BETWEEN = b"\r\n\t \x00\x1a\xef\xbb\xbf"
# A leader in the middle of other bytes: it has letters where a directory has digits.
_LEADER = re.compile(rb"\d{5}[ a-z][ a-z]{2}[ -~]{2}22\d{5}[ -~]{3}45[ -~]{2}(?=[0-9A-Za-z]{3}\d{9})")
_DIRECTORY = re.compile(rb"((?:[0-9A-Za-z]{3}\d{9})+)\x1e")


def pieces(stream: BinaryIO, start_at: int = 0) -> Iterator[Piece]:
    """Cut the stream into records. Where a length is wrong, a record ends with the next end-of-record sign, or before
    the next leader; what stands between records is a piece of its own.
    """
    window = Window(stream, start_at)
    while window.ensure(1):
        while window.ensure(1) and window.data[window.place] in _BETWEEN:
            window.place += 1
        size = _stated_size(window)
        if size:
            position, data = window.take(size)
            yield Piece(position, position + size, data)
        elif window.ensure(1):
            yield from _resynchronised(window)


def _stated_size(window: Window) -> int:
    """How long the next record is, if it is as long as it says; else 0."""
    window.ensure(LEADER)
    head = window.data[window.place : window.place + 5]
    size = int(head) if len(head) == 5 and head.isdigit() else 0
    if size <= LEADER or window.ensure(size) < size:
        return 0
    data, start = window.data, window.place
    end = data.find(END_OF_RECORD, start, start + size)
    if end == start + size - 1:
        return size
    # An end-of-record sign within a field, or the next record: its leader tells.
    whole = data[start + size - 1] == _END and not _LEADER.search(data, end + 1, start + size)
    return size if whole and end >= 0 else 0


def _resynchronised(window: Window) -> Iterator[Piece]:
    found = window.find(END_OF_RECORD)
    if found < 0 and not window.ended:
        yield _skipped(window)
        return
    position, data = window.take(found + 1 if found >= 0 else len(window.data) - window.place)
    starts = [0, *(leader.start() for leader in _LEADER.finditer(data, 1)), len(data)]
    for start, end in pairwise(starts):
        part = data[start:end]
        yield Piece(position + start, position + end, part, tuple(_frame_faults(part)))


def _skipped(window: Window) -> Piece:
    """More bytes without an end of record than a record may have, up to that end."""
    position, data = window.take(LIMITS.record_bytes)
    while window.ensure(1) and (found := window.find(END_OF_RECORD)) < 0:
        window.take(LIMITS.record_bytes)
    if window.ensure(1):
        window.take(found + 1)
    end = window.base + window.place
    fault = Fault(FaultCode.TOO_LARGE, Severity.LOST, "", f"{end - position} > {LIMITS.record_bytes}")
    return Piece(position, end, data[:BLOCK], (fault,))


def _frame_faults(data: bytes) -> Iterator[Fault]:
    if data[-1] != _END:
        yield Fault(FaultCode.TRUNCATED, Severity.LOST, "", str(len(data)))
    elif data[:5] != b"%05d" % len(data):
        stated = data[:5].decode("ascii", "replace")
        yield Fault(FaultCode.RECORD_LENGTH, Severity.REPAIRED, "LDR", f"{stated} / {len(data)}")


def decode(piece: Piece) -> Draft | Fault:
    """Return the leader, tags and text of a record, or why the piece is none."""
    data = piece.data
    framed = _DIRECTORY.match(data, LEADER)
    if framed is None or data[12:17] != b"%05d" % framed.end():
        return _decode_unframed(piece)
    body = data[framed.end() :]
    directory = framed[1].decode("ascii")
    tags = [directory[place : place + 3] for place in range(0, len(directory), ENTRY)]
    if body[-2:] == b"\x1e\x1d" and _in_order(framed[1], body):
        return _draft(piece, tags, body[:-2])
    return _decode_by_directory(piece, directory, body)


def encode(record: pymarc.Record) -> bytes:
    """Return the record in UTF-8; raises Unwritable where it or a field is longer than the format can say."""
    directory: list[bytes] = []
    fields: list[bytes] = []
    offset = 0
    for field in record.fields:
        data = _field_bytes(field)
        if len(data) > LONGEST_FIELD or offset > LONGEST_RECORD:
            raise Unwritable(Fault(FaultCode.TOO_LARGE, Severity.LOST, field.tag, f"{len(data)} > {LONGEST_FIELD}"))
        directory.append(b"%b%04d%05d" % (field.tag.encode("ascii"), len(data), offset))
        fields.append(data)
        offset += len(data)
    base = LEADER + ENTRY * len(fields) + 1
    size = base + offset + 1
    if size > LONGEST_RECORD:
        raise Unwritable(Fault(FaultCode.TOO_LARGE, Severity.LOST, "", f"{size} > {LONGEST_RECORD}"))
    given = written_leader(record)
    leader = f"{size:05d}{given[5:12]}{base:05d}{given[17:]}".encode("ascii")
    return b"".join((leader, *directory, END_OF_FIELD, *fields, END_OF_RECORD))


def _field_bytes(field: pymarc.Field) -> bytes:
    if field.control_field:
        text = (field.data or "").translate(NO_STRUCTURE)
    else:
        parts = [f"{SUBFIELD}{part.code}{part.value.translate(NO_STRUCTURE)}" for part in field.subfields]
        text = "".join((*(field.indicators or "  "), *parts))
    return f"{text}{FIELD}".encode()


def _in_order(directory: bytes, body: bytes) -> bool:
    """Whether the directory lists exactly the fields of the body, one behind the other."""
    fields = body.split(END_OF_FIELD)
    if (len(fields) - 1) * ENTRY != len(directory):
        return False
    offset, place = 0, 3
    for field in fields[:-1]:
        size = len(field) + 1
        if directory[place : place + 9] != b"%04d%05d" % (size, offset):
            return False
        offset += size
        place += ENTRY
    return True


def _draft(piece: Piece, tags: Sequence[str], fields: bytes) -> Draft:
    """`fields`: parted by END_OF_FIELD, one for each tag."""
    leader = piece.data[:LEADER].decode("latin-1")
    faults = list(piece.faults)
    says_utf8 = leader[9:10] == "a"
    ascii_only = fields.isascii()
    if not (ascii_only and b"\x1b" in fields):
        try:
            text = fields.decode("utf-8")
        except UnicodeDecodeError:
            pass
        else:
            if not (says_utf8 or ascii_only):
                faults.append(Fault(FaultCode.WRONG_ENCODING_FLAG, Severity.REPAIRED, "LDR", "UTF-8"))
            return Draft(leader, tags, text, faults)
    decoder, fault = decoder_of(fields, says_utf8=says_utf8)
    faults += [fault] if fault else []
    text = FIELD.join(decoder(field) for field in fields.split(END_OF_FIELD))
    return Draft(leader, tags, text, faults, damaged=True)


def _decode_unframed(piece: Piece) -> Draft | Fault:
    """The leader or the directory is damaged: look for what can only be a directory."""
    data = piece.data
    end = data.find(END_OF_FIELD)
    if end > LEADER and (end - LEADER) % ENTRY == 0 and _mostly_entries(data[LEADER:end]):
        start = LEADER
    elif framed := _DIRECTORY.search(data):
        start, end = framed.start(), framed.end() - 1
    else:
        return Fault(FaultCode.NOT_A_RECORD, Severity.LOST, "", _shown(data))
    leader = data[:start][-LEADER:]
    faults = piece.faults
    if leader[12:17] != b"%05d" % (end + 1):
        faults += (Fault(FaultCode.LEADER, Severity.REPAIRED, "LDR", _shown(leader)),)
    mended = Piece(piece.position, piece.end, leader.ljust(LEADER), faults)
    return _decode_by_directory(mended, data[start:end].decode("latin-1"), data[end + 1 :])


def _mostly_entries(directory: bytes) -> bool:
    entries = [directory[place : place + ENTRY] for place in range(0, len(directory), ENTRY)]
    return sum(entry[3:].isdigit() for entry in entries) * 2 > len(entries)


def _decode_by_directory(piece: Piece, directory: str, body: bytes) -> Draft | Fault:
    """The directory does not list the fields one behind the other as they stand: take what it names, tell the rest."""
    body = body.removesuffix(END_OF_RECORD)
    entries = [directory[place : place + ENTRY] for place in range(0, len(directory), ENTRY)]
    spans = [_span(entry, body) for entry in entries]
    standing = body.removesuffix(END_OF_FIELD).split(END_OF_FIELD)
    if all(spans):
        fields, faults = [body[span[0] : span[1]] for span in spans if span], _unnamed(body, spans)
    elif len(standing) == len(entries):
        fields, faults = standing, [Fault(FaultCode.DIRECTORY, Severity.REPAIRED, "", "")]
    else:
        spans = [span or _span_from_start(entry, body) for entry, span in zip(entries, spans, strict=True)]
        fields = [body[span[0] : span[1]] if span else b"" for span in spans]
        faults = [
            Fault(FaultCode.DIRECTORY, Severity.REPAIRED if span else Severity.LOST, entry[:3], entry)
            for entry, span in zip(entries, spans, strict=True)
            if not (span and _span(entry, body))
        ] + _unnamed(body, spans)
    kept = [(entry[:3], field) for entry, field in zip(entries, fields, strict=True) if field]
    faults += [
        Fault(FaultCode.CONTROL_CHARACTERS, Severity.REPAIRED, tag, "U+001E")
        for tag, field in kept
        if END_OF_FIELD in field
    ]
    text = END_OF_FIELD.join(field.replace(END_OF_FIELD, b" ") for _, field in kept)
    mended = Piece(piece.position, piece.end, piece.data, (*piece.faults, *faults))
    return _draft(mended, [tag for tag, _ in kept], text)


def _span(entry: str, body: bytes) -> tuple[int, int] | None:
    """Start and end of an entry's field, without its end-of-field sign; None where none stands there."""
    if not (entry[3:].isascii() and entry[3:].isdigit()):
        return None
    start = int(entry[7:])
    end = start + int(entry[3:7]) - 1
    fits = start < end < len(body) and body[end : end + 1] == END_OF_FIELD
    return (start, end) if fits and (start == 0 or body[start - 1 : start] == END_OF_FIELD) else None


def _span_from_start(entry: str, body: bytes) -> tuple[int, int] | None:
    """The field that begins where the entry says, however long."""
    if not (entry[7:].isascii() and entry[7:].isdigit()):
        return None
    start = int(entry[7:])
    if start >= len(body) or not (start == 0 or body[start - 1 : start] == END_OF_FIELD):
        return None
    end = body.find(END_OF_FIELD, start)
    return start, end if end >= 0 else len(body)


def _unnamed(body: bytes, spans: Sequence[tuple[int, int] | None]) -> list[Fault]:
    """Fields of the body that no entry names."""
    named = sorted(span for span in spans if span)
    gaps, reached = [], 0
    for start, end in [*named, (len(body), len(body))]:
        gaps.append(body[reached:start])
        reached = max(reached, end + 1)
    return [Fault(FaultCode.DIRECTORY, Severity.LOST, "", _shown(gap)) for gap in gaps if gap.strip(b"\x1e \r\n\x00")]


def _shown(data: bytes) -> str:
    text = data[:SHOWN].decode("utf-8", "replace")
    return "".join(sign if sign.isprintable() else "\u00b7" for sign in text)


def records(stream: BinaryIO, start_at: int = 0) -> Iterator[tuple[Piece, Draft | Fault]]:
    """Yield each record of the stream with what it says."""
    for piece in pieces(stream, start_at):
        yield piece, decode(piece)

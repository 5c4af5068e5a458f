"""MARC-in-JSON: one object, an array of them, or one behind the other as JSON Lines have them.

Two shapes of a field are read: {"245": {"ind1", "ind2", "subfields": [{"a": ...}]}} (the usual one) and
{"tag": "245", "ind1", "ind2", "subfields": [{"code": "a", "value": ...}]}.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import orjson
import pymarc

from services.catalog.formats.assembly import EMPTY_LEADER, FIELD, NO_STRUCTURE, SHOWN, SUBFIELD, Draft, written_leader
from services.catalog.formats.cutting import Piece, Window
from services.catalog.formats.encodings import decoder_of
from services.catalog.formats.found import Fault, FaultCode, Severity
from services.catalog.formats.limits import LIMITS

# A string never holds a line end, so a quotation mark without its pair is found on its line.
_TOKEN = re.compile(
    rb"""(?P<string>"(?:[^"\\\n]|\\.)*")|(?P<record>\{\s{0,80}"leader")|(?P<open>\{)|(?P<close>\})|(?P<loose>")"""
)
_OBJECT = re.compile(rb"\{")
_RECORD = re.compile(rb'\{\s{0,80}"(?:leader|fields)"')
_WRAPPINGS = 4  # objects and arrays around a record inside another object
_REACH = 128
_LINE = 65_536


def records(stream: BinaryIO, start_at: int = 0) -> Iterator[tuple[Piece, Draft | Fault]]:
    """Yield each record with what it says; records inside another object all have that object's place."""
    for piece in pieces(stream, start_at):
        for draft in decode(piece):
            yield piece, draft


def pieces(stream: BinaryIO, start_at: int = 0) -> Iterator[Piece]:
    """Cut out the outermost objects. One that is broken ends before the next record."""
    window = Window(stream, start_at)
    while _goes_to(window, _OBJECT):
        size = _line_size(window) or _object_size(window)
        if size:
            position, data = window.take(size)
            yield Piece(position, position + size, data)
        else:
            yield _broken(window)


def _goes_to(window: Window, pattern: re.Pattern[bytes], *, behind: int = 0) -> bool:
    """Move to the next match at least `behind` bytes on; False (and the end) where there is none."""
    window.ensure(behind + 1)
    window.take(behind)
    while window.ensure(1):
        found = pattern.search(window.data, window.place)
        there = len(window.data) - window.place
        window.take(found.start() - window.place if found else max(0, there - _REACH))
        if found:
            return True
        if window.ensure(_REACH + 1) <= _REACH:
            window.take(_REACH)
    return False


def _line_size(window: Window) -> int:
    """The size of an object that stands on one line, as most do; 0 where it does not."""
    window.ensure(_LINE)
    end = window.data.find(b"\n", window.place, window.place + _LINE)
    line = window.data[window.place : max(end, window.place)].rstrip(b" \r,")
    try:
        return len(line) if line and isinstance(orjson.loads(line), dict) else 0
    except orjson.JSONDecodeError:
        return 0


def _object_size(window: Window) -> int:
    """How many bytes the object at the window's place has; 0 where it has no end."""
    depth, scanned, is_record = 0, 0, False
    while scanned <= LIMITS.record_bytes:
        token = _token(window, scanned)
        kind = token.lastgroup if token else None
        # A record within a record: the outer one was not closed.
        if token is None or kind == "loose" or (kind == "record" and depth and is_record):
            return 0
        is_record = is_record or (kind == "record" and not depth)
        depth += {"record": 1, "open": 1, "close": -1}.get(str(kind), 0)
        scanned = (token.start() + 1 if kind == "record" else token.end()) - window.place
        if depth == 0:
            return scanned
    return 0


def _token(window: Window, scanned: int) -> re.Match[bytes] | None:
    """The next string or brace; None where the file or the longest record ends."""
    while True:
        found = _TOKEN.search(window.data, window.place + scanned)
        there = len(window.data) - window.place
        whole = found and found.lastgroup != "loose" and found.end() - window.place <= there - _REACH
        if whole or there > 2 * LIMITS.record_bytes or window.ensure(there + 1) == there:
            return found


def _broken(window: Window) -> Piece:
    """An object without an end, up to the next record."""
    position = window.base + window.place
    shown = window.data[window.place : window.place + LIMITS.record_bytes]
    _goes_to(window, _RECORD, behind=1)
    end = window.base + window.place
    fault = Fault(FaultCode.TRUNCATED, Severity.LOST, "", str(end - position))
    return Piece(position, end, shown[: end - position], (fault,))


def decode(piece: Piece) -> list[Draft | Fault]:
    """Return the records of an object, or why it is none."""
    if piece.faults:
        return [piece.faults[0]]
    data, faults, damaged = _as_utf8(piece.data)
    try:
        content = _loaded(data)
    except (json.JSONDecodeError, RecursionError) as error:
        return [Fault(FaultCode.UNREADABLE, Severity.LOST, "", str(error)[:SHOWN])]
    found = list(_records_in(content))
    drafts: list[Draft | Fault] = [_draft(record, list(faults), damaged=damaged) for record in found]
    return drafts or [Fault(FaultCode.NOT_A_RECORD, Severity.LOST, "", piece.data[:SHOWN].decode("utf-8", "replace"))]


def _loaded(data: bytes) -> Any:
    """The content of an object; the slower parser also takes control characters in strings."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return json.loads(data, strict=False)


def _as_utf8(data: bytes) -> tuple[bytes, list[Fault], bool]:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        decoder, fault = decoder_of(data, says_utf8=True)
        return decoder(data).encode("utf-8"), [fault] if fault else [], True
    return data, [], False


def _records_in(content: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    if isinstance(content, dict) and isinstance(content.get("fields"), list):
        yield content
    elif isinstance(content, dict | list) and depth < _WRAPPINGS:
        for inner in content.values() if isinstance(content, dict) else content:
            yield from _records_in(inner, depth + 1)


def _draft(record: dict[str, Any], faults: list[Fault], *, damaged: bool) -> Draft:
    tags: list[str] = []
    fields: list[str] = []
    for field in record["fields"]:
        for tag, content in _tagged(field):
            text = _field_text(content)
            if text is None:
                faults.append(Fault(FaultCode.UNREADABLE, Severity.LOST, tag[:SHOWN], str(content)[:SHOWN]))
            else:
                tags.append(tag)
                fields.append(text)
    leader = record.get("leader")
    return Draft(leader if isinstance(leader, str) else EMPTY_LEADER, tags, FIELD.join(fields), faults, damaged=damaged)


def _tagged(field: Any) -> Iterator[tuple[str, Any]]:
    """The tag and the content of a field in either shape."""
    if not isinstance(field, dict):
        yield "", field
    elif "tag" in field:
        yield str(field["tag"]), field.get("value", field.get("data", field))
    else:
        yield from field.items()


def _field_text(content: Any) -> str | None:
    if isinstance(content, str):
        return content.translate(NO_STRUCTURE)
    if not isinstance(content, dict) or not isinstance(content.get("subfields"), list):
        return None
    subfields = [pair for subfield in content["subfields"] for pair in _coded(subfield)]
    if any(not isinstance(value, str) for _, value in subfields):
        return None
    indicators = (str(content.get("ind1") or " ")[:1]) + (str(content.get("ind2") or " ")[:1])
    return indicators + "".join(
        f"{SUBFIELD}{code[:1] or ' '}{value.translate(NO_STRUCTURE)}" for code, value in subfields
    )


def _coded(subfield: Any) -> list[tuple[str, Any]]:
    if not isinstance(subfield, dict):
        return [("", None)]
    if "code" in subfield:
        return [(str(subfield["code"]), subfield.get("value"))]
    return list(subfield.items())


def encode(record: pymarc.Record) -> bytes:
    """Return one object of the usual shape, on one line."""
    return orjson.dumps({"leader": written_leader(record), "fields": [_written(field) for field in record.fields]})


def _written(field: pymarc.Field) -> dict[str, Any]:
    if field.control_field:
        return {field.tag: field.data or ""}
    one, two = field.indicators or "  "
    subfields = [{part.code: part.value} for part in field.subfields]
    return {field.tag: {"ind1": one, "ind2": two, "subfields": subfields}}

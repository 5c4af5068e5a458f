"""XML of many records: cut into one element each, then read alone, without DTD, entities or network.

Cutting first means that a file may be of any size, that reading goes on at any byte, and that what is broken in one
record stays in it. Source: Extensible Markup Language (XML) 1.0, fifth edition.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.entities import html5
from typing import BinaryIO
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from services.catalog.formats.assembly import SHOWN
from services.catalog.formats.cutting import Piece, Window
from services.catalog.formats.encodings import decoder_of
from services.catalog.formats.found import Fault, FaultCode, Severity
from services.catalog.formats.limits import LIMITS

HEAD = 256
"""Bytes in which an XML declaration stands."""
_REACH = 256  # bytes within which a tag that the cutter looks for ends
_CLOSED_BY = {b"<!--": b"-->", b"<![CDATA[": b"]]>"}
_DECLARED = re.compile(rb"""<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LOOSE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9A-Fa-f]{1,6});)(\w{1,31};)?")
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_PREFIX = re.compile(r"(</?)[\w.-]{1,40}:")
_PREFIXED = re.compile(r"<[\w.-]{1,40}:")


class Cutter:
    """Finds the innermost elements of some names; `loose`: children that tell of one whose own tags are broken."""

    def __init__(self, names: tuple[str, ...], loose: tuple[str, ...] = ()) -> None:
        tag = rb"(?:[\w.-]{1,40}:)?(?:" + "|".join(names).encode() + rb")"
        self._token = re.compile(
            rb"(?P<skip><!--|<!\[CDATA\[)|(?P<alone><" + tag + rb"\s{0,40}/>)"
            rb"|(?P<start><" + tag + rb"(?=[\s>]))|(?P<end></" + tag + rb"\s{0,40}>)"
        )
        self._loose = re.compile(rb"<(?:[\w.-]{1,40}:)?(?:" + "|".join(loose).encode() + rb")[\s>]") if loose else None

    def pieces(self, stream: BinaryIO, start_at: int = 0) -> Iterator[Piece]:
        """Cut out the elements in order. While one is open, the window stands at its start."""
        window = Window(stream, start_at)
        opened, scanned = False, 0
        while window.ensure(1):
            found = self._next(window, scanned)
            if found is None:
                yield from self._unfinished(window, opened=opened)
                opened, scanned = False, 0
            elif found.lastgroup == "skip":
                scanned = _behind(window, found)
            else:
                offset, size = found.start() - window.place, found.end() - found.start()
                ends = found.lastgroup == "end" and opened
                if not ends:
                    yield from self._stray(window, offset)
                if ends or found.lastgroup == "alone":
                    yield _taken(window, size + offset * ends)
                opened = found.lastgroup == "start"
                scanned = size * opened
                if found.lastgroup == "end" and not ends:
                    window.take(size)

    def _next(self, window: Window, scanned: int) -> re.Match[bytes] | None:
        """The next tag, or none before the file ends or a record becomes too long."""
        while scanned <= LIMITS.record_bytes:
            found = self._token.search(window.data, window.place + scanned)
            there = len(window.data) - window.place
            if found and found.end() - window.place <= there - _REACH:
                return found
            if window.ensure(there + 1) == there:
                return found
            if found is None:
                scanned = max(scanned, there - _REACH)
        return None

    def _stray(self, window: Window, size: int) -> Iterator[Piece]:
        """What stands between the elements; fields there belong to one whose tags are broken."""
        position, taken = window.take(size)
        data = _COMMENT.sub(b"", taken)
        if self._loose and (first := self._loose.search(data)):
            fault = Fault(FaultCode.TRUNCATED, Severity.LOST, "", str(size))
            yield Piece(position, position + size, b"<record>%b</record>" % data[first.start() :], (fault,))

    def _unfinished(self, window: Window, *, opened: bool) -> Iterator[Piece]:
        there = len(window.data) - window.place
        if window.ended and there <= LIMITS.record_bytes and not opened:
            yield from self._stray(window, there)
        elif opened or there > LIMITS.record_bytes:
            size = there if window.ended else there - _REACH
            position, data = window.take(size)
            code = FaultCode.TRUNCATED if window.ended else FaultCode.TOO_LARGE
            if opened:
                yield Piece(position, position + size, data, (Fault(code, Severity.LOST, "", str(size)),))


def _behind(window: Window, found: re.Match[bytes]) -> int:
    """Where, from the window's place on, a comment or CDATA section ends; where it never does, it is none."""
    start = found.end() - window.place
    searched = start
    while (end := window.data.find(_CLOSED_BY[found[0]], window.place + searched)) < 0:
        searched = max(start, len(window.data) - window.place - 2)
        if searched > LIMITS.record_bytes or window.ensure(searched + 3) < searched + 3:
            return start
    return end - window.place


def _taken(window: Window, size: int) -> Piece:
    position, data = window.take(size)
    return Piece(position, position + size, data)


def declared_encoding(stream: BinaryIO) -> str:
    """The encoding that the file's first line names, or its byte order mark shows; UTF-8 where neither does."""
    stream.seek(0)
    head = stream.read(HEAD)
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    found = _DECLARED.search(head)
    return found[1].decode("ascii").lower() if found else "utf-8"


@dataclass(slots=True)
class Element:
    """The element of a piece (None: it could not be read), what was wrong, and whether letters were lost."""

    root: etree._Element | None
    faults: list[Fault] = field(default_factory=list)
    damaged: bool = False


def element_of(piece: Piece, encoding: str) -> Element:
    """Read the element; element and attribute names may still bear a prefix or a namespace: see `local_name`."""
    read = Element(None, list(piece.faults))
    text = _text_of(read, piece.data, encoding)
    if _PREFIXED.match(text):
        text = _PREFIX.sub(r"\1", text)
    read.root, problem = _parse(text)
    if problem and "<![CDATA[" not in text:
        mended, remaining = _parse(_LOOSE_AMPERSAND.sub(_character, text))
        if not remaining:
            read.root = mended
            read.faults.append(Fault(FaultCode.MARKUP, Severity.REPAIRED, "", problem))
            return read
    if problem:
        read.faults.append(Fault(FaultCode.MARKUP, Severity.LOST, "", problem))
    return read


def _text_of(read: Element, data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        decoder, fault = decoder_of(data, says_utf8=True)
        read.faults += [fault] if fault else []
        read.damaged = True
        text = decoder(data)
    forbidden = _FORBIDDEN.findall(text)
    if forbidden:
        signs = " ".join(f"U+{ord(sign):04X}" for sign in dict.fromkeys(forbidden))
        read.faults.append(Fault(FaultCode.CONTROL_CHARACTERS, Severity.REPAIRED, "", signs[:SHOWN]))
        text = _FORBIDDEN.sub("", text)
    return text


def _parse(text: str) -> tuple[etree._Element | None, str]:
    """The element, as far as it can be read, and what is wrong with it ("" where nothing is)."""
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(text, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        return None, str(error)[:SHOWN]
    problems = (
        entry.message for entry in parser.error_log if entry.type != etree.ErrorTypes.NS_ERR_UNDEFINED_NAMESPACE
    )
    return root, next(problems, "")[:SHOWN]


def _character(ampersand: re.Match[str]) -> str:
    named = ampersand[1]
    return html5[named] if named in html5 else "&amp;" + (named or "")


def local_name(tag: str) -> str:
    """The name without namespace and prefix."""
    return tag.rpartition("}")[2].rpartition(":")[2]


def text_in(element: etree._Element) -> str:
    """All the text in an element, without layout at its ends."""
    return (element.text or "" if not len(element) else " ".join(map(str, element.itertext()))).strip()


def without_forbidden(text: str) -> str:
    """The text without what XML cannot hold."""
    return text if text.isprintable() else _FORBIDDEN.sub("", text)


def tag(name: str, content: str, **attributes: str) -> str:
    """One element with text in it; "" where there is no text. An attribute without a value is left out."""
    return wrap(name, escape(without_forbidden(content)), **attributes)


def wrap(name: str, inner: str, **attributes: str) -> str:
    """One element around markup; "" where that is empty."""
    if not inner:
        return ""
    written = "".join(f" {key}={quoteattr(without_forbidden(value))}" for key, value in attributes.items() if value)
    return f"<{name}{written}>{inner}</{name}>"


def header_fault(record: etree._Element) -> Fault | None:
    """What the header of an OAI-PMH record without metadata says."""
    header = next((child for child in record if local_name(str(child.tag)) == "header"), None)
    if header is None:
        return None
    identifier = next((text_in(child) for child in header if local_name(str(child.tag)) == "identifier"), "")
    deleted = header.get("status") == "deleted"
    return Fault(FaultCode.DELETED if deleted else FaultCode.NO_FIELDS, Severity.NOTE, "", identifier)

"""MARC-8, the character sets of MARC 21 before Unicode, read with the tables of pymarc and without dropping a byte.

Source of the rules: Library of Congress, MARC 21 Specifications, MARC-8 Encoding Environment.
"""

import re
from collections.abc import Iterator

from pymarc.marc8_mapping import CODESETS, ODD_MAP

ASCII = 0x42
ANSEL = 0x45
EAST_ASIAN = 0x31
UNKNOWN = "\ufffd"
_SETS = "".join(map(chr, CODESETS)).encode()
# ESC, which of the two sets is meant, which set it becomes; ESC s returns to ASCII.
_ESCAPE = re.compile(rb"\x1b(\$?[(),\-]?!?)([" + re.escape(_SETS + b"s") + rb"])")
_TECHNIQUE_1 = {ord("s"): ASCII}
_ZERO_WIDTH = {0x8D: "\u200d", 0x8E: "\u200c"}
_SORTING_MARKS = frozenset({0x88, 0x89})


def marc8(data: bytes) -> str:
    """Return the text, not yet normalised, with U+FFFD for what MARC-8 does not know."""
    if data.isascii() and b"\x1b" not in data:
        return data.decode("ascii")
    letters: list[str] = []
    waiting: list[str] = []
    for character, combining in _characters(data):
        if combining:
            waiting.append(character)
            continue
        letters.append(character)
        letters += waiting
        waiting.clear()
    # A mark with no letter behind it cannot have been MARC-8.
    letters += UNKNOWN * len(waiting)
    return "".join(letters)


def _characters(data: bytes) -> Iterator[tuple[str, bool]]:
    """Each character, and whether it is a mark that MARC-8 writes before its letter."""
    sets = [ASCII, ANSEL]
    start = 0
    for escape in _ESCAPE.finditer(data):
        yield from _run(data[start : escape.start()], *sets)
        upper = b")" in escape[1] or b"-" in escape[1]
        final = escape[2][0]
        sets[upper] = _TECHNIQUE_1.get(final, final)
        start = escape.end()
    yield from _run(data[start:], *sets)


def _run(data: bytes, lower: int, upper: int) -> Iterator[tuple[str, bool]]:
    place = 0
    while place < len(data):
        byte = data[place]
        wide = lower == EAST_ASIAN and 0x21 <= byte < 0x80
        code = int.from_bytes(data[place : place + 3], "big") if wide else byte
        place += 3 if wide else 1
        if code not in _SORTING_MARKS:
            yield _character(code, upper if 0x80 < code < 0x100 else lower)


def _character(code: int, charset: int) -> tuple[str, bool]:
    if code <= 0x20 or code == 0x7F:
        return chr(code), False
    mapped = CODESETS.get(charset, {}).get(code)
    if mapped:
        return chr(mapped[0]), bool(mapped[1])
    if code in _ZERO_WIDTH:
        return _ZERO_WIDTH[code], False
    return chr(ODD_MAP[code]) if code in ODD_MAP else UNKNOWN, False

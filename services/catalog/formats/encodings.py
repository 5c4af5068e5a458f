"""What letters bytes mean: UTF-8, MARC-8 or an old encoding of Vietnamese; told by evidence, not by flags."""

import re
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from services.catalog.formats.found import Fault, FaultCode, Severity
from services.catalog.formats.marc8 import UNKNOWN, marc8
from shared.vietnamese.orthography import is_syllable

DATA: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("encodings.yaml").read_text("utf-8"))
EVIDENCE: dict[str, float] = DATA["evidence"]
FIELD = "\x1e"
SUBFIELD = "\x1f"

Decoder = Callable[[bytes], str]

# Text that has one of these is Unicode: Windows-1252 shows no byte as them.
_UNICODE = re.compile("[\u0100-\u0151\u0154-\u015f\u0162-\u0177\u0179-\u017c\u017f-\u0191\u0193-\u02c5\u0300-\u1fff]")
_WORD = re.compile("[A-Za-z\u0080-\u024f\u0300-\u036f\u1e00-\u1eff\ufffd\u2018-\u203a\u20ac\u2122]+")
_SIGN = "\u00a1-\u00bf\u00d7\u00f7"
# A sign of Latin-1 that is no letter inside a word, or two vowels as only VNI writes them.
_TELLING = re.compile(f"[A-Za-z][{_SIGN}]|[{_SIGN}][A-Za-z]|[aeouyôö][ùøûõïâáàåãäêéèúüë]")
# The same, as far as it never stands in Vietnamese that was written as Unicode.
_MIXED = re.compile(f"[A-Za-z][{_SIGN}][A-Za-z]|[ae][ùøûõïâáàåãäêéèúüë]|[ñöÑÖ][a-zùøûõï]|[ôÔ][ùøûõï]")
_CODE = re.compile(SUBFIELD + ".")
_LETTERS = re.compile(r"[^\W\d_]+")
_STRETCH = re.compile("[^\x1e\x1f]+")
_WINDOWS_SIGNS = {code: bytes([code]).decode("cp1252", "ignore") or chr(code) for code in range(0x80, 0xA0)}
_WINDOWS_BYTES = {ord(sign): code for code, sign in _WINDOWS_SIGNS.items()}
_TCVN3 = str.maketrans(DATA["tcvn3"]["shown"], DATA["tcvn3"]["letters"])


def windows_1252(data: bytes) -> str:
    """Return the bytes as Windows-1252 shows them; the five bytes that it leaves open stay as they are."""
    return data.decode("latin-1").translate(_WINDOWS_SIGNS)


def _windows_bytes(text: str) -> bytes:
    return text.translate(_WINDOWS_BYTES).encode("latin-1")


def from_tcvn3(text: str) -> str:
    """Convert TCVN3 that was read as Windows-1252.

    It has no capitals with tones: its fonts of capitals drew the small letters large. So a word in capitals becomes
    capitals throughout, and a word that leaves it open follows the one before.
    """
    return _STRETCH.sub(lambda stretch: _in_one_case(stretch[0]), text.translate(_TCVN3))


def _in_one_case(stretch: str) -> str:
    words = _LETTERS.findall(stretch)
    shouted = next((told for word in words if (told := _is_shouted(word)) is not None), False)
    cased = []
    for word in words:
        told = _is_shouted(word)
        shouted = shouted if told is None else told
        cased.append(word.upper() if shouted else word)
    following = iter(cased)
    return _LETTERS.sub(lambda _: next(following), stretch)


def _is_shouted(word: str) -> bool | None:
    """Whether a word is in capitals, as far as its letters without marks tell; a single capital does not."""
    if any(letter.islower() for letter in word if letter.isascii()):
        return False
    return True if sum(map(str.isupper, word)) > 1 else None


def _vni_table() -> dict[str, str]:
    """What VNI writes, one or two characters, and the letter that it means."""
    singles: dict[str, str] = DATA["vni"]["letters"]
    pairs = {
        vowel + shown: unicodedata.normalize("NFC", singles.get(vowel, vowel) + marks)
        for vowel in DATA["vni"]["after"]
        for shown, marks in DATA["vni"]["marks"].items()
    }
    small = singles | {shown: letter for shown, letter in pairs.items() if len(letter) == 1}
    mixed = {shown[0].upper() + shown[1:]: letter.upper() for shown, letter in small.items()}
    return small | mixed | {shown.upper(): letter.upper() for shown, letter in small.items()}


_VNI = _vni_table()
# The letter that names a subfield is no vowel of the text behind it.
_VNI_LETTER = re.compile(f"(?<!{SUBFIELD})(?:{'|'.join(sorted(_VNI, key=len, reverse=True))})")


def from_vni(text: str) -> str:
    """Convert VNI that was read as Windows-1252."""
    return _VNI_LETTER.sub(lambda found: _VNI[found[0]], text)


def from_windows_1258(text: str) -> str:
    """Convert Windows-1258 that was read as Windows-1252."""
    return unicodedata.normalize("NFC", _windows_bytes(text).decode("cp1258"))


def from_utf8_twice(text: str) -> str:
    """Convert UTF-8 that was read as Windows-1252 and then written as UTF-8."""
    return unicodedata.normalize("NFC", _windows_bytes(text).decode("utf-8"))


LEGACY: dict[str, Callable[[str], str]] = {
    "UTF-8 x 2": from_utf8_twice,
    "Windows-1258": from_windows_1258,
    "TCVN3": from_tcvn3,
    "VNI": from_vni,
}


def legacy_of(shown: str, other: str = "") -> str | None:
    """Tell which key of LEGACY `shown`, read as Windows-1252, was written in; None where no evidence speaks for any.

    Only words that two readings read differently speak for either. `other`: the same text in another reading, which
    must be clearly worse, as `shown` must.
    """
    if _UNICODE.search(shown):
        return None
    words = _words(shown)
    rivals = (words, _words(other))
    # The words alone, each once: a record is long, and most of it is ASCII.
    odd = " ".join(words)
    found = {name: _words(text) for name in LEGACY if (text := _read_as(name, odd))}
    best = max(found, key=lambda name: _syllable_part(found[name]), default=None)
    if best is None:
        return None
    read = found[best] - words
    sure = _syllable_part(read) >= EVIDENCE["least_share"] and all(
        _syllable_part(read) - _syllable_part(rival - found[best]) >= EVIDENCE["least_gain"] for rival in rivals
    )
    telling = sum(len(word) >= EVIDENCE["least_letters"] and bool(_TELLING.search(word)) for word in words)
    many = len(read) >= EVIDENCE["least_words"] or (read and telling >= EVIDENCE["telling_words"])
    return best if sure and many else None


def _read_as(name: str, shown: str) -> str:
    """The text as an encoding of old, "" where it cannot be that."""
    try:
        return LEGACY[name](shown)
    except UnicodeError:
        return ""


def _words(text: str) -> set[str]:
    """The different words with a letter beyond ASCII; single letters (25.000đ) prove nothing."""
    return {word for word in _WORD.findall(_CODE.sub(" ", text)) if len(word) > 1 and not word.isascii()}


def _syllable_part(words: set[str]) -> float:
    """Which part of the words are Vietnamese syllables."""
    return sum(map(is_syllable, words)) / len(words) if words else 0.0


def decoder_of(data: bytes, *, says_utf8: bool) -> tuple[Decoder, Fault | None]:
    """Tell how to decode the fields of a record whose bytes are not all UTF-8 or that may hold MARC-8's escapes.

    `says_utf8`: what the record's leader says. The fault is what contradicts it.
    """
    beyond = len(data) - len(data.translate(None, bytes(range(0x80, 0x100))))
    utf8 = data.decode("utf-8", "replace")
    if beyond and utf8.count(UNKNOWN) <= beyond * EVIDENCE["damaged_share"]:
        return _utf8_as_far_as_it_goes, None
    old = marc8_fields(data)
    shown = windows_1252(data)
    legacy = legacy_of(shown, unicodedata.normalize("NFC", old))
    if legacy:
        convert = LEGACY[legacy]
        return (lambda field: convert(windows_1252(field))), _legacy_fault(legacy)
    if b"\x1b" in data or old.count(UNKNOWN) <= beyond * EVIDENCE["damaged_share"]:
        flag = Fault(FaultCode.WRONG_ENCODING_FLAG, Severity.REPAIRED, "LDR", "MARC-8")
        return marc8_fields, flag if says_utf8 and beyond else None
    return windows_1252, _legacy_fault("Windows-1252")


def _legacy_fault(name: str) -> Fault:
    return Fault(FaultCode.LEGACY_ENCODING, Severity.REPAIRED, "", name)


def _utf8_as_far_as_it_goes(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def marc8_fields(data: bytes) -> str:
    """Decode MARC-8, whose shifts end with their subfield."""
    return SUBFIELD.join(map(marc8, data.split(b"\x1f")))


def modernised(text: str) -> tuple[str, list[Fault]]:
    """Return the text of a record that came as Unicode, but with letters that are an old encoding read as Windows-1252:
    all of it, or some of its fields.
    """
    if text.isascii():
        return text, []
    if not _UNICODE.search(text):
        legacy = legacy_of(text)
        return (LEGACY[legacy](text), [_legacy_fault(legacy)]) if legacy else (text, [])
    if not _MIXED.search(text):
        return text, []
    fields = text.split(FIELD)
    legacies = [legacy_of(field) for field in fields]
    converted = (LEGACY[legacy](field) if legacy else field for field, legacy in zip(fields, legacies, strict=True))
    return FIELD.join(converted), [_legacy_fault(legacy) for legacy in dict.fromkeys(filter(None, legacies))]

"""Two forms to compare text by: one that forgets the marks (recall) and one that keeps the tones (precision)."""

import re
import unicodedata

MARKS = "\u0300-\u036f"  # the combining diacritics; other scripts' vowel signs carry the word itself and stay

_MARK = re.compile(f"[{MARKS}]")
# OCR and old fonts write the Icelandic eth, which looks the same, for the Vietnamese đ.
_STROKED = str.maketrans("đð", "dd")


def _tone_placements() -> dict[str, str]:
    """Map the newer placement of a tone (hoà) to the older one (hòa) for the three finals where usage is divided."""
    older = {"oa": "òóỏõọ", "oe": "òóỏõọ", "uy": "ùúủũụ"}
    newer = {"oa": "àáảãạ", "oe": "èéẻẽẹ", "uy": "ỳýỷỹỵ"}
    return {
        final[0] + after: before + final[1]
        for final, tones in older.items()
        for before, after in zip(tones, newer[final], strict=True)
    }


_TONE_PLACEMENTS = _tone_placements()
# In "quý" the u belongs to the consonant, so the tone has one place only.
_MOVABLE = "|".join(
    f"{first}(?<!q{first})[{''.join(found[1] for found in _TONE_PLACEMENTS if found[0] == first)}]"
    for first in sorted({found[0] for found in _TONE_PLACEMENTS})
)
_MOVABLE_TONE = re.compile(f"(?:{_MOVABLE})(?![\\w{MARKS}])")


def normalise(text: str) -> str:
    """Return the tone-bearing form: NFC, lower case, one spelling for a tone with two accepted places (hoà = hòa).

    Canonically equivalent inputs give the same output, and the result is a fixed point.
    """
    if text.isascii():
        return text.lower()
    lowered = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower())
    return _MOVABLE_TONE.sub(lambda found: _TONE_PLACEMENTS[found[0]], lowered)


def fold(text: str) -> str:
    """Return the form for recall: lower case, marks off, đ = d, every run of white space one space, ends trimmed.

    Canonically equivalent inputs give the same output, and the result is a fixed point.
    """
    bare = text.translate(_BARE) if _LATIN.fullmatch(text) else _without_marks(text)
    return " ".join(bare.split())


def _without_marks(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", unicodedata.normalize("NFC", text).lower())
    return unicodedata.normalize("NFC", _MARK.sub("", decomposed).translate(_STROKED))


class _BareTable(dict[int, str]):
    """Translation table that learns each letter the first time it is met."""

    def __missing__(self, code: int) -> str:
        self[code] = _without_marks(chr(code))
        return self[code]


_BARE = _BareTable()
_LATIN = re.compile("[\x00-\u024f\u1e00-\u1eff]*")
"""Letters that lose their marks one by one, whatever stands beside them: several times as fast."""


class _AlignedTable(dict[int, str]):
    """Translation table that learns each character the first time it is met."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        self[code] = fold(character)[:1] if character.isalnum() else " "
        return self[code]


_ALIGNED = _AlignedTable()


def fold_aligned(text: str) -> str:
    """Return the folded text with one character for each of `text`, so that positions agree; all but words is spaces.

    `text` should be NFC: a mark that stands alone becomes a space.
    """
    return text.translate(_ALIGNED)


_Y_FOR_I = re.compile("[yýỳỷỹỵ](?:(?<=\\bqu.)|(?<=\\b[hklmstv].))(?![\\w])")
_I_FORMS = str.maketrans("yýỳỷỹỵ", "iíìỉĩị")


def respell(text: str) -> str:
    """Return `normalise` with one spelling more: i for a y that ends an open syllable (vật lý = vật lí, quý = quí).

    Source: both spellings are taught; Quyết định 240/QĐ (1984) writes i, usage elsewhere keeps y.
    """
    return _Y_FOR_I.sub(lambda found: found[0].translate(_I_FORMS), normalise(text))


class _LetterTable(dict[int, str]):
    """Translation table that folds letters and leaves every other character as it is."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        self[code] = (fold(character)[:1] or character) if character.isalpha() else character
        return self[code]


_LETTERS = _LetterTable()


def fold_letters(text: str) -> str:
    """Return the text with each letter folded and all else kept, one character for each of `text`, which is NFC."""
    return text.translate(_LETTERS)

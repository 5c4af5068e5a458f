"""Vietnamese typed with the keyboard's own marks left in: `truyeenj` (Telex) and `truye65n` (VNI) are truyện.

Rules of the two typing methods: a key after the vowel gives the tone, wherever it comes; another makes the vowel's own
mark. A reading is only believed where it is spelled as a Vietnamese syllable can be.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.vietnamese.orthography import is_syllable

ACUTE, GRAVE, HOOK, TILDE, DOT = "\u0301", "\u0300", "\u0309", "\u0303", "\u0323"
CIRCUMFLEX, BREVE, HORN = "\u0302", "\u0306", "\u031b"
MAX_LENGTH = 14
"""No syllable has more keys: nghiêng takes ten."""
_VOWELS = frozenset("aăâeêioôơuưy")
_MARKED = frozenset("ăâêôơư")


@dataclass(frozen=True)
class Method:
    """What each key does after a vowel: a tone, or a mark for the last of the letters that can carry it."""

    tones: Mapping[str, str]
    marks: Mapping[str, Mapping[str, str]]
    stroke: str

    def read(self, typed: str) -> str | None:
        """The syllable that the keys of `typed` (lower case) make; None where they make none, or it has no such key."""
        if len(typed) > MAX_LENGTH:
            return None
        letters: list[str] = []
        tone = ""
        for key in typed:
            begun = any(letter in _VOWELS for letter in letters)
            if key in self.tones and begun:
                tone = self.tones[key]
            elif not self._marked(key, letters):
                letters.append(key)
        made = _with_tone(letters, tone)
        return made if made != typed and is_syllable(made) else None

    def _marked(self, key: str, letters: list[str]) -> bool:
        """Whether the key gave a letter before it another mark."""
        if key == self.stroke and letters[:1] == ["d"]:
            letters[0] = "đ"
            return True
        carriers = self.marks.get(key, {})
        place = next((place for place in reversed(range(len(letters))) if letters[place] in carriers), None)
        if place is None:
            return False
        mark = carriers[letters[place]]
        letters[place] = unicodedata.normalize("NFC", letters[place] + mark)
        if mark == HORN and letters[place] == "ơ" and letters[place - 1 : place] == ["u"]:
            letters[place - 1] = "ư"
        return True


TELEX = Method(
    tones={"s": ACUTE, "f": GRAVE, "r": HOOK, "x": TILDE, "j": DOT, "z": ""},
    marks={
        "a": {"a": CIRCUMFLEX},
        "e": {"e": CIRCUMFLEX},
        "o": {"o": CIRCUMFLEX},
        "w": {"a": BREVE, "o": HORN, "u": HORN},
    },
    stroke="d",
)
VNI = Method(
    tones={"1": ACUTE, "2": GRAVE, "3": HOOK, "4": TILDE, "5": DOT, "0": ""},
    marks={
        "6": {"a": CIRCUMFLEX, "e": CIRCUMFLEX, "o": CIRCUMFLEX},
        "7": {"o": HORN, "u": HORN},
        "8": {"a": BREVE},
    },
    stroke="9",
)


def readings(typed: str) -> tuple[str, ...]:
    """The syllables that a word of plain letters and digits may have been meant to be."""
    lowered = typed.lower()
    if not (lowered.isascii() and lowered.isalnum()):
        return ()
    return tuple(dict.fromkeys(made for method in (TELEX, VNI) if (made := method.read(lowered))))


def _with_tone(letters: Sequence[str], tone: str) -> str:
    place = _toned(letters) if tone else None
    if place is None:
        return "".join(letters)
    toned = unicodedata.normalize("NFC", letters[place] + tone)
    return "".join([*letters[:place], toned, *letters[place + 1 :]])


def _toned(letters: Sequence[str]) -> int | None:
    """Which letter bears the tone, by the older of the two habits (hòa)."""
    vowels = [place for place, letter in enumerate(letters) if letter in _VOWELS]
    if len(vowels) > 1 and "".join(letters[:2]) in {"qu", "gi"}:
        vowels = vowels[1:]
    if not vowels:
        return None
    own = [place for place in vowels if letters[place] in _MARKED]
    if own:
        return own[-1]
    ends_open = vowels[-1] == len(letters) - 1
    return vowels[(len(vowels) - 1) // 2] if ends_open else vowels[-1]

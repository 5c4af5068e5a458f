"""Names of bodies, places and people: how to tell them and how to write them when they stand in capitals."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache

from services.ocr.description.matching import alike, begins, best, letters
from services.ocr.description.terms import terms
from shared.vietnamese import fold, normalise

SHORT = {"ubnd": "Ủy ban nhân dân", "hdnd": "Hội đồng nhân dân", "thpt": "Trung học phổ thông", "nxb": "Nhà xuất bản"}
LOWER = frozenset(["và", "của", "các", "về", "cho", "tại", "de", "des", "au", "aux", "et"])
EXACT = 0.99
NEAR = 0.86
LONG_HEAD = 10
"""Letters from which a head of a name may be misread: shorter ones are like other words."""
EACH_WORD = 0.5
"""Least likeness of each word of a phrase: the whole must not be alike by its order alone."""
NAME = re.compile(r"^[^\W\d_][\w'’.]*$")
ETH = str.maketrans("Ðð", "Đđ")
QUOTED = re.compile(r"“\w")
LONGEST_NAME = 5


@cache
def heads() -> tuple[str, ...]:
    """Longest first."""
    return tuple(
        sorted(
            (*terms().bodies.named, *terms().bodies.purpose, *terms().bodies.french, "UBND", "HĐND"),
            key=len,
            reverse=True,
        )
    )


def body_head(text: str) -> str | None:
    """The words that a body's name begins with, rightly spelt; short ones must be read right but for marks."""
    found = next((head for head in heads() if begins(text, [head], _least(head))), None)
    if found is None or " " in found:
        return found
    first = next(word for word in text.split() if letters(word))
    lost = first.isupper() or not marks(normalise(text))
    return next((head for head in heads() if " " not in head and _same_word(first, head, lost=lost)), None)


def _same_word(read: str, head: str, *, lost: bool) -> bool:
    """lost: marks may be, as in capitals and where none is left; elsewhere Sơ thảo is no Sở."""
    if lost:
        return alike(read, head) >= EXACT and kept(read, head)
    return normalise(read.strip(" ,.:")) == normalise(head)


def _least(head: str) -> float:
    return NEAR if len(letters(head)) >= LONG_HEAD else EXACT


def place_name(text: str, least: float | None = None) -> str | None:
    """A known place in its right spelling."""
    usual = EXACT if len(letters(text)) < 6 else NEAR
    return best(text, terms().places, usual if least is None else least)


@cache
def known_phrases() -> tuple[tuple[int, str, bool], ...]:
    """Number of words, right spelling, and whether a proper name follows; longest first, no places of one word."""
    named = {*terms().bodies.named, *terms().bodies.french, *terms().units, *terms().places}
    places = [place for place in terms().places if " " in place]
    phrases = dict.fromkeys([*heads(), *terms().phrases, *terms().units, *places])
    return tuple(sorted(((len(phrase.split()), phrase, phrase in named) for phrase in phrases), reverse=True))


def written_name(text: str) -> str:
    """A name in capitals as a sentence has it: ỦY BAN NHÂN DÂN TỈNH KON TUM → Ủy ban nhân dân tỉnh Kon Tum.

    Known phrases come in their right spelling though their marks were lost; the rest keeps the letters that were read.
    """
    words = [word for word in text.split() if letters(word) or word in {"-", "&"}]
    return " ".join(_written(words)).strip(" ,;:.-")


def _written(words: Sequence[str]) -> Iterator[str]:
    place, proper = 0, True
    while place < len(words):
        count, phrase, names = _phrase_at(words, place)
        if phrase:
            comma = "," if words[place + count - 1].endswith(",") else ""
            yield SHORT.get(fold(phrase), phrase) + comma
            place, proper = place + count, names or phrase[0].islower()
            continue
        yield _cased(words[place], proper=proper or place == 0)
        place += 1


def _phrase_at(words: Sequence[str], place: int) -> tuple[int, str, bool]:
    """The known phrase that explains most letters from here on; a unit (tỉnh, xã) that is read rightly goes before."""
    chosen, most = (0, "", False), (False, 0.0)
    for count, phrase, names in known_phrases():
        read = words[place : place + count]
        likeness = alike(" ".join(read), phrase) if len(read) == count else 0.0
        unit = phrase in terms().units
        least = EXACT if unit else _least(phrase)
        explained = (likeness >= EXACT and unit, likeness * len(letters(phrase)))
        if likeness < least or explained <= most or (place and _other_word(read, phrase, words)):
            continue
        if _word_by_word(read, phrase.split(), likeness):
            chosen, most = (count, phrase, names), explained
    return chosen


def _other_word(read: Sequence[str], phrase: str, words: Sequence[str]) -> bool:
    """Within a name that kept its marks a lone word means what it says: Phong Dinh is no Phòng."""
    bare = not any(marks(normalise(word)) for word in words)
    return len(read) == 1 and not bare and marks(normalise(read[0])) < marks(normalise(phrase))


def _word_by_word(read: Sequence[str], phrase: Sequence[str], likeness: float) -> bool:
    """Marks may be wrong where all letters of several words are right; else they may only be lost."""
    if likeness >= EXACT and len(phrase) > 1:
        return True
    return all(alike(*pair) >= EACH_WORD and kept(*pair) for pair in zip(read, phrase, strict=True))


def kept(read: str, name: str) -> bool:
    """Whether the reading bears no mark that the name has not: marks are lost, but seldom won."""
    own = {mark for _, mark in marks(normalise(read.translate(ETH)))}
    return own <= {mark for _, mark in marks(normalise(name))}


def _capitals(word: str) -> bool:
    return len(word) > 1 and word.isupper()


def _cased(word: str, *, proper: bool) -> str:
    if not _capitals(word):
        return word
    if word.lower() in LOWER:
        return word.lower()
    return word.capitalize() if proper else word.lower()


def sentence(text: str) -> str:
    """A title in capitals as a sentence: first letters and known names large; other text stays as it is."""
    if not capitals(text):
        return text[:1].upper() + text[1:]
    words = text.split()
    written: list[str] = []
    place = 0
    while place < len(words):
        count, name = _place_at(words, place)
        written.append(name or words[place].lower())
        place += max(1, count)
    joined = QUOTED.sub(lambda found: found[0].upper(), " ".join(written))
    first = next((index for index, letter in enumerate(joined) if letter.isalpha()), 0)
    return joined[:first] + joined[first : first + 1].upper() + joined[first + 1 :]


def _place_at(words: Sequence[str], place: int) -> tuple[int, str]:
    for count in (4, 3, 2):
        read = " ".join(words[place : place + count])
        name = best(read.strip("“”\"',.;:()"), (*terms().places, "Việt Nam"), EXACT)
        if name and len(words) - place >= count:
            lead = read[: len(read) - len(read.lstrip("“”\"'("))]
            tail = read[len(read.rstrip("“”\"',.;:)")) :]
            return count, lead + name + tail
    return 0, ""


def capitals(text: str) -> bool:
    cased = [letter for letter in text if letter.isalpha()]
    return sum(letter.isupper() for letter in cased) > 0.7 * len(cased)


@cache
def surnames() -> dict[str, list[str]]:
    """By their form without marks."""
    table: dict[str, list[str]] = {}
    for name in terms().surnames:
        table.setdefault(fold(name), []).append(normalise(name))
    return table


def is_surname(word: str) -> bool:
    """Đặng, ĐẶNG, Đăng or Dang, which lost marks, but not Đảng, which has another."""
    read = normalise(word.translate(ETH))
    return any(marks(read) <= marks(name) for name in surnames().get(fold(read), ()))


def marks(text: str) -> set[tuple[int, str]]:
    """Each mark and which letter bears it."""
    return {(place, mark) for place, letter in enumerate(text) for mark in unicodedata.normalize("NFD", letter)[1:]} | {
        (place, letter) for place, letter in enumerate(text) if letter == "đ"
    }


def is_person(text: str) -> bool:
    """Two to five words with large initials, the first of them a surname of the country (Đặng, but not Đảng)."""
    return like_name(text) and is_surname(text.split(maxsplit=1)[0])


def like_name(text: str) -> bool:
    """Two to five words with large initials: a name in any language, or a short title."""
    words = text.strip(" .,;").split()
    return 2 <= len(words) <= LONGEST_NAME and all(NAME.match(word) and word[0].isupper() for word in words)


def written_person(text: str) -> str:
    return " ".join(
        word.capitalize() if _capitals(word) else word for word in text.translate(ETH).strip(" .,;").split()
    )

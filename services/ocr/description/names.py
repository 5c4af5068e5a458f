"""Names of bodies, places and people: how to tell them and how to write them when they stand in capitals."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from services.ocr.description.matching import alike, begins, best, letters, plain
from services.ocr.description.terms import terms
from shared.vietnamese import fold

SHORT = {"ubnd": "Ủy ban nhân dân", "hdnd": "Hội đồng nhân dân", "thpt": "Trung học phổ thông", "nxb": "Nhà xuất bản"}
LOWER = frozenset("và của các về cho tại".split())
EXACT = 0.99
NEAR = 0.86
FIRST_WORD = 0.5
"""Least likeness of its first word: a phrase must not begin a word too early."""
NAME = re.compile(r"^[^\W\d_][\w'’.]*$")
LONGEST_NAME = 5


@cache
def heads() -> tuple[str, ...]:
    return (*terms().bodies.named, *terms().bodies.purpose, "UBND", "HĐND")


def body_head(text: str) -> str | None:
    """The words that a body's name begins with, in their right spelling; short heads must be read without a fault."""
    found = begins(text, heads(), NEAR)
    if found is None or len(letters(found)) > 4:
        return found
    first = next((word for word in text.split() if letters(word)), "")
    return found if alike(first, found) >= EXACT else None


def place_name(text: str) -> str | None:
    """A known place in its right spelling."""
    least = EXACT if len(letters(text)) < 6 else NEAR
    return best(text, terms().places, least)


@cache
def known_phrases() -> tuple[tuple[int, str, bool], ...]:
    """Number of words, right spelling, and whether a proper name follows; longest first."""
    named = {*terms().bodies.named, *terms().units}
    every = [*heads(), *terms().phrases, *terms().units, *terms().places]
    phrases = dict.fromkeys(every)
    return tuple(sorted(((len(phrase.split()), phrase, phrase in named) for phrase in phrases), reverse=True))


def written_name(text: str) -> str:
    """A name read in capitals as it is written in a sentence: ỦY BAN NHÂN DÂN TỈNH KON TUM → Ủy ban nhân dân tỉnh Kon Tum.

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
        yield _cased(words[place], proper=proper or place == 0 or not _capitals(words[place]))
        proper, place = proper, place + 1


def _phrase_at(words: Sequence[str], place: int) -> tuple[int, str, bool]:
    """The known phrase that explains most letters from here on."""
    chosen, most = (0, "", False), 0.0
    for count, phrase, names in known_phrases():
        if len(words) - place < count or alike(words[place], phrase.split()[0]) < FIRST_WORD:
            continue
        likeness = alike(" ".join(words[place : place + count]), phrase)
        least = EXACT if len(letters(phrase)) < 7 or phrase in terms().units else NEAR
        if likeness >= least and likeness * len(letters(phrase)) > most:
            chosen, most = (count, phrase, names), likeness * len(letters(phrase))
    return chosen


def _capitals(word: str) -> bool:
    return len(word) > 1 and word.isupper()


def _cased(word: str, *, proper: bool) -> str:
    if not _capitals(word):
        return word
    if word.lower() in LOWER:
        return word.lower()
    return word.capitalize() if proper else word.lower()


def sentence(text: str) -> str:
    """A title in capitals as a sentence: first letter and known names large; other text stays as it is."""
    if not capitals(text):
        return text[:1].upper() + text[1:]
    words = text.split()
    written: list[str] = []
    place = 0
    while place < len(words):
        count, name = _place_at(words, place)
        written.append(name or words[place].lower())
        place += max(1, count)
    joined = " ".join(written)
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
def surnames() -> frozenset[str]:
    return frozenset(fold(name) for name in terms().surnames)


def is_person(text: str) -> bool:
    """Two to five words with large initials, the first of them a surname of the country."""
    words = text.strip(" .,;").split()
    if not 2 <= len(words) <= LONGEST_NAME or plain(words[0]) not in surnames():
        return False
    return all(NAME.match(word) and word[0].isupper() for word in words)


def written_person(text: str) -> str:
    return " ".join(word.capitalize() if _capitals(word) else word for word in text.strip(" .,;").split())

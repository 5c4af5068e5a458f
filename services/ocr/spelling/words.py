"""Which words can be what somebody wrote: Vietnamese by its spelling rules, French and English by their line."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Literal

import yaml

from shared.vietnamese import fold
from shared.vietnamese.orthography import is_accented, is_syllable

Verdict = Literal["vietnamese", "foreign", "name", "number", "odd"]
LANGUAGES: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("languages.yaml").read_text("utf-8"))
FUNCTION_WORDS = {language: frozenset(words.split()) for language, words in LANGUAGES["function_words"].items()}
FOREIGN_LETTERS = re.compile(f"[a-z{LANGUAGES['foreign_letters']}]+")
VIETNAMESE_ONLY = re.compile(f"[^\\W\\d_a-z{LANGUAGES['foreign_letters']}]")
FOREIGN_SHARE: float = LANGUAGES["foreign_share"]
FOREIGN_TEXT: float = LANGUAGES["foreign_text"]
FOREIGN_LINE: int = LANGUAGES["foreign_line"]
LONGEST_ABBREVIATION = 8
VOWELS = frozenset("aeiouy")
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
TOKEN = re.compile(r"\S+")
EDGES = "\"'“”‘’«»()[].,;:!?…–-/*•#+"
ENUMERATION = re.compile(r"[a-zđ][).]")
NUMBER = re.compile(r"[\d.,/:%–°×+-]*\d[\d.,/:%–°×+-]*[a-z]?")
NUMERAL = re.compile(r"[IVXLC]+(?:e|er|ème)?")


@dataclass(frozen=True, slots=True)
class Judged:
    """A token without its punctuation and what it can be. letters: how many it has."""

    text: str
    verdict: Verdict
    letters: int
    accented: bool


def judge(text: str) -> Iterator[Judged]:
    """Each token of the text in order; a run of characters that holds nothing but punctuation is none."""
    lines = [bare_tokens(line) for line in unicodedata.normalize("NFC", text).splitlines() if line.strip()]
    for tokens, foreign in zip(lines, foreign_lines(lines), strict=True):
        for token in tokens:
            for part in parts_of(token):
                yield Judged(part, verdict_of(part, foreign=foreign), count_letters(part), is_accented(part))


def odd_words(lines: list[list[str]]) -> list[list[bool]]:
    """For each word of each line whether nobody spells it so, in the language of its line."""
    bare = [[unicodedata.normalize("NFC", word).strip(EDGES) for word in line] for line in lines]
    foreign = foreign_lines([[word for word in line if word] for line in bare])
    return [
        [any(verdict_of(part, foreign=is_so) == "odd" for part in parts_of(word)) for word in line]
        for line, is_so in zip(bare, foreign, strict=True)
    ]


def parts_of(token: str) -> list[str]:
    """Names joined by hyphens or strokes are judged apart: `02/QĐ-UBND`, `mi-li-mét`."""
    return [part for part in re.split(r"[-–—/]+|\.(?=[^\W\d])", token) if part.strip(EDGES)]


def bare_tokens(line: str) -> list[str]:
    tokens = (token for token in TOKEN.findall(line) if not ENUMERATION.fullmatch(token))
    return [bare for token in tokens if (bare := token.strip(EDGES))]


def foreign_lines(lines: list[list[str]]) -> list[bool]:
    """Which lines are French or English: by their own words, or, without a letter that only Vietnamese has, by the line
    before or after or by the whole text.
    """
    sure = [is_foreign(tokens, FOREIGN_SHARE) for tokens in lines]
    whole = is_foreign(list(chain.from_iterable(lines)), FOREIGN_TEXT)
    beside = [whole or any(sure[max(0, place - 1) : place + 2]) for place in range(len(lines))]
    return [
        own or (near and not any(VIETNAMESE_ONLY.search(token.lower()) for token in tokens))
        for own, near, tokens in zip(sure, beside, lines, strict=True)
    ]


def is_foreign(tokens: list[str], least: float) -> bool:
    """Whether this share of the words are those that every sentence of a language has."""
    if len(tokens) < FOREIGN_LINE:
        return False
    words = [piece for token in tokens for piece in re.split("['’]", token.lower())]
    return any(sum(word in known for word in words) >= least * len(tokens) for known in FUNCTION_WORDS.values())


def verdict_of(token: str, *, foreign: bool) -> Verdict:
    if NUMBER.fullmatch(token) or NUMERAL.fullmatch(token):
        return "number"
    if not WORD.fullmatch(token) or not regular_case(token):
        return "odd"
    if foreign and is_foreign_word(token):
        return "foreign"
    if is_syllable(token):
        return "vietnamese"
    return "name" if is_name(token) else "odd"


def is_name(token: str) -> bool:
    """An abbreviation, or a speakable word with a capital: people and places of other languages (Ksor, Blôm)."""
    abbreviation = token.isupper() and 1 < len(token) <= LONGEST_ABBREVIATION
    return abbreviation or (len(token) > 1 and token[0].isupper() and bool(VOWELS & set(fold(token))))


def is_foreign_word(token: str) -> bool:
    return FOREIGN_LETTERS.fullmatch(re.sub("['’]", "", token.lower())) is not None


def regular_case(word: str) -> bool:
    """Small, Capital or ALL CAPITALS; French elisions (L'Indochine) count from the last part."""
    last = re.split("['’]", word)[-1]
    return last.isupper() or last[1:] == last[1:].lower()


def count_letters(token: str) -> int:
    return sum(letter.isalpha() for letter in token)

"""Dates and numbers of documents as they are written, and as they are misread."""

from __future__ import annotations

import re
from functools import cache

from services.ocr.description.matching import letters
from services.ocr.description.stream import Match
from services.ocr.description.terms import terms
from shared.vietnamese import fold

DIGITS = str.maketrans({"o": "0", "O": "0", "l": "1", "I": "1", "i": "1", "|": "1"})
DATE = re.compile(
    r"\b[nu]g[a-z]{1,2}y?\s*(?P<day>[\doli]{0,2})[\s.…]*th[a-z]{2,3}\s*(?P<month>[\doli]{0,2})[\s.…]*"
    r"[nu][a-z]m\s*(?P<year>[12][\doli]{3})\b"
)
"""ngày 05 tháng 3 năm 2022, with day or month left open; over folded text."""
SHORT_DATE = re.compile(
    r"(?<![\d/])(?P<day>[\doli]{1,2})\s?[-/.]\s?(?P<month>[\doli]{1,2})\s?[-/.]\s?(?P<year>[12][\doli]{3})\b"
)
MONTHS = (
    "janvier",
    "fevrier",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "aout",
    "septembre",
    "octobre",
    "novembre",
    "decembre",
)
TAKEN_FOR = {"i": "[il1]", "n": "[nu]", "c": "[ce]"}
FRENCH_MONTHS = tuple(re.sub("[inc]", lambda letter: TAKEN_FOR[letter[0]], month) for month in MONTHS)
FRENCH_DATE = re.compile(rf"\b(?P<day>\d{{1,2}})(?:er)? (?P<month>{'|'.join(FRENCH_MONTHS)}) (?P<year>1[89]\d\d)\b")
"""le 9 février 1908, its letters misread as they often are; over folded text."""
MONTH_DATE = re.compile(
    r"(?P<day>)\bth[a-z]{2,3}\s?(?P<month>[\doli]{1,2})\s?(?:[nu][a-z]m|[-/,])\s?(?P<year>[12][\doli]{3})\b"
)
"""tháng 10 năm 2009: of a periodical or a title page; asked after the dates that name a day."""
SHORT_MONTH = re.compile(r"(?P<day>)(?<![\d/-])(?P<month>\d{1,2})\s?[/-]\s?(?P<year>[12]\d{3})(?!\d)")
"""5/2012: of an imprint only, elsewhere it is a number."""
YEAR = re.compile(r"(?<!\w)(?P<year>[1lI][89][\dOoIl]{2}|2[0Oo][\dOoIl]{2})(?!\w)")
NUMBER = re.compile(
    r"(?:\bs[o06e](?:hieu)?|\bs|\bn\s?[°º])\s?[:;.,]?\s*"
    r"(?P<number>[\doli]{0,5}[a-d]?(?:\s?/\s?[12l][09o][\doli]{2})?)\s?"
    r"(?P<code>(?:[-–/]\s?|(?<=\d)\s(?=[a-z]{1,4}[-/]))[a-z]{1,9}\d?(?:\s?[-–/]\s?[a-z][a-z0-9&.]{0,11}){0,3}"
    r"(?:/\d{1,2}(?![\d/]))?)(?!\w)"
)
"""Số: 3063 /KH-UBND, 12-CT/TU, 09/2020/NQ-HĐND, 214 VX/UB, N° 1245-A; over folded text, where the
ố may be a 6, 0 or é."""


BARE_NUMBER = re.compile(r"^(?:s[o06e]|n ?[°º]) ?[:.]? ?(?P<number>[\doli]{1,5})$")
"""A line that is a number and no more, as before the abbreviations of bodies were prescribed."""


def date_in(text: str) -> Match | None:
    """The first date of folded text that names a day, else a month."""
    patterns = (DATE, SHORT_DATE, FRENCH_DATE, MONTH_DATE)
    return next((match for pattern in patterns if (match := pattern.search(text))), None)


def iso_date(match: Match) -> str | None:
    """As much of it as is written and possible: year, year and month, or the day."""
    year, day = (int(match[part].translate(DIGITS) or 0) for part in ("year", "day"))
    month = _month(match["month"])
    if not 1 <= month <= 12:
        return f"{year}" if not month else None
    if not day:
        return f"{year}-{month:02}"
    return f"{year}-{month:02}-{day:02}" if day <= 31 else None


def _month(read: str) -> int:
    """By name or in figures; 0 where it is left open."""
    named = next((place for place, name in enumerate(FRENCH_MONTHS, start=1) if re.fullmatch(name, read)), None)
    return named or int(read.translate(DIGITS) or 0)


def written_number(number: str, code: str) -> str:
    """In the spelling that the decree gives: 3063/KH-UBND; the marks of known abbreviations restored."""
    figures = re.sub(r"\s", "", number).translate(DIGITS)
    joined = re.sub(r"\s*([-/])\s*", r"\1", code.replace("–", "-"))
    return figures + re.sub(r"[^\W_]+", lambda part: abbreviation(part[0]), joined)


def abbreviation(read: str) -> str:
    return _abbreviations().get(letters(read), read.replace("Ð", "Đ"))


@cache
def _abbreviations() -> dict[str, str]:
    known = [short for _, short in terms().types.values()]
    return {fold(short): short for short in (*terms().abbreviations, *reversed(known))}


def type_of_code(code: str) -> str | None:
    """The document type that a number's code names first; None for letters (công văn), which name none."""
    first = next(iter(re.findall(r"[^\W_]+", code)), "")
    return next((name for name, (_, short) in terms().types.items() if fold(short) == fold(first)), None)

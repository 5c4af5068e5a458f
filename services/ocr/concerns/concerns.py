"""What on a document's pages a person must judge before it is published. Rules as data in rules.yaml; no I/O."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any

import yaml

from shared.events.concerns import Concern, ConcernKind
from shared.vietnamese.secrecy import is_declassified, stamp_of

MOST_CONCERNS = 200
"""More than a person reads before deciding, and as many as an event should carry."""

_TWELVE = re.compile(r"(?<![\d.,])(\d{3})[ .]?(\d{3})[ .]?(\d{3})[ .]?(\d{3})(?![\d]|[.,]\d)")
_NINE = re.compile(r"(?<![\d.,])\d{3}[ .]?\d{3}[ .]?\d{3}(?![\d]|[.,]\d)")
_PASSPORT = re.compile(r"\b[A-Za-z]\d{7,8}\b")
_MOBILE = re.compile(r"(?<!\d)(?:\+?84|0)[ .]?(?:[35789]\d|1[2689]\d)(?:[ .-]?\d){7}(?!\d)")
"""Prefixes 03, 05, 07, 08, 09; eleven digits from 012, 016, 018, 019 before 2018 (Thông tư 22/2014/TT-BTTTT)."""
_BIRTH = re.compile(r"(?<!\d)(\d{1,2})\s*[/.-]\s*(\d{1,2})\s*[/.-]\s*((?:19|20)\d{2})(?!\d)")
_DIGIT = re.compile(r"\d")
_SHOWN_DIGITS = 2


def concerns_of(pages: Mapping[int, str], on: date) -> tuple[Concern, ...]:
    """Everything the rules find in a document's page texts (by number), the gravest first, MOST_CONCERNS at most.

    `on`: the day from which a child's age is counted.
    """
    found = [concern for number, text in sorted(pages.items()) for concern in concerns_of_page(number, text, on)]
    gravity = list(ConcernKind)
    return tuple(sorted(found, key=lambda concern: gravity.index(ConcernKind(concern.kind)))[:MOST_CONCERNS])


def concerns_of_page(number: int, text: str, on: date) -> Iterator[Concern]:
    lines = unicodedata.normalize("NFC", text).splitlines()
    whole = "\n".join(lines).lower()
    yield from _stamps(number, lines)
    yield from _marks(number, lines)
    yield from _told(number, ConcernKind.IDENTITY_NUMBER, _identity_numbers(whole, on))
    yield from _told(number, ConcernKind.CONTACT_LIST, _contacts(whole))
    yield from _told(number, ConcernKind.HEALTH, _health(whole))
    yield from _told(number, ConcernKind.MINOR, _minors(whole, on))


def masked(text: str) -> str:
    """The text with all digits but its first two hidden: it can be found on the page and not used."""
    seen = iter(range(len(text)))
    return _DIGIT.sub(lambda digit: digit[0] if next(seen) < _SHOWN_DIGITS else "•", " ".join(text.split()))


def _stamps(number: int, lines: Sequence[str]) -> Iterator[Concern]:
    stamps = [line.strip() for line in lines if stamp_of(line)]
    if not stamps:
        return
    lifted = next((line for line in lines if is_declassified(line)), None)
    if lifted:
        yield _concern(number, ConcernKind.SENSITIVE_MARK, "declassified-stamp", [f"{stamps[0]} / {lifted.strip()}"])
    else:
        degree = stamp_of(stamps[0])
        yield _concern(number, ConcernKind.STATE_SECRET, f"stamp-{degree}", stamps)


def _marks(number: int, lines: Sequence[str]) -> Iterator[Concern]:
    marks = set(rules()["sensitive-mark"]["lines"])
    found = [line.strip() for line in lines if " ".join(line.strip(" \t|[](){}*.\"'“”-–_").split()) in marks]
    yield from _told(number, ConcernKind.SENSITIVE_MARK, found)


def _identity_numbers(page: str, on: date) -> list[str]:
    rule = rules()["identity-number"]
    near = [_number_after(page, cue.end(), rule["reach"]) for cue in _cue_pattern(tuple(rule["cues"])).finditer(page)]
    beside_cue = {f"{cue}" for cue in near if cue}
    alone = {found[0] for found in _TWELVE.finditer(page) if _is_citizen_number("".join(found.groups()), on)}
    return _in_order(page, beside_cue | (alone if len(alone) >= rule["without_cue"] else set()))


def _number_after(page: str, start: int, reach: int) -> str | None:
    window = page[start : start + reach]
    found = _TWELVE.search(window) or _NINE.search(window) or _PASSPORT.search(window)
    return found[0] if found else None


def _is_citizen_number(digits: str, on: date) -> bool:
    """By its structure: province 001 to 096, then century and sex, then a year of birth that has come."""
    century, year = divmod(int(digits[3]), 2)[0], int(digits[4:6])
    return 1 <= int(digits[:3]) <= 96 and century <= 1 and 1900 + 100 * century + year <= on.year


def _contacts(page: str) -> list[str]:
    numbers = {re.sub(r"\D", "", found[0]): found[0] for found in _MOBILE.finditer(page)}
    return list(numbers.values()) if len(numbers) >= rules()["contact-list"]["at_least"] else []


def _health(page: str) -> list[str]:
    rule = rules()["health"]
    cues = _present(page, rule["cues"])
    return cues if len(cues) >= rule["at_least"] and _present(page, rule["context"]) else []


def _minors(page: str, on: date) -> list[str]:
    rule = rules()["minor"]
    if not (_present(page, rule["cues"]) and _present(page, rule["context"])):
        return []
    births = [found[0] for found in _BIRTH.finditer(page) if _is_child_born(found, on, rule["age"])]
    return births if len(births) >= rule["at_least"] else []


def _is_child_born(found: re.Match[str], on: date, age: int) -> bool:
    day, month, year = (int(part) for part in found.groups())
    return 1 <= day <= 31 and 1 <= month <= 12 and 0 <= on.year - year <= age


def _told(number: int, kind: ConcernKind, found: Sequence[str]) -> Iterator[Concern]:
    if found:
        yield _concern(number, kind, kind, found)


def _concern(number: int, kind: ConcernKind, rule: str, found: Sequence[str]) -> Concern:
    evidence = "; ".join(masked(one) for one in islice(found, 3))[:200]
    return Concern(kind=kind, rule=rule, page=number, found=len(found), evidence=evidence)


def _present(page: str, cues: Iterable[str]) -> list[str]:
    return [cue for cue in cues if _cue_pattern((cue,)).search(page)]


def _in_order(page: str, found: Iterable[str]) -> list[str]:
    return sorted(found, key=page.index)


@cache
def _cue_pattern(cues: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, cues))})(?!\w)")


@cache
def rules() -> Mapping[str, Any]:
    """The rules by kind."""
    loaded: Mapping[str, Any] = yaml.safe_load(files(__package__).joinpath("rules.yaml").read_text("utf-8"))
    return loaded

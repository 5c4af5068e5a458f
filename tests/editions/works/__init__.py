"""The editions: tables written by hand, spread into the members of their families."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
TABLES = ("law", "literature", "local_history", "others", "research", "textbooks", "translations")
"""Shared by `tuned` and `held_out`."""
UNSEEN = "unseen"
"""Table and set that were added once `held_out` had been looked at."""
SEALED = "sealed"
"""Table and set that were written blind, by other hands, when the first three had all been looked at."""
BLIND = "blind"
"""Table and set that were written blind by yet other hands, when `sealed` had been judged too."""
FIRST_THIRTEEN = 2007
"""Year from which an ISBN has thirteen digits."""
LIKELY_ISBN = {True: 0.9, False: 0.35}
"""How many books carry one since then, and before."""


@dataclass(frozen=True)
class Person:
    name: str
    role: str = "aut"
    others: tuple[str, ...] = ()
    """Other spellings: transliterated, inverted, shortened."""


@dataclass(frozen=True)
class Publisher:
    name: str
    place: str
    short: tuple[str, ...] = ()


@dataclass(frozen=True)
class Edition:
    """One edition as it is, before anyone types it."""

    family: str
    member: int
    title: str
    people: tuple[Person, ...]
    publisher: Publisher
    year: int
    rest: str = ""
    rest_tells: bool = False
    """Whether it is what tells this edition from another of its family, so that no library leaves it out."""
    volume: str = ""
    """"set": all volumes in one description."""
    volume_name: str = ""
    edition: int = 0
    """How many times it was printed anew: 5 is "tái bản lần thứ năm"; 0 says nothing."""
    english_edition: bool = False
    pages: int = 0
    roman: int = 0
    height: int = 21
    isbn: str = ""
    language: str = "vi"
    original: str = ""
    series: str = ""
    dewey: str = ""
    topics: tuple[str, ...] = ()
    form: str = "text"
    thesis: str = ""

    @property
    def name(self) -> str:
        return f"{self.family}/{self.member}"


def check_digit(first_twelve: str) -> str:
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(first_twelve))
    return str(-total % 10)


@cache
def families() -> dict[str, tuple[Edition, ...]]:
    """All families in the order of their tables."""
    return {
        f"{table}-{number:02}": _telling(tuple(_members(f"{table}-{number:02}", rows)))
        for table in (*TABLES, UNSEEN, SEALED, BLIND)
        for number, rows in enumerate(_table(table))
    }


def editions(which: str) -> Iterator[Edition]:
    """Of a set; `tuned` and `held_out` have every other family of each table, so that no family is in both."""
    for name, members in families().items():
        if which == _set_of(name):
            yield from members


def _set_of(family: str) -> str:
    table = family.rpartition("-")[0]
    if table not in TABLES:
        return table
    return "tuned" if int(family[-2:]) % 2 == 0 else "held_out"


def _table(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))
    return rows


def _members(family: str, first: dict[str, Any]) -> Iterator[Edition]:
    base = {key: value for key, value in first.items() if key != "others"}
    isbn = ""
    for member, change in enumerate([{}, *first["others"]]):
        chance = random.Random(f"{family}/{member}")
        row = base | change
        if not {"pages", "edition", "year"} & change.keys() or {"title", "volume", "by"} & change.keys() - {"pages"}:
            row["pages"] = change.get("pages", _other_pages(base, change, chance))
        made = _edition(family, member, row, chance, people_of=member if "by" in change else 0)
        if change.get("isbn") == "shared":
            made = replace(made, isbn=isbn)
        isbn = isbn or made.isbn
        yield made


def _telling(members: tuple[Edition, ...]) -> tuple[Edition, ...]:
    rests: dict[str, set[str]] = {}
    for member in members:
        rests.setdefault(member.title, set()).add(member.rest)
    return tuple(replace(member, rest_tells=len(rests[member.title]) > 1) for member in members)


def _other_pages(base: dict[str, Any], change: dict[str, Any], chance: random.Random) -> int:
    pages: int = base.get("pages", 240)
    if not change or not pages:
        return pages
    return max(32, round(pages * chance.uniform(0.6, 1.5)))


def _edition(family: str, member: int, row: dict[str, Any], chance: random.Random, *, people_of: int) -> Edition:
    pages = int(row.get("pages", 240))
    drawn = random.Random(f"{family}/people/{people_of}")
    return Edition(
        family=family,
        member=member,
        title=row["title"],
        rest=str(row.get("rest", "")),
        people=tuple(_person(written, drawn) for written in row["by"]),
        publisher=_publisher(row["pub"]),
        year=row["year"],
        volume=str(row.get("volume", "")),
        volume_name=str(row.get("volname", "")),
        edition=row.get("edition", 0),
        english_edition=row.get("editionword") == "en",
        pages=pages,
        roman=chance.choice([0, 0, 0, 8, 12, 16]) if pages > 150 else 0,
        height=row.get("cm", 21),
        isbn="" if row.get("isbn") == "none" else _isbn(row["year"], chance),
        language=row.get("language", "vi"),
        original=row.get("original", ""),
        series=row.get("series", ""),
        dewey=str(row.get("class", "")),
        topics=tuple(row.get("topics", ())),
        form=row.get("form", "text"),
        thesis=row.get("thesis", ""),
    )


def _isbn(year: int, chance: random.Random) -> str:
    digits = f"978604{chance.randrange(10**6):06}"
    return digits + check_digit(digits) if chance.random() < LIKELY_ISBN[year >= FIRST_THIRTEEN] else ""


def _person(written: str, chance: random.Random) -> Person:
    name, role, *others = [*written.split("|"), "aut"][: max(2, written.count("|") + 1)]
    return Person(_drawn_name(chance) if name == "*" else name, role, tuple(others))


def _drawn_name(chance: random.Random) -> str:
    table = _name_parts()
    parts = [chance.choice(table[part]) for part in ("surnames", "middles", "given")]
    return " ".join(parts if chance.random() < 0.85 else [parts[0], parts[2]])


@cache
def _name_parts() -> dict[str, list[str]]:
    table: dict[str, list[str]] = yaml.safe_load((FOLDER / "people.yaml").read_text("utf-8"))
    return table


@cache
def _publishers() -> dict[str, Publisher]:
    rows = yaml.safe_load((FOLDER / "publishers.yaml").read_text("utf-8"))
    return {code: Publisher(row["name"], row["place"], tuple(row["short"])) for code, row in rows.items()}


def _publisher(written: str) -> Publisher:
    if "@" not in written:
        return _publishers()[written]
    name, place = written.split("@")
    return Publisher(name, place)

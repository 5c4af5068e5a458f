"""The items that a library's record names. No I/O.

Source: MARC 21 Format for Holdings Data; which subfields are read is data, `fields.yaml`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

import pymarc
import yaml

LONGEST = 200
"""Characters of one value that are shown."""
_PLACE, _KOHA = "852", "952"
_COUNTED = re.compile(r"\((\d{1,4})\)\s*:?\s*(.+)")
_NUMBERS = re.compile(r"\s*[;,\n]\s*")
_RANGE = re.compile(r"(.*?)(\d{1,12})\s*-\s*(\d{1,12})")


class Lending(StrEnum):
    """What the record itself says of a piece."""

    LENDABLE = "lendable"
    ON_SITE = "on-site"
    LOST = "lost"
    AWAY = "away"
    """Ordered, or being bound: not there yet."""


@dataclass(frozen=True, slots=True)
class Item:
    """One piece, by the number that the library lends it under; without a number `copies` pieces that are alike."""

    number: str | None = None
    location: str = ""
    shelf_mark: str = ""
    part: str = ""
    """Which volume or issue it is."""
    note: str = ""
    copies: int = 1
    lending: Lending = Lending.LENDABLE


@dataclass(frozen=True, slots=True)
class Stock:
    """What a record says that its library has. statements: which volumes of a serial there are, in words."""

    items: tuple[Item, ...]
    statements: tuple[str, ...]


@dataclass
class _Shelf:
    """One place of a record: what its pieces have in common, how many it counts, and those that have numbers."""

    common: Item
    link: str = ""
    counted: int = 0
    pieces: dict[str, Item] = field(default_factory=dict)

    def add(self, number: str, **given: Any) -> None:
        if key_of(number):
            self.pieces.setdefault(key_of(number), replace(self.common, number=number, copies=1, **given))

    def items(self) -> Iterator[Item]:
        yield from self.pieces.values()
        rest = max(self.counted, 0 if self.pieces else 1) - len(self.pieces)
        if rest > 0:
            yield replace(self.common, copies=rest)


def key_of(number: str) -> str:
    """What a number is compared by: events can hold neither blanks nor slashes, and people mix capitals with others."""
    return "".join(unicodedata.normalize("NFC", number).split()).replace("/", "").casefold()


def stock_of(record: pymarc.Record) -> Stock:
    """The items of a record in the order of its fields."""
    by_tag: dict[str, list[pymarc.Field]] = {}
    for one in record.fields:
        if one.tag in _tags():
            by_tag.setdefault(one.tag, []).append(one)
    if not by_tag:
        return Stock((), ())
    shelves = _shelves(by_tag)
    koha = [item for one in by_tag.get(_KOHA, ()) if (item := _of_koha(one))]
    named = (*(item for shelf in shelves for item in shelf.items()), *koha)
    return Stock(tuple(_each_once(named)), tuple(_statements(by_tag)))


def together(stocks: Iterable[Stock]) -> Stock:
    """What several records of one library say that it has."""
    told = list(stocks)
    items = (item for stock in told for item in stock.items)
    statements = dict.fromkeys(said for stock in told for said in stock.statements)
    return Stock(tuple(_each_once(items)), tuple(statements))


def count_items(record: pymarc.Record) -> int:
    """How many pieces a record names."""
    return sum(item.copies for item in stock_of(record).items)


def _each_once(items: Iterable[Item]) -> Iterator[Item]:
    """Each number once, however many fields or records repeat it."""
    seen: set[str] = set()
    for item in items:
        key = key_of(item.number or "")
        if key not in seen:
            yield item
        if key:
            seen.add(key)


def _shelves(by_tag: Mapping[str, Sequence[pymarc.Field]]) -> list[_Shelf]:
    rules = _rules()["place"]
    shelves: list[_Shelf] = []
    for one in by_tag.get(_PLACE, ()):
        _add_place(shelves, _values(one), rules)
    for tag in _rules()["piece"]["tags"]:
        for one in by_tag.get(tag, ()):
            _add_piece(shelves, _values(one), _rules()["piece"])
    return shelves


def _add_place(shelves: list[_Shelf], said: Mapping[str, list[str]], rules: Mapping[str, Any]) -> None:
    """A field without a place or mark of its own tells of pieces that stand where the last one said."""
    marks = said.get(rules["counted_mark"], [])
    counted = _COUNTED.fullmatch(marks[0]) if marks else None
    common = Item(
        location=_joined(said, rules["where"]) or _first(said, rules["institution"]),
        shelf_mark=_joined(said, [*rules["mark"], *([] if counted else rules["counted_mark"])]),
        part=_first(said, rules["part"]),
        note=_first(said, rules["note"]),
    )
    numbers = [number for value in said.get(rules["number"], ()) for number in _NUMBERS.split(value)]
    placed = bool(counted or common.location or common.shelf_mark)
    if placed or (numbers and not shelves):
        shelves.append(_Shelf(common, _link(said, rules), _copies(_first(said, rules["copies"]))))
    for number in numbers:
        shelves[-1].add(number, part=common.part, note=common.note)
    if counted:
        room = _rules()["most_items"] - sum(len(shelf.pieces) for shelf in shelves)
        _add_counted(shelves[-1], int(counted[1]), counted[2], room)


def _add_counted(shelf: _Shelf, count: int, written: str, room: int) -> None:
    """Numbers written as a list with a count before it; where the count says otherwise, the list is a shelf mark."""
    shelf.counted = min(count, _rules()["most_copies"])
    numbers = [number for part in _NUMBERS.split(written) for number in _range(part, shelf.counted)]
    if len(numbers) == shelf.counted <= room:
        for number in numbers:
            shelf.add(number)
    else:
        shelf.common = replace(shelf.common, shelf_mark=written[:LONGEST])


def _range(part: str, most: int) -> list[str]:
    """`MT.001234-6` is MT.001234, MT.001235, MT.001236: what stands behind the dash is put for the last digits."""
    found = _RANGE.fullmatch(part)
    if not found:
        return [part] if part else []
    stem, first, end = found.groups()
    last = int(first[: -len(end)] + end) if len(end) < len(first) else int(end)
    if not 0 <= last - int(first) < most:
        return [part]
    return [f"{stem}{number:0{len(first)}}" for number in range(int(first), last + 1)]


def _add_piece(shelves: list[_Shelf], said: Mapping[str, list[str]], rules: Mapping[str, Any]) -> None:
    """A piece belongs to the place that bears the same link, else to the last one."""
    number = _first(said, rules["number"])
    if not key_of(number):
        return
    if not shelves:
        shelves.append(_Shelf(Item()))
    link = _link(said, rules)
    shelf = next((shelf for shelf in shelves if link and shelf.link == link), shelves[-1])
    common = shelf.common
    shelf.add(
        number,
        location=_joined(said, rules["where"]) or common.location,
        part=_first(said, rules["part"]) or common.part,
        note=_first(said, rules["note"]) or common.note,
    )


def _of_koha(one: pymarc.Field) -> Item | None:
    rules = _rules()["koha"]
    said = _values(one)
    if not any(said.get(code) for code in rules["needs"]) or _flag(said, rules["withdrawn"]):
        return None
    return Item(
        number=_first(said, rules["number"]) or None,
        location=_joined(said, rules["where"]),
        shelf_mark=_joined(said, rules["mark"]),
        part=_first(said, rules["part"]),
        note=_first(said, rules["note"]),
        lending=_lending(said, rules),
    )


def _lending(said: Mapping[str, list[str]], rules: Mapping[str, Any]) -> Lending:
    if _flag(said, rules["lost"]):
        return Lending.LOST
    flag = _flag(said, rules["not_for_loan"])
    if flag.startswith("-"):
        return Lending.AWAY
    return Lending.ON_SITE if flag else Lending.LENDABLE


def _flag(said: Mapping[str, list[str]], code: str) -> str:
    return _first(said, code).strip("0")


def _statements(by_tag: Mapping[str, Sequence[pymarc.Field]]) -> Iterator[str]:
    for tag in _rules()["statements"]:
        for one in by_tag.get(tag, ()):
            if said := _first(_values(one), "a"):
                yield said


def _values(one: pymarc.Field) -> dict[str, list[str]]:
    """What a field says by its codes; blanks at both ends and the marks between parts of a list are nobody's."""
    said: dict[str, list[str]] = {}
    for part in one.subfields:
        if text := " ".join(part.value.split()).strip(" ;,"):
            said.setdefault(part.code, []).append(text)
    return said


def _first(said: Mapping[str, list[str]], code: str) -> str:
    return said.get(code, [""])[0][:LONGEST]


def _joined(said: Mapping[str, list[str]], codes: Iterable[str]) -> str:
    parts = [value for code in codes for value in said.get(code, ())]
    return " ".join(dict.fromkeys(parts))[:LONGEST]


def _link(said: Mapping[str, list[str]], rules: Mapping[str, Any]) -> str:
    """The number that links fields of one place, without its sequence: 1.2 belongs to 1."""
    return _first(said, rules["link"]).partition(".")[0].partition("\\")[0]


def _copies(written: str) -> int:
    counted = int(written) if written.isdecimal() and len(written) < 10 else 0
    return counted if counted <= _rules()["most_copies"] else 0


@cache
def _rules() -> Mapping[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(
        files("services.catalog.holdings").joinpath("fields.yaml").read_text(encoding="utf-8")
    )
    return loaded


@cache
def _tags() -> frozenset[str]:
    return frozenset({_PLACE, _KOHA, *_rules()["piece"]["tags"], *_rules()["statements"]})

"""A file of brief MARC 21 records in Vietnamese, as a province's library would send: the same seed, the same bytes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pymarc
from pymarc import Field, Indicators, Subfield

from services.catalog.formats import Format, write
from services.catalog.search import SearchEntry
from tests.benchmarks.editions import SEED, Editions

AGAIN = 0.2
"""Share of records that describe an edition which an earlier record describes."""
COPIED = 0.5
"""Share of those that say exactly what it says, under a number of their own."""
LOOKED_BACK = 2000
"""Among so many editions before it the described one is."""
LANGUAGES = {"vi": "vie", "en": "eng", "fr": "fre", "ru": "rus", "zh": "chi"}
PLACES = ("H.", "Tp. Hồ Chí Minh", "Đà Nẵng", "Huế", "Cần Thơ")
NONE, TITLE, PERSON = Indicators(" ", " "), Indicators("1", "0"), Indicators("1", " ")


def write_file(path: Path, count: int, seed: int = SEED) -> None:
    """Write so many records as ISO 2709."""
    with path.open("wb") as file:
        file.writelines(write(brief_records(count, seed), Format.MARC21))


def brief_records(count: int, seed: int = SEED) -> Iterator[pymarc.Record]:
    """Records numbered from 1; see AGAIN and COPIED."""
    chance = random.Random(seed)
    editions = Editions(seed).make(count)
    lately: list[SearchEntry] = []
    for number in range(1, count + 1):
        if lately and chance.random() < AGAIN:
            yield record_of(number, chance.choice(lately), otherwise=chance.random() >= COPIED)
            continue
        entry = next(editions)
        lately = [*lately[-LOOKED_BACK + 1 :], entry] if len(lately) < LOOKED_BACK else _with(lately, entry, number)
        yield record_of(number, entry)


def _with(lately: list[SearchEntry], entry: SearchEntry, number: int) -> list[SearchEntry]:
    lately[number % LOOKED_BACK] = entry
    return lately


def record_of(number: int, entry: SearchEntry, *, otherwise: bool = False) -> pymarc.Record:
    """`otherwise`: typed by somebody with other habits, so that it is no copy."""
    edition = int(entry.id.removeprefix("c-"), 16)
    author, publisher = entry.creators[0], entry.publishers[0]
    record = pymarc.Record(leader="00000nam a2200000 a 4500", force_utf8=True)
    record.fields = [
        Field("001", data=f"vtls{number:09}"),
        Field("008", data=f"{edition % 25:02}0315s{entry.year}    vm            000 0 {LANGUAGES[entry.language]} d"),
        Field("020", NONE, [Subfield("a", _isbn(edition))]),
        *([] if otherwise else [Field("082", Indicators("0", "4"), [Subfield("a", entry.classes[0])])]),
        Field("100", PERSON, [Subfield("a", f"{author},"), Subfield("e", "tác giả")]),
        Field("245", TITLE, [Subfield("a", f"{entry.title} /"), Subfield("c", author)]),
        Field("260", NONE, _imprint(edition, publisher, entry.year or 0, otherwise=otherwise)),
        Field("300", NONE, [Subfield("a", entry.extent if otherwise else f"{entry.extent} ;"), *_size(otherwise)]),
        *(Field("650", Indicators(" ", "4"), [Subfield("a", subject)]) for subject in entry.subjects),
    ]
    return record


def _imprint(edition: int, publisher: str, year: int, *, otherwise: bool) -> list[Subfield]:
    house = publisher.replace("Nxb", "Nhà xuất bản") if otherwise else publisher
    place = PLACES[edition % len(PLACES)]
    return [Subfield("a", f"{place} :"), Subfield("b", f"{house},"), Subfield("c", str(year))]


def _size(otherwise: bool) -> list[Subfield]:
    return [] if otherwise else [Subfield("c", "21 cm")]


def _isbn(edition: int) -> str:
    digits = f"978604{edition % 10**6:06}"
    check = -sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10
    return f"{digits}{check}"

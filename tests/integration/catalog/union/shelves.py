"""Catalogues of libraries that describe partly the same books, each in its own way; the same seed, the same books."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import pymarc
from pymarc import Field, Indicators, Subfield

TOPICS = (
    "Lịch sử", "Địa chí", "Văn hóa dân gian", "Giáo trình", "Từ điển", "Truyện cổ tích", "Kỹ thuật trồng", "Tuyển tập",
    "Cơ sở lý thuyết", "Hướng dẫn thực hành", "Danh nhân", "Bài tập", "Luật", "Phong tục", "Nghệ thuật", "Sổ tay",
)  # fmt: skip
THINGS = (
    "làng nghề", "đất nước", "Đảng bộ huyện", "lúa nước", "cà phê", "kinh tế vi mô", "toán cao cấp", "quan họ",
    "chèo cổ", "hóa học hữu cơ", "cơ sở dữ liệu", "đình chùa", "y học cổ truyền", "môi trường biển", "dân ca",
)  # fmt: skip
PLACES = (
    "Bắc Giang", "Mê Linh", "Hội An", "Thái Bình", "Cần Thơ", "Điện Biên", "Quảng Ngãi", "Sóc Trăng", "Phú Thọ",
)  # fmt: skip
FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Đặng", "Vũ", "Bùi", "Đỗ", "Ngô")
MIDDLE = ("Văn", "Thị", "Đức", "Minh", "Ngọc", "Quang", "Thu", "Xuân")
GIVEN = ("Hòa", "Bình", "Lan", "Tuấn", "Hương", "Đạt", "Thủy", "Sơn", "Mai", "Long", "Khuê", "Ánh")
HOUSES = ("Giáo dục", "Khoa học xã hội", "Văn học", "Trẻ", "Kim Đồng", "Chính trị quốc gia", "Thống kê", "Nông nghiệp")
NONE, TITLE, PERSON = Indicators(" ", " "), Indicators("1", "0"), Indicators("1", " ")


@dataclass(frozen=True)
class Book:
    """One edition."""

    number: int
    title: str
    author: str
    house: str
    year: int
    pages: int
    isbn: str | None


def books(count: int, seed: int = 4) -> list[Book]:
    chosen = random.Random(seed)
    return [_book(number, chosen) for number in range(count)]


def catalogue(shelf: list[Book], *, manner: int = 0, start: int = 1) -> Iterator[pymarc.Record]:
    """The books as one library types them: its own numbers, its own abbreviations."""
    for place, book in enumerate(shelf, start):
        yield _record(book, place, manner)


def iso2709(records: Iterator[pymarc.Record]) -> bytes:
    return b"".join(record.as_marc() for record in records)


def _book(number: int, chosen: random.Random) -> Book:
    title = f"{chosen.choice(TOPICS)} {chosen.choice(THINGS)} {chosen.choice(PLACES)} {_roman(number)}"
    author = f"{chosen.choice(FAMILY)} {chosen.choice(MIDDLE)} {chosen.choice(GIVEN)}"
    isbn = _isbn(number) if chosen.random() < 0.6 else None
    return Book(number, title, author, chosen.choice(HOUSES), chosen.randint(1975, 2025), chosen.randint(60, 900), isbn)


def _record(book: Book, number: int, manner: int) -> pymarc.Record:
    record = pymarc.Record(leader="00000nam a2200000 a 4500", force_utf8=True)
    brief = manner % 2 == 1
    house = f"Nxb. {book.house}" if brief else book.house
    extent = f"{book.pages}tr." if brief else f"{book.pages} tr. ; 21 cm"
    record.fields = [
        Field("001", data=f"{'B' if brief else 'vtls'}{number:07}"),
        Field("008", data=f"{(book.year + manner) % 100:02}0315s{book.year}    vm            000 0 vie d"),
        *([Field("020", NONE, [Subfield("a", book.isbn)])] if book.isbn else []),
        Field("100", PERSON, [Subfield("a", f"{book.author}," if brief else book.author)]),
        Field("245", TITLE, [Subfield("a", f"{book.title} /"), Subfield("c", book.author)]),
        Field("260", NONE, [Subfield("a", "H. :"), Subfield("b", f"{house},"), Subfield("c", str(book.year))]),
        Field("300", NONE, [Subfield("a", extent)]),
        *([] if brief else [Field("650", Indicators(" ", "4"), [Subfield("a", book.title.split()[0])])]),
    ]
    return record


def _roman(number: int) -> str:
    """A word of its own for each number, so that titles differ by more than a digit."""
    syllables = ("ba", "ca", "đa", "ga", "ha", "la", "ma", "na", "pha", "tha")
    return " ".join(syllables[int(digit)] for digit in f"{number:05}")


def _isbn(number: int) -> str:
    digits = f"978604{number:06}"
    check = -sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10
    return f"{digits}{check}"

"""A library types an edition: a MARC 21 record by its habits, with its slips."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pymarc
import yaml

from tests.editions import wording
from tests.editions.works import Edition

TYPES = {
    "text": "am",
    "serial": "as",
    "map": "em",
    "score": "cm",
    "sound": "im",
    "video": "gm",
    "electronic": "mm",
    "braille": "am",
}
CARRIERS = {
    "sound": ["1 đĩa CD", "1 CD", "01 đĩa MP3", "1 CD audio"],
    "video": ["1 đĩa DVD", "1 DVD", "01 đĩa VCD"],
    "electronic": ["1 tệp PDF", "1 nguồn trực tuyến", "1 CD-ROM", "Tài liệu điện tử"],
    "map": ["1 tờ", "1 bản đồ", "1 bản đồ : màu"],
    "serial": ["", "q.", "số"],
}
MEDIA = {
    "sound": ("n", "audio"),
    "video": ("n", "video"),
    "electronic": ("t", "computer"),
    "braille": ("t", "unmediated"),
}
LANGUAGES = {"vi": "vie", "en": "eng", "fr": "fre", "ru": "rus", "zh": "chi", "ja": "jpn", "pt": "por"}
PLACES = {
    "Hà Nội": {"short": "H.", "dotted": "H.", "abbreviated": "HN"},
    "Thành phố Hồ Chí Minh": {"short": "Tp. Hồ Chí Minh", "dotted": "T.P. Hồ Chí Minh", "abbreviated": "TP.HCM"},
}
RUNNING = "{:06}"


@dataclass(frozen=True)
class Library:
    name: str
    sets: tuple[str, ...]
    care: float
    unicode: str
    case: str
    marks: bool
    tones: str
    y: str
    names: str
    people: str
    role: str
    statement: str
    title: str
    volume: str
    volword: str
    edition: str
    pub: str
    place: str
    year: str
    extent: str
    pagesword: str
    isbn: str
    fixed: bool | str
    leader: str
    series: bool
    subjects: bool
    rest: str
    rda: bool = False
    ocr: bool = False
    roman: bool = True
    classed: bool = True


@cache
def libraries(which: str) -> tuple[Library, ...]:
    """Those whose records stand in a set."""
    rows = yaml.safe_load(Path(__file__).with_name("libraries.yaml").read_text("utf-8"))
    made = [Library(name, tuple(row.pop("sets")), classed=row.pop("class"), **row) for name, row in rows.items()]
    return tuple(library for library in made if which in library.sets)


class Typist:
    """One typing of one edition; `chance` is seeded by both."""

    def __init__(self, edition: Edition, library: Library) -> None:
        self.edition = edition
        self.library = library
        self.chance = random.Random(f"{edition.name}/{library.name}")
        self.names = [] if library.people == "statement_only" or self._slips(0.7) else self._names()

    def record(self) -> pymarc.Record:
        record = pymarc.Record(force_utf8=True)
        record.leader = pymarc.Leader(f"00000n{self._type()} a2200000 a 4500")
        record.add_field(pymarc.Field("001", data=f"{self.library.name}-{self.chance.randrange(10**7):07}"))
        for field in (
            *self._fixed(), *self._isbn(), *self._language(), *self._class(), *self._main_names(), self._title(),
            *self._edition(), *self._imprint(), *self._extent(), *self._media(), *self._series(), *self._thesis(),
            *self._subjects(), *self._added_names(),
        ):  # fmt: skip
            record.add_ordered_field(field)
        return record

    def _slips(self, share: float = 1.0) -> bool:
        return self.chance.random() > 1 - (1 - self.library.care) * share

    def _text(self, text: str) -> str:
        library = self.library
        if library.tones == "new":
            text = wording.newer_tones(text)
        if library.y == "i":
            text = wording.with_i(text)
        if not library.marks:
            text = wording.without_marks(text)
        if library.case == "all_caps":
            text = text.upper()
        if library.case == "lower":
            text = text.lower()
        return unicodedata.normalize("NFD" if library.unicode == "nfd" else "NFC", text)

    def _field(self, tag: str, *subfields: tuple[str, str], indicators: str = "  ") -> pymarc.Field:
        kept = [pymarc.Subfield(code, self._text(value)) for code, value in subfields if value]
        return pymarc.Field(tag, pymarc.Indicators(*indicators), kept)

    def _type(self) -> str:
        return TYPES[self.edition.form] if self.library.leader == "right" else "am"

    def _fixed(self) -> Iterator[pymarc.Field]:
        fixed = self.library.fixed
        if fixed is False:
            return
        year = "    " if fixed == "blank" else str(self.edition.year)
        language = "   " if fixed == "blank" else LANGUAGES[self.edition.language]
        serial = "c" + year + "9999" if self.edition.form == "serial" else "s" + year + "    "
        item = (
            {"braille": "f", "electronic": "s"}.get(self.edition.form, " ") if self.library.leader == "right" else " "
        )
        yield pymarc.Field("008", data=f"110520{serial}vm       {item}     000 0 {language} d"[:40].ljust(40))

    def _isbn(self) -> Iterator[pymarc.Field]:
        habit, isbn = self.library.isbn, self.edition.isbn
        if habit == "running":
            yield self._field("020", ("a", RUNNING.format(self.chance.randrange(1, 9000))))
        elif isbn and habit != "none" and not self._slips(2):
            yield self._field("020", *self._isbn_written(isbn, habit))

    def _isbn_written(self, isbn: str, habit: str) -> list[tuple[str, str]]:
        if self._slips():
            place = self.chance.randrange(3, 12)
            isbn = isbn[:place] + str((int(isbn[place]) + 1) % 10) + isbn[place + 1 :]
        if habit == "ten" or (self.edition.year < 2007 and habit != "plain"):
            isbn = _ten(isbn)
        hyphens = f"{isbn[:3]}-{isbn[3:6]}-{isbn[6:8]}-{isbn[8:12]}-{isbn[12:]}" if len(isbn) == 13 else isbn
        price = f"{self.chance.randrange(12, 190)}000đ"
        return {
            "hyphens": [("a", hyphens), ("c", price)],
            "plain": [("a", isbn)],
            "ten": [("a", isbn)],
            "price": [("a", f"{isbn} : {price}")],
            "wrong_field": [("z", hyphens)],
        }[habit]

    def _language(self) -> Iterator[pymarc.Field]:
        edition = self.edition
        if self.library.fixed and not self._slips():
            original = LANGUAGES.get(edition.original, "")
            yield self._field(
                "041", ("a", LANGUAGES[edition.language]), ("h", original), indicators="1 " if original else "0 "
            )

    def _class(self) -> Iterator[pymarc.Field]:
        if self.library.classed and self.edition.dewey and not self._slips(3):
            shorter = self.edition.dewey[: self.chance.choice([3, 5, 7, 20])].rstrip(".")
            yield self._field("082", ("a", shorter), indicators="04")

    def _names(self) -> list[str]:
        brackets, short = self.library.role == "brackets", self.library.statement == "short"
        habit = "caps" if self.library.case == "names_caps" else self.library.names
        people = [person for person in self.edition.people if person.role != "ths" or self.library.statement == "full"]
        names = [(wording.name_of(person, habit, self.chance), person) for person in people]
        if self._slips(0.5):
            names[0] = (wording.finger_slip(names[0][0], self.chance), names[0][1])
        return [wording.with_role(name, person, short=short) if brackets else name for name, person in names]

    def _main_names(self) -> Iterator[pymarc.Field]:
        if not self.names:
            return
        habit = self.library.people
        first = self.edition.people[0]
        joined = {"joined": "; ", "joined_comma": ", "}.get(habit)
        value = joined.join(self.names) if joined else self.names[0]
        tag = "110" if first.role == "bod" and self.library.leader == "right" else "100"
        if first.role in {"edt", "com"} and habit == "fields" and self.library.names == "direct":
            return  # a compiler is an added entry for libraries that follow the rules
        yield self._field(
            tag, ("a", value), ("e", self._relator(first.role)), indicators="0 " if tag == "100" else "2 "
        )

    def _relator(self, role: str) -> str:
        words = wording.ROLE_WORDS.get(role, ("", "tác giả" if role == "aut" else ""))
        return words[1] if self.library.role == "subfield" else ""

    def _added_names(self) -> Iterator[pymarc.Field]:
        if self.library.people != "fields" or not self.names:
            return
        pairs = list(zip(self.names, self.edition.people, strict=False))
        compiled = self.edition.people[0].role in {"edt", "com"} and self.library.names == "direct"
        for name, person in pairs if compiled else pairs[1:]:
            tag = "710" if person.role == "bod" else "700"
            yield self._field(tag, ("a", name), ("e", self._relator(person.role)), indicators="0 ")

    def _title(self) -> pymarc.Field:
        library, edition = self.library, self.edition
        title = edition.title
        if library.ocr and self.chance.random() < 0.4:
            title = wording.eye_slip(title, self.chance)
        elif self._slips():
            title = wording.finger_slip(title, self.chance)
        kept = edition.rest_tells or (library.rest == "keep" and not self._slips(2))
        rest = edition.rest if kept else ""
        volume = wording.volume_of(edition, library.volume, library.volword)
        if library.edition == "in_title" and edition.edition:
            rest = f"{rest}, {wording.edition_of(edition, 'in_title', self.chance)}".strip(", ")
        if library.case == "title_caps":
            title, rest = title.upper(), rest.upper()
        statement = wording.statement_of(edition, library.statement) if library.statement != "none" else ""
        return self._field("245", *self._title_subfields(title, rest, volume, statement), indicators="10")

    def _title_subfields(self, title: str, rest: str, volume: str, statement: str) -> list[tuple[str, str]]:
        habit, name = self.library.volume, self.edition.volume_name
        whole = f"{title} : {rest}" if rest and self.library.title in {"joined", "colon"} else title
        split = rest if self.library.title == "split" else ""
        if volume and habit in {"in_title", "dash", "brackets", "bare", "words"}:
            pattern = {
                "in_title": "{}. {}",
                "dash": "{} - {}",
                "brackets": "{} ({})",
                "bare": "{} {}",
                "words": "{}, {}",
            }[habit]
            whole = pattern.format(whole, volume) + (f": {name}" if name and habit == "in_title" else "")
            volume = name = ""
        end = " /" if statement else ""
        number_code = "p" if habit == "p" else "n"
        parts = [("a", whole), ("b", split), (number_code, volume), ("p", name if volume else "")]
        parts = [(code, value) for code, value in parts if value]
        if self.library.rda or self.library.names == "direct":
            parts = _punctuated(parts)
        return [*parts[:-1], (parts[-1][0], parts[-1][1] + end), ("c", statement)]

    def _edition(self) -> Iterator[pymarc.Field]:
        written = (
            ""
            if self.library.edition == "in_title"
            else wording.edition_of(self.edition, self.library.edition, self.chance)
        )
        if written and not self._slips(2):
            yield self._field("250", ("a", written))

    def _publisher(self) -> str:
        publisher = self.edition.publisher
        house = publisher.name
        if "Trường" in house or house.startswith(
            ("Đại học", "Viện", "Sở", "Đài", "Hội Văn", "Hội Liên", "Thư viện", "Ban", "Tỉnh")
        ):
            return house
        short = self.chance.choice(publisher.short) if publisher.short else house
        return {
            "bare": house,
            "full": f"Nhà xuất bản {house}",
            "prefix": f"NXB {house}",
            "prefix_dot": f"Nxb. {house}",
            "short": short,
        }[self.library.pub]

    def _place(self) -> str:
        place = self.edition.publisher.place
        if self.library.place == "none":
            return ""
        return PLACES.get(place, {}).get(self.library.place, place)

    def _year(self) -> str:
        year = self.edition.year + (self.chance.choice([-1, 1]) if self._slips(0.2) else 0)
        if self._slips(1.5):
            return ""
        if self.edition.form == "serial":
            return f"{year}-"
        month = self.chance.randrange(1, 13)
        return {
            "plain": f"{year}", "copyright": f"c{year}", "brackets": f"[{year}]", "uncertain": f"{year}?",
            "brackets_uncertain": f"[{year}?]", "month": f"{month}/{year}",
        }[self.library.year]  # fmt: skip

    def _imprint(self) -> Iterator[pymarc.Field]:
        publisher = "" if self._slips(1.5) else self._publisher()
        parts = [("a", self._place()), ("b", publisher), ("c", self._year())]
        parts = [(code, value) for code, value in parts if value]
        if self.library.names == "direct" and len(parts) == 3:
            parts = [("a", f"{parts[0][1]} :"), ("b", f"{parts[1][1]},"), parts[2]]
        if parts:
            yield self._field(
                "264" if self.library.rda else "260", *parts, indicators=" 1" if self.library.rda else "  "
            )

    def _pages(self) -> str:
        edition, library = self.edition, self.library
        if edition.form in CARRIERS:
            return self.chance.choice(CARRIERS[edition.form])
        if edition.volume == "set":
            return f"{self.chance.choice([2, 3, 4])} tập"
        pages = edition.pages + (self.chance.choice([-2, -1, 1, 2, 4]) if self._slips(1.5) else 0)
        front = (
            f"{wording.roman(edition.roman)}, "
            if edition.roman and library.roman and self.chance.random() < 0.6
            else ""
        )
        return f"{front.lower() if library.extent == 'roman' else front}{pages}{library.pagesword}"

    def _extent(self) -> Iterator[pymarc.Field]:
        habit = self.library.extent
        written = self._pages()
        told_here = self.edition.form in MEDIA and self.edition.form != "braille"
        if not written or (not told_here and (habit == "none" or self._slips(1.5))):
            return
        height = f"{self.edition.height} cm"
        if habit == "number" and self.edition.form == "text" and self.edition.volume != "set":
            yield self._field("300", ("a", str(self.edition.pages)))
        elif habit == "tight":
            yield self._field("300", ("a", f"{written} ; {self.edition.height}cm"))
        elif habit == "slash":
            yield self._field(
                "300",
                (
                    "a",
                    f"{written}; {self.edition.height - 1 + self.chance.randrange(2)}x{self.edition.height * 2 // 3}cm",
                ),
            )
        else:
            pictures = self.chance.choice(["", "", "minh họa", "ảnh"])
            yield self._field(
                "300",
                ("a", f"{written} {':' if pictures else ';'}"),
                ("b", f"{pictures} ;" if pictures else ""),
                ("c", height),
            )

    def _media(self) -> Iterator[pymarc.Field]:
        if self.library.rda and self.edition.form in MEDIA:
            code, media = MEDIA[self.edition.form]
            yield self._field("337", ("a", media), ("b", code), ("2", "rdamedia"))
        if self.edition.form == "braille":
            yield self._field("500", ("a", "Sách chữ nổi Braille"))

    def _series(self) -> Iterator[pymarc.Field]:
        if self.edition.series and (self.library.series or self.chance.random() < 0.5):
            yield self._field("490", ("a", self.edition.series), indicators="0 ")

    def _thesis(self) -> Iterator[pymarc.Field]:
        if self.edition.thesis and self.library.fixed:
            yield self._field("502", ("a", f"Luận văn {self.edition.thesis}"))

    def _subjects(self) -> Iterator[pymarc.Field]:
        if self.library.subjects:
            for topic in self.edition.topics:
                yield self._field("650" if self.library.rda else "653", ("a", topic), indicators=" 4")


def _punctuated(parts: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """ISBD: what follows decides the sign at the end."""
    signs = {"b": " :", "n": ".", "p": ","}
    following = [code for code, _ in parts[1:]] + [""]
    return [(code, value + signs.get(after, "")) for (code, value), after in zip(parts, following, strict=True)]


def _ten(isbn: str) -> str:
    digits = isbn[3:12]
    check = -sum(int(digit) * (10 - place) for place, digit in enumerate(digits)) % 11
    return digits + ("X" if check == 10 else str(check))

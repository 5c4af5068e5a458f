"""How any library types a description: the rules' way, which the libraries of `sealed` override in their own ways."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import ClassVar

import pymarc

from tests.editions.wording import without_marks
from tests.editions.works import Edition, Person, families

Parts = list[tuple[str, str]]
LANGUAGES = {"vi": "vie", "en": "eng", "fr": "fre", "ru": "rus", "zh": "chi", "ja": "jpn", "es": "spa", "de": "ger"}
LANGUAGES |= {"pt": "por", "da": "dan", "pi": "pli"}
ORDINALS = {1: "nhất", 2: "hai", 3: "ba", 4: "tư", 5: "năm", 6: "sáu", 7: "bảy", 8: "tám", 9: "chín", 10: "mười"}
ORDINALS |= {11: "mười một", 12: "mười hai"}
LEADERS = {"sound": "im", "video": "gm", "map": "em", "score": "cm", "serial": "as", "issue": "as"}
KINDS = {
    "ebook": "tài liệu điện tử",
    "sound": "ghi âm",
    "video": "ghi hình",
    "map": "bản đồ",
    "score": "bản nhạc",
    "braille": "chữ nổi",
}
SHORT_ROLES = {"edt": "ch.b.", "com": "s.t., b.s.", "trl": "dịch", "ths": "h.d.", "art": "tranh"}
FULL_ROLES = {
    "edt": "chủ biên",
    "com": "biên soạn",
    "trl": "dịch",
    "ths": "người hướng dẫn",
    "art": "vẽ tranh",
    "aut": "tác giả",
    "bod": "cơ quan ban hành",
}
SHORT_SERIES = {"Kết nối tri thức với cuộc sống": "KNTT", "Chân trời sáng tạo": "CTST", "Cánh Diều": "Cánh Diều"}
SCHOOL_BOOKS = {"sách giáo viên": "SGV", "": "SGK"}
CONFUSED = (("s", "x"), ("tr", "ch"), ("ả", "ã"), ("ẩ", "ẫ"), ("ở", "ỡ"), ("ủ", "ũ"), ("gi", "d"), ("ng ", "n "))
"""What a southern ear writes for one another."""
TELLING = ("rest", "volume", "edition", "year", "publisher", "people", "form", "series", "language")


@cache
def telling(edition: Edition) -> frozenset[str]:
    """What tells it from those of its family whose title looks the same; `tones`: marks alone."""
    folded = without_marks(edition.title).lower()
    alike = [
        other
        for other in families()[edition.family]
        if other is not edition and without_marks(other.title).lower() == folded
    ]
    tells = {name for name in TELLING for other in alike if getattr(other, name) != getattr(edition, name)}
    return frozenset(tells | ({"tones"} if any(other.title != edition.title for other in alike) else set()))


class Hand:
    """What all have in common: AACR2 in MARC 21, as the rules have it."""

    care: ClassVar[float] = 0.96
    keeps_marks: ClassVar[bool] = True
    volume_word: ClassVar[str] = "T."
    pages_word: ClassVar[str] = "tr."
    leader_kinds: ClassVar[bool] = True

    def __init__(self, edition: Edition) -> None:
        self.edition = edition
        self.tells = telling(edition)
        self.chance = random.Random(f"sealed/{edition.name}/{type(self).__name__}")

    @classmethod
    def takes(cls, edition: Edition) -> bool:
        """Whether such a book comes to this library, and it can say which it is."""
        return cls.keeps_marks or "tones" not in telling(edition)

    def record(self) -> pymarc.Record:
        record = pymarc.Record(force_utf8=True)
        record.leader = pymarc.Leader(f"00000n{self.kind()} a2200000 a 4500")
        for tag, data in self.control():
            record.add_field(pymarc.Field(tag, data=data))
        for tag, indicators, parts in sorted(self.fields(), key=lambda field: field[0]):
            if written := [pymarc.Subfield(code, self.text(value)) for code, value in parts if value]:
                record.add_field(pymarc.Field(tag, pymarc.Indicators(*indicators), written))
        return record

    def fields(self) -> Iterator[tuple[str, str, Parts]]:
        yield from self.numbers()
        yield from self.names()
        yield "245", "10", self.title()
        yield "250", "  ", self.edition_statement()
        yield from self.imprint()
        yield "300", "  ", self.extent()
        yield from self.more()

    def text(self, value: str) -> str:
        return unicodedata.normalize("NFC", value)

    def sometimes(self, share: float) -> bool:
        return self.chance.random() < share

    def drops(self, what: str, share: float) -> bool:
        return what not in self.tells and self.sometimes(share)

    # -- leader and control fields

    def kind(self) -> str:
        return LEADERS.get(self.edition.form, "am") if self.leader_kinds else "am"

    def control(self) -> Iterator[tuple[str, str]]:
        yield "001", f"{type(self).__name__[:3].lower()}{self.chance.randrange(10**6):06}"
        if self.edition.form == "ebook":
            yield "007", "cr |||"
        entered = f"{self.chance.randrange(24):02}{self.chance.randrange(1, 13):02}{self.chance.randrange(1, 28):02}"
        item = {"ebook": "o", "braille": "f"}.get(self.edition.form, " ")
        dates = f"c{self.edition.year}9999" if self.edition.form == "serial" else f"s{self.edition.year}    "
        yield "008", f"{entered}{dates}vm     {item}     000 0 {LANGUAGES[self.edition.language]} d"

    # -- numbers

    def numbers(self) -> Iterator[tuple[str, str, Parts]]:
        if self.edition.isbn:
            yield "020", "  ", [("a", self.isbn()), ("c", f"{self.chance.randrange(8, 160) * 1000}đ")]
        if self.edition.original:
            languages = [("a", LANGUAGES[self.edition.language]), ("h", LANGUAGES[self.edition.original])]
            yield "041", "1 ", languages
        if self.edition.dewey:
            yield "082", "04", [("a", self.edition.dewey), ("2", "23")]

    def isbn(self) -> str:
        digits = self.edition.isbn
        return f"{digits[:3]}-{digits[3:6]}-{digits[6:8]}-{digits[8:12]}-{digits[12]}"

    # -- names

    def name(self, person: Person) -> str:
        return person.name

    def writers(self) -> list[Person]:
        return [person for person in self.edition.people if person.role not in {"trl", "ths", "art"}]

    def names(self) -> Iterator[tuple[str, str, Parts]]:
        entered = self.writers()[:1] if len(self.writers()) < 4 else []
        for person in self.edition.people:
            main = person in entered and person.role != "edt"
            tag = ("1" if main else "7") + ("10" if person.role == "bod" else "00")
            yield tag, "2 " if person.role == "bod" else "1 ", self.name_parts(person)

    def name_parts(self, person: Person) -> Parts:
        return [("a", self.name(person)), ("e", SHORT_ROLES.get(person.role, ""))]

    def statement(self) -> str:
        return "; ".join(f"{self.said(each)} {SHORT_ROLES.get(each.role, '')}".strip() for each in self.responsible())

    def said(self, person: Person) -> str:
        return person.name

    def responsible(self) -> list[Person]:
        return list(self.edition.people)

    # -- title

    def titled(self) -> str:
        """With a slip now and then, but never where marks alone tell which work it is."""
        clean = "tones" in self.tells or self.sometimes(self.care)
        return self.edition.title if clean else slip(self.edition.title, self.chance)

    def rest(self) -> str:
        return self.edition.rest

    def volume(self) -> str:
        volume = self.edition.volume
        if volume in {"", "set"}:
            return ""
        return f"Số {volume}" if self.edition.form == "issue" else f"{self.volume_word}{volume}"

    def title(self) -> Parts:
        rest, volume, statement = self.rest(), self.volume(), self.statement()
        parts = [("a", self.titled()), ("h", self.general_kind()), ("b", rest), ("n", volume)]
        parts += [("p", self.edition.volume_name), ("c", statement)]
        marks = {"b": " :", "n": ".", "p": " :", "c": " /"}
        return ended(parts, marks)

    def general_kind(self) -> str:
        kind = KINDS.get(self.edition.form, "")
        return f"[{kind}]" if kind else ""

    # -- edition and imprint

    def printed(self) -> str:
        """How the book itself says how often it was printed."""
        return "In" if random.Random(self.edition.name).random() < 0.25 else "Tái bản"

    def edition_statement(self) -> Parts:
        number = self.edition.edition
        if not number:
            return []
        if self.edition.english_edition or self.edition.language == "en":
            return [("a", f"{number}{ {2: 'nd', 3: 'rd'}.get(number, 'th') } ed.")]
        return [("a", self.edition_words(number))]

    def edition_words(self, number: int) -> str:
        return f"{self.printed()} lần thứ {number}"

    def place(self) -> str:
        return {"Hà Nội": "H.", "Thành phố Hồ Chí Minh": "Tp. Hồ Chí Minh"}.get(self.edition.publisher.place) or (
            self.edition.publisher.place
        )

    def publisher(self) -> str:
        return self.edition.publisher.name

    def press(self, prefix: str) -> str:
        """Its name with the word for a press before it, where it is one."""
        is_press = self.edition.publisher.short and self.edition.language == "vi"
        return f"{prefix}{self.edition.publisher.name}" if is_press else self.edition.publisher.name

    def year(self) -> str:
        return str(self.edition.year)

    def imprint(self) -> Iterator[tuple[str, str, Parts]]:
        yield (
            "260",
            "  ",
            ended([("a", self.place()), ("b", self.publisher()), ("c", self.year())], {"b": " :", "c": ","}),
        )

    # -- extent

    def pages(self) -> str:
        """Of the last numbered page; now and then somebody counts on to the last leaf."""
        pages = self.edition.pages + (self.chance.randrange(1, 5) if self.sometimes(1.3 - 1.3 * self.care) else 0)
        return f"{pages}{self.pages_word}"

    def carrier(self) -> str:
        form = self.edition.form
        if self.edition.volume == "set":
            return f"{random.Random(self.edition.name).randrange(2, 5)} tập"
        if form in {"text", "issue", "score", "braille"}:
            return self.pages() if self.edition.pages else ""
        return {"ebook": f"1 tệp PDF ({self.pages()})", "sound": "1 CD", "video": "1 DVD", "map": "1 tờ"}.get(form, "")

    def extent(self) -> Parts:
        size = f"{self.edition.height}cm" if self.edition.form not in {"ebook", "sound", "video"} else ""
        return ended([("a", self.carrier()), ("c", size)], {"c": " ;"}) if self.carrier() else []

    # -- what stands below

    def more(self) -> Iterator[tuple[str, str, Parts]]:
        yield from self.series()
        if self.edition.thesis:
            yield "502", "  ", [("a", f"Luận văn {self.edition.thesis}, {self.edition.publisher.name}")]
        for topic in self.edition.topics:
            yield "650", " 7", [("a", topic)]

    def series(self) -> Iterator[tuple[str, str, Parts]]:
        if self.edition.series:
            yield "490", "0 ", [("a", self.edition.series)]


def ended(parts: Parts, marks: dict[str, str]) -> Parts:
    """Without what is empty, and with the ISBD mark of the next subfield at the end of each."""
    present = [part for part in parts if part[1]]
    following = [marks.get(code, "") for code, _ in present[1:]] + [""]
    return [(code, value + mark) for (code, value), mark in zip(present, following, strict=True)]


def slip(text: str, chance: random.Random) -> str:
    """One slip of ear, eye or finger; figures and letters that stand alone are spared."""
    heard = [(one, other) for one, other in CONFUSED if one in text]
    if heard and chance.random() < 0.5:
        one, other = chance.choice(heard)
        return text.replace(one, other, 1)
    words = text.split(" ")
    long = [place for place, word in enumerate(words) if len(word) > 3 and word.isalpha()]
    if not long:
        return text
    place = chance.choice(long)
    bare = without_marks(words[place])
    words[place] = bare if bare != words[place] else words[place][:-2] + words[place][-1]
    return " ".join(words)


def inverted(person: Person) -> str:
    """Surname first with a comma; Vietnamese names too, as foreign rules have it."""
    for spelling in person.others:
        if "," in spelling:
            return spelling
    first, _, rest = person.name.partition(" ")
    return f"{first}, {rest}" if rest else first

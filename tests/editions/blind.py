"""The libraries that typed the set `blind`: each a class with habits of its own, and none of them typed another set.

They were written without sight of the rules that they judge. What the book says is one thing (`Copy`), what a library
makes of it another: records of one edition differ by a page or two, carry the number of another printing, miss its
statement or the year of deposit. A library leaves out much, but never what alone tells an edition from its family.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import ClassVar

import pymarc

from tests.editions.hands import telling
from tests.editions.wording import newer_tones, roman, with_i, without_marks
from tests.editions.works import FIRST_THIRTEEN, Edition, Person, families

Parts = list[tuple[str, str]]
Field = tuple[str, str, Parts]

MARC_LANGUAGES = {"vi": "vie", "en": "eng", "fr": "fre", "ru": "rus", "zh": "chi", "ja": "jpn", "de": "ger"}
LEADERS = {"sound": "im", "map": "em", "score": "cm", "serial": "as", "issue": "as"}
FIRST_GIVEN = 1995
"""Year from which books of Viet Nam carry an ISBN now and then."""
SPELLED_BY_EAR = {"en", "fr", "ru", "de", "ja"}
"""Languages whose names Vietnamese books write as they sound."""
ORDINALS = ("", "nhất", "hai", "ba", "tư", "năm", "sáu", "bảy", "tám", "chín", "mười")
SCHOOL_SERIES = {
    "Kết nối tri thức với cuộc sống": ("KNTT", "Kết nối tri thức", "KNTTVCS"),
    "Chân trời sáng tạo": ("CTST", "Chân trời"),
    "Cánh Diều": ("CD", "Cánh diều"),
}
SHORT_BODIES = {
    "Ủy ban nhân dân": "UBND",
    "Ban Chấp hành": "BCH",
    "Trường Đại học": "ĐH",
    "Bộ Giáo dục và Đào tạo": "Bộ GD&ĐT",
    "Sở Giáo dục và Đào tạo": "Sở GD&ĐT",
    "Hội Liên hiệp Phụ nữ": "Hội LHPN",
    "Trung học phổ thông": "THPT",
}
ACADEMIC = ("Giáo trình", "Bài giảng", "Nhi khoa", "Sinh lý", "Kỹ thuật điện", "Công nghệ", "Cơ học", "Nguyên lý")
BRANCHED = {"Giáo dục", "Giáo dục Việt Nam", "Lao động", "Phụ nữ", "Thanh niên", "Hội Nhà văn", "Văn hóa - Thông tin"}
"""Presses of the capital with a house in the south, which may print its own place."""
RENAMED = {
    "Giáo dục Việt Nam": "Giáo dục",
    "Phụ nữ Việt Nam": "Phụ nữ",
    "Chính trị Quốc gia - Sự thật": "Chính trị Quốc gia",
    "Tổng hợp Thành phố Hồ Chí Minh": "Tổng hợp",
}
"""Presses of a newer name that libraries still write by the older or shorter one."""
PARTNERED = {"Văn học", "Hội Nhà văn", "Lao động", "Thế giới", "Dân trí", "Hồng Đức", "Thanh niên"}
PARTNERS = ("Nhã Nam", "Đinh Tị", "Alpha Books", "Minh Long", "Huy Hoàng", "Đông A", "Trí Việt")
"""Companies that bring out books with the licence of those presses."""
NOT_THE_COURSE = ("VBT", "BT", "Vở", "Bài", "Chuyên", "Những", "Bồi", "Thiết", "Nâng", "Thực", "Tài")
WITH_PLATES = ("Địa chí", "Lịch sử", "Kỷ yếu", "Gia Lai", "Kon Tum", "Yên Bái")
TYPING = (("ng", "n"), ("ã", "ả"), ("ủ", "ũ"), ("ch", "tr"), ("s", "x"), ("ộ", "ô"), ("ề", "ê"), ("ươ", "uơ"))


class Copy:
    """What the book itself shows to whoever holds it; the same for every library."""

    def __init__(self, edition: Edition) -> None:
        chance = random.Random(f"copy/{edition.name}")
        self.edition = edition
        self.price = chance.randrange(6, 140) * 1000 + chance.choice([0, 0, 500])
        self.print_run = chance.choice([800, 1000, 1000, 1500, 2000, 3000])
        self.pictures = chance.choice(["", "", "", "minh hoạ", "minh hoạ", "ảnh", "bảng", "hình vẽ", "tranh vẽ"])
        self.plates = chance.choice([0, 4, 8, 12, 16]) if edition.title.startswith(WITH_PLATES) else 0
        has_partner = edition.year > 2004 and edition.publisher.name in PARTNERED and chance.random() < 0.4
        self.partner = chance.choice(PARTNERS) if has_partner else ""
        self.printed_again = chance.choice(["Tái bản"] * 4 + ["In"])
        self.printing = edition.edition
        if edition.publisher.name.startswith("Chính trị"):
            self.printed_again, self.printing = "Xuất bản", edition.edition + 1
        self.mended = chance.choice(["", "", "", "có sửa chữa", "có sửa chữa, bổ sung", "có chỉnh lí", "có bổ sung"])
        self.by_ear = edition.year < 1996 or chance.random() < 0.15
        self.volume_word = random.Random(f"word/{edition.family}").choice(["Tập"] * 8 + ["Quyển", "Phần"])
        if edition.height >= 24 and edition.publisher.name.startswith("Giáo dục"):
            self.volume_word = "Tập"

    def printed(self, person: Person) -> str:
        """The name on the title page: a foreign one as it sounds, in older books."""
        by_ear = [each for each in person.others if "," not in each]
        if not (by_ear and self.by_ear and is_foreign(person) and self.edition.original in SPELLED_BY_EAR):
            return person.name
        return random.Random(f"{self.edition.family}/{person.name}").choice(by_ear)

    def degree(self, person: Person) -> str:
        """Before the name of a scholar, on the covers of books for universities."""
        chance = random.Random(f"degree/{person.name}")
        learned = self.edition.title.startswith(ACADEMIC) and person.role in {"aut", "edt"}
        if is_foreign(person) or not (learned or person.role == "ths"):
            return ""
        return chance.choice(["PGS.TS. ", "TS. ", "ThS. ", "GS.TS. ", "", "GS. ", "PGS. TS "])


def is_foreign(person: Person) -> bool:
    return any(re.search(r", \D", other) for other in person.others) and person.role != "bod"


def born(person: Person) -> int:
    return random.Random(f"born/{person.name}").randrange(1890, 1975)


def reversed_name(person: Person) -> str:
    """Surname first and a comma, as foreign rules have it; Vietnamese names too."""
    for spelling in person.others:
        if re.search(r", \D", spelling):
            return spelling
    surname, _, rest = person.name.partition(" ")
    return f"{surname}, {rest}" if rest else surname


def with_jurisdiction(body: Person) -> str:
    """Viet Nam's rule: the province or the party first, what belongs to it behind a stop."""
    return next((each for each in body.others if ". " in each), body.name)


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def ten_digits(isbn: str) -> str:
    first = isbn[3:12]
    total = sum((10 - place) * int(digit) for place, digit in enumerate(first))
    return first + "0123456789X"[-total % 11]


def marked(parts: Parts, marks: dict[str, str]) -> Parts:
    """Without what is empty, the mark of the next subfield at the end of each."""
    present = [part for part in parts if part[1]]
    following = [marks.get(code, "") for code, _ in present[1:]] + [""]
    return [(code, value + mark) for (code, value), mark in zip(present, following, strict=True)]


def mistyped(text: str, chance: random.Random) -> str:
    """A letter lost, swapped or heard as another in one longer word."""
    words = text.split(" ")
    long = [place for place, word in enumerate(words) if len(word) > 3 and word.isalpha()]
    if not long:
        return text
    place = chance.choice(long)
    word = words[place]
    heard = [word[0] + word[1:].replace(one, other, 1) for one, other in TYPING if one in word[1:]]
    swapped = word[:1] + word[2] + word[1] + word[3:]
    words[place] = chance.choice([word[:-2] + word[-1], swapped, without_marks(word), *heard])
    return " ".join(words)


class Desk:
    """How any library types, as far as its own class does not know better."""

    care: ClassVar[float] = 0.96
    keeps_marks: ClassVar[bool] = True
    knows_sets: ClassVar[bool] = False
    leader_kinds: ClassVar[bool] = True
    page_word: ClassVar[str] = " tr."
    off_by_some: ClassVar[float] = 0.1
    volume_words: ClassVar[dict[str, str]] = {"Tập": "Tập ", "Quyển": "Quyển ", "Phần": "Phần "}
    credit: ClassVar[dict[str, str]] = {"edt": "{} (ch.b.)", "com": "{} (b.s.)", "trl": "{} dịch", "art": "{} (tranh)"}
    places: ClassVar[dict[str, str]] = {}
    forms: ClassVar[frozenset[str]] = frozenset({"text", "serial", "issue", "map", "score"})
    holds_theses: ClassVar[bool] = False
    shown_people: ClassVar[int] = 3
    and_more: ClassVar[str] = "..."
    drops_giao_trinh: ClassVar[float] = 0.0
    enters_many_authors: ClassVar[bool] = True

    def __init__(self, edition: Edition) -> None:
        self.edition = edition
        self.copy = Copy(edition)
        self.tells = telling(edition)
        self.chance = random.Random(f"blind/{edition.name}/{type(self).__name__}")

    @classmethod
    def takes(cls, edition: Edition) -> bool:
        """Whether such a thing comes to this library, and the library can say which it is."""
        holds = edition.form in cls.forms and (cls.holds_theses or not edition.thesis)
        tells = cls.keeps_marks or "tones" not in telling(edition)
        return holds and tells and (cls.knows_sets or edition.volume != "set")

    def record(self) -> pymarc.Record:
        record = pymarc.Record(force_utf8=True)
        kind = LEADERS.get(self.edition.form, "am") if self.leader_kinds else "am"
        record.leader = pymarc.Leader(f"00000n{kind} a2200000 a 4500")
        for tag, data in self.control():
            record.add_field(pymarc.Field(tag, data=data))
        for tag, indicators, parts in sorted(self.fields(), key=lambda field: field[0]):
            if written := [pymarc.Subfield(code, self.text(value)) for code, value in parts if value]:
                record.add_field(pymarc.Field(tag, pymarc.Indicators(*indicators), written))
        return record

    def control(self) -> Iterator[tuple[str, str]]:
        yield "001", f"{self.chance.randrange(10**6)}"

    def coded(self) -> str:
        entered = f"{self.chance.randrange(24):02}{self.chance.randrange(1, 13):02}{self.chance.randrange(1, 28):02}"
        dates = f"c{self.edition.year}9999" if self.edition.form == "serial" else f"s{self.edition.year}    "
        item = {"ebook": "o", "braille": "f"}.get(self.edition.form, " ")
        return f"{entered}{dates}vm     {item}     000 0 {MARC_LANGUAGES[self.edition.language]} d"

    def fields(self) -> Iterator[Field]:
        yield from self.numbers()
        yield from self.names()
        yield "245", "10", self.title()
        yield "250", "  ", self.printing()
        yield from self.imprint()
        yield "300", "  ", self.extent()
        yield from self.rest_of_it()

    def text(self, value: str) -> str:
        return unicodedata.normalize("NFC", value)

    def sometimes(self, share: float) -> bool:
        return self.chance.random() < share

    def drops(self, what: str, share: float) -> bool:
        return self.sometimes(share) and what not in self.tells

    # -- numbers

    def numbers(self) -> Iterator[Field]:
        if self.has_isbn():
            yield "020", "  ", [("a", self.isbn())]

    def has_isbn(self) -> bool:
        early = self.edition.year >= FIRST_GIVEN and self.sometimes(0.4)
        return bool(self.edition.isbn) and (self.edition.year >= FIRST_THIRTEEN or early)

    def isbn(self) -> str:
        digits = self.digits()
        return ten_digits(digits) if self.edition.year < FIRST_THIRTEEN else digits

    def digits(self, borrowed: float = 0.03) -> str:
        """Its own; now and then that of another printing or of the other volume, or a figure wrong."""
        kin = [each.isbn for each in families()[self.edition.family] if each.title == self.edition.title and each.isbn]
        if self.sometimes(borrowed):
            return self.chance.choice(kin)
        digits = self.edition.isbn
        if self.sometimes((1 - self.care) / 3):
            place = self.chance.randrange(5, 12)
            digits = digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]
        return digits

    def hyphenated(self) -> str:
        digits = self.isbn()
        if len(digits) == 10:
            return f"{digits[:3]}-{digits[3:5]}-{digits[5:9]}-{digits[9]}"
        return f"{digits[:3]}-{digits[3:6]}-{digits[6:8]}-{digits[8:12]}-{digits[12]}"

    # -- names

    def people(self) -> list[Person]:
        many = len(self.edition.people) if "people" in self.tells else self.shown_people
        return list(self.in_order()[:many])

    def in_order(self) -> tuple[Person, ...]:
        """As the book has them; now and then the second maker before the first."""
        people = self.edition.people
        swaps = random.Random(f"order/{self.edition.name}/{type(self).__name__}").random() < (1 - self.care)
        makers = [each for each in people[:2] if each.role in {"aut", "edt", "com"} and not is_foreign(each)]
        return (people[1], people[0], *people[2:]) if swaps and len(makers) == 2 else people

    def as_many_authors(self, share: float) -> bool:
        """Whether it writes Nhiều tác giả for three and more."""
        return len(self.edition.people) > 2 and not self.edition.original and self.drops("people", share)

    def heading(self, person: Person) -> str:
        return person.name

    def said(self, person: Person) -> str:
        return self.copy.printed(person)

    def entered(self) -> list[Person]:
        return [each for each in self.people() if self.enters_many_authors or each.name != "Nhiều tác giả"]

    def names(self) -> Iterator[Field]:
        for place, person in enumerate(self.entered()):
            main = place == 0 and person.role in {"aut", "bod"}
            tag = ("1" if main else "7") + ("10" if person.role == "bod" else "00")
            yield tag, "2 " if person.role == "bod" else "0 ", [("a", self.heading(person))]

    def statement(self) -> str:
        shown = self.people()
        makers = self.credited(each for each in shown if each.role not in {"trl", "ths"})
        others = self.credited(each for each in shown if each.role in {"trl", "ths"})
        more = self.and_more if len(shown) < len(self.edition.people) else ""
        return "; ".join(filter(None, [makers, others])) + more

    def credited(self, people: Iterable[Person]) -> str:
        """Those who did the same share its word."""
        return ", ".join(
            self.credit.get(role, "{}").format(", ".join(self.said(each) for each in those))
            for role, those in groupby(people, key=lambda person: person.role)
        )

    # -- title

    def titled(self) -> str:
        title = self.head()
        clean = "tones" in self.tells or self.sometimes(self.care)
        return title if clean else mistyped(title, self.chance)

    def head(self) -> str:
        """Without the word for a textbook, where the library puts that behind the title and no other is called so."""
        bare = capital(self.edition.title.removeprefix("Giáo trình "))
        others = {each.title for each in families()[self.edition.family]}
        moves = random.Random(f"head/{self.edition.name}/{type(self).__name__}").random() < self.drops_giao_trinh
        return bare if moves and bare not in others else self.edition.title

    def other_title(self, kept: float = 1.0) -> str:
        if self.head() != self.edition.title:
            return ": ".join(filter(None, ["giáo trình", self.edition.rest]))
        return "" if self.drops("rest", 1 - kept) else self.edition.rest

    def volume(self) -> str:
        volume = self.edition.volume
        if volume in {"", "set"}:
            return ""
        return f"Số {volume}" if self.edition.form == "issue" else self.volume_words[self.copy.volume_word] + volume

    def title(self) -> Parts:
        parts = [("a", self.titled()), ("b", self.other_title()), ("n", self.volume())]
        parts += [("p", self.edition.volume_name), ("c", self.statement())]
        return marked(parts, {"b": " :", "n": ".", "p": ",", "c": " /"})

    # -- edition and imprint

    def printing(self) -> Parts:
        number = self.edition.edition
        if not number:
            return [("a", "In lần thứ 1")] if self.sometimes(0.015) and "edition" not in self.tells else []
        if self.forgets_printing():
            return []
        if self.edition.english_edition:
            return [("a", f"{number}{ {2: 'nd', 3: 'rd'}.get(number, 'th') } ed.")]
        return [("a", self.printing_words(self.copy.printing))]

    def forgets_printing(self, share: float = 0.04) -> bool:
        """Rarely, and only where the year tells the printings apart."""
        title = without_marks(self.edition.title).lower()
        kin = [each for each in families()[self.edition.family] if without_marks(each.title).lower() == title]
        told = all(each.year != self.edition.year for each in kin if each.edition != self.edition.edition)
        return self.sometimes(share) and told

    def printing_words(self, number: int) -> str:
        mended = f", {self.copy.mended}" if self.copy.mended else ""
        return f"{self.copy.printed_again} lần thứ {number}{mended}"

    def place(self) -> str:
        place = self.edition.publisher.place
        return self.places.get(place, place)

    def press(self, prefix: str = "", short: float = 0.0) -> str:
        """The publisher, with the word for a press before it where it is one, or in short."""
        publisher = self.edition.publisher
        if not publisher.short or self.edition.language != "vi":
            return publisher.name
        older = RENAMED.get(publisher.name, "")
        if older and self.drops("publisher", 0.12):
            return prefix + older
        return prefix + (self.chance.choice(publisher.short) if self.sometimes(short) else publisher.name)

    def with_partner(self, press: str, share: float) -> str:
        return f"{press} ; {self.copy.partner}" if self.copy.partner and self.sometimes(share) else press

    def year(self) -> str:
        """That of the imprint; now and then the year of deposit."""
        late = self.edition.form == "text" and self.drops("year", (1 - self.care) / 2)
        if self.edition.form == "serial" and self.leader_kinds:
            return f"{self.edition.year}-"
        return str(self.edition.year + 1 if late else self.edition.year)

    def imprint(self) -> Iterator[Field]:
        parts = [("a", self.place()), ("b", self.press()), ("c", self.year())]
        yield "260", "  ", marked(parts, {"b": " :", "c": ","})

    # -- extent

    def pages(self) -> str:
        pages = self.edition.pages
        if self.sometimes(self.off_by_some):
            pages = max(8, pages + self.chance.choice([-2, -1, -1, 1, 1, 2, 3]))
        elif self.sometimes((1 - self.care) / 4) and pages > 100:
            digits = str(pages)
            pages = int(digits[0] + digits[2] + digits[1] + digits[3:])
        return f"{pages}{self.page_word}"

    def carrier(self) -> str:
        if self.edition.volume == "set":
            return f"{random.Random(self.edition.name).randrange(2, 5)} tập"
        words = {"ebook": "1 tệp tin", "sound": "1 CD", "map": "1 tờ", "serial": ""}
        if self.edition.form in words:
            return words[self.edition.form]
        return self.pages() if self.edition.pages else ""

    def size(self) -> str:
        return f"{self.edition.height + self.chance.choice([0] * 9 + [1])} cm"

    def pictures(self) -> str:
        return self.copy.pictures if self.edition.form == "text" and self.sometimes(0.7) else ""

    def extent(self) -> Parts:
        if not self.carrier():
            return []
        return marked([("a", self.carrier()), ("b", self.pictures()), ("c", self.size())], {"b": " :", "c": " ;"})

    # -- what stands below

    def rest_of_it(self) -> Iterator[Field]:
        yield from self.series()

    def series(self) -> Iterator[Field]:
        if self.edition.series:
            yield "490", "0 ", [("a", self.edition.series)]


class Depository(Desk):
    """Keeps the legal deposit: H., 207tr., newer marks and i for y, three names, price and print run, T. before b."""

    care = 0.985
    knows_sets = True
    holds_theses = True
    enters_many_authors = False
    page_word = "tr."
    off_by_some = 0.03
    volume_words: ClassVar[dict[str, str]] = {"Tập": "T.", "Quyển": "Q.", "Phần": "Ph."}
    credit: ClassVar[dict[str, str]] = {
        "edt": "{} (ch.b.)",
        "com": "S.t., b.s.: {}",
        "trl": "Dịch: {}",
        "art": "Tranh: {}",
        "ths": "H.d.: {}",
    }
    places: ClassVar[dict[str, str]] = {"Hà Nội": "H.", "Thành phố Hồ Chí Minh": "Tp. Hồ Chí Minh", "Sài Gòn": "S."}

    def control(self) -> Iterator[tuple[str, str]]:
        yield "001", f"vtls{self.chance.randrange(10**9):09}"
        yield "008", self.coded()

    def text(self, value: str) -> str:
        return newer_tones(with_i(super().text(value)))

    def numbers(self) -> Iterator[Field]:
        shown = f"{self.copy.price}đ" + (f". - {self.copy.print_run}b" if self.sometimes(0.6) else "")
        if self.edition.form == "text" and not self.edition.thesis:
            yield "020", "  ", [("a", self.hyphenated() if self.has_isbn() else ""), ("c", shown)]
        if self.edition.original:
            yield "041", "1 ", [("a", "vie"), ("h", MARC_LANGUAGES[self.edition.original])]
        if self.edition.dewey:
            yield "082", "04", [("a", self.edition.dewey)]

    def heading(self, person: Person) -> str:
        return reversed_name(person) if is_foreign(person) else person.name

    def names(self) -> Iterator[Field]:
        for place, person in enumerate(self.entered()):
            main = place == 0 and person.role == "aut"
            role = {"edt": "ch.b.", "com": "b.s.", "trl": "dịch"}.get(person.role, "")
            tag = ("1" if main else "7") + ("10" if person.role == "bod" else "00")
            yield tag, "1 ", [("a", self.heading(person)), ("e", role)]

    def title(self) -> Parts:
        parts = [("a", self.titled()), ("n", self.volume()), ("p", self.edition.volume_name)]
        parts += [("b", capital(self.other_title())), ("c", self.statement())]
        return marked(parts, {"n": ".", "p": ",", "b": " :", "c": " /"})

    def press(self, prefix: str = "", short: float = 0.0) -> str:
        is_place = self.edition.publisher.name in {"Trẻ", "Hà Nội", "Hải Phòng", "Đà Nẵng", "Thanh Hóa", "Đồng Nai"}
        return self.with_partner(super().press("Nxb. " if is_place else "", short), 0.8)

    def size(self) -> str:
        return f"{self.edition.height}cm"

    def extent(self) -> Parts:
        plates = f", {self.copy.plates}tr. ảnh" if self.copy.plates and self.edition.form == "text" else ""
        return [(code, value.replace("tr.", f"tr.{plates}", 1)) for code, value in super().extent()]

    def rest_of_it(self) -> Iterator[Field]:
        yield from self.series()
        if self.edition.people[0].role == "bod" and self.sometimes(0.8):
            yield "500", "  ", [("a", f"ĐTTS ghi: {self.edition.people[0].name}")]
        if self.edition.pages > 200 and self.sometimes(0.3):
            yield "504", "  ", [("a", f"Thư mục: tr. {self.edition.pages - 3}-{self.edition.pages}")]


class CopiedRecord(Depository):
    """A centre that fetches the deposit's records and hardly mends them: number, price and size of another printing."""

    care = 0.96
    holds_theses = False

    def control(self) -> Iterator[tuple[str, str]]:
        yield "001", f"TT{self.chance.randrange(10**5):05}"
        yield "003", "VNNLV"

    def digits(self, borrowed: float = 0.03) -> str:
        return super().digits(0.14)

    def forgets_printing(self, share: float = 0.04) -> bool:
        return super().forgets_printing(0.15)

    def size(self) -> str:
        return f"{self.edition.height + self.chance.choice([0, 0, 0, -1, 1])}cm"

    def rest_of_it(self) -> Iterator[Field]:
        yield from self.series()
        yield "900", "  ", [("a", "1")]


class CityLibrary(Desk):
    """A great city's: dates after names, bodies in two subfields, full places, price behind the number."""

    care = 0.97
    knows_sets = True
    forms = Desk.forms | {"sound", "braille", "ebook"}
    enters_many_authors = False
    off_by_some = 0.06
    drops_giao_trinh = 0.08
    credit: ClassVar[dict[str, str]] = {
        "edt": "{} chủ biên",
        "com": "{} biên soạn",
        "trl": "{} dịch",
        "art": "{} vẽ tranh",
        "ths": "{} hướng dẫn",
    }
    places: ClassVar[dict[str, str]] = {"Thành phố Hồ Chí Minh": "Tp. Hồ Chí Minh"}

    def control(self) -> Iterator[tuple[str, str]]:
        yield "001", f"LIB{self.chance.randrange(10**7):07}"
        yield "008", self.coded()
        if self.edition.form == "ebook":
            yield "007", "cr"

    def numbers(self) -> Iterator[Field]:
        if self.has_isbn():
            yield "020", "  ", [("a", f"{self.isbn()} :"), ("c", f"{self.copy.price} đồng")]

    def names(self) -> Iterator[Field]:
        for place, person in enumerate(self.entered()):
            main = place == 0 and person.role in {"aut", "bod"}
            if person.role == "bod":
                head, _, under = with_jurisdiction(person).partition(". ")
                yield "110" if main else "710", "1 ", [("a", head + ("." if under else "")), ("b", under)]
            else:
                dated = self.sometimes(0.4) and person.role == "aut"
                name = reversed_name(person) if is_foreign(person) else person.name
                years = f"{born(person)}-" if dated else ""
                yield "100" if main else "700", "1 ", marked([("a", name), ("d", years)], {"d": ","})

    def press(self, prefix: str = "", short: float = 0.0) -> str:
        return self.with_partner(super().press(prefix, short), 0.5)

    def place(self) -> str:
        south = self.edition.publisher.name in BRANCHED and self.sometimes(0.15)
        return "Tp. Hồ Chí Minh" if south else super().place()

    def rest_of_it(self) -> Iterator[Field]:
        yield from self.series()
        if self.edition.form == "braille":
            yield "500", "  ", [("a", "Chữ nổi Braille")]


class CampusKoha(Desk):
    """A university's Koha by RDA: everything in full, names reversed with relators, degrees in the statement, c2012."""

    care = 0.965
    knows_sets = True
    forms = Desk.forms | {"ebook"}
    holds_theses = True
    enters_many_authors = False
    page_word = " trang"
    off_by_some = 0.08
    and_more = " [và những người khác]"
    credit: ClassVar[dict[str, str]] = {
        "edt": "{} (Chủ biên)",
        "com": "{} (Biên soạn)",
        "trl": "{} (Dịch giả)",
        "art": "{} (Họa sĩ)",
        "ths": "{} (Hướng dẫn khoa học)",
    }

    def control(self) -> Iterator[tuple[str, str]]:
        yield "001", f"{self.chance.randrange(10**5)}"
        yield "003", "OSt"
        yield "008", self.coded()
        if self.edition.form == "ebook":
            yield "007", "cr |||||||"

    def heading(self, person: Person) -> str:
        return person.name if person.role == "bod" else reversed_name(person)

    def names(self) -> Iterator[Field]:
        words = {"edt": "chủ biên", "com": "biên soạn", "trl": "dịch giả", "ths": "hướng dẫn", "aut": "tác giả"}
        for (tag, indicators, parts), person in zip(super().names(), self.entered(), strict=True):
            role = words.get(person.role, "")
            yield tag, indicators, marked([*parts, ("e", role)], {"e": ","})

    def said(self, person: Person) -> str:
        return self.copy.degree(person) + super().said(person)

    def printing_words(self, number: int) -> str:
        mended = f", {self.copy.mended}" if self.copy.mended else ""
        ordinal = ORDINALS[number] if number < len(ORDINALS) else str(number)
        return f"{self.copy.printed_again} lần thứ {ordinal}{mended}"

    def imprint(self) -> Iterator[Field]:
        year = f"c{self.year()}" if self.sometimes(0.12) else self.year()
        parts = [("a", self.place()), ("b", self.press("Nhà xuất bản ")), ("c", year)]
        yield "264", " 1", marked(parts, {"b": " :", "c": ","})

    def pages(self) -> str:
        front = f"{roman(self.edition.roman).lower()}, " if self.edition.roman and self.edition.form == "text" else ""
        return front + super().pages()

    def carrier(self) -> str:
        words = {"ebook": "1 nguồn trực tuyến", "sound": "1 đĩa âm thanh", "map": "1 bản đồ"}
        return words.get(self.edition.form) or super().carrier()

    def rest_of_it(self) -> Iterator[Field]:
        yield from self.series()
        if self.edition.form == "ebook":
            yield "338", "  ", [("a", "nguồn trực tuyến"), ("b", "cr")]
        if self.edition.thesis:
            yield "502", "  ", [("b", f"{self.edition.thesis.capitalize()},"), ("c", self.edition.publisher.name)]


class CollegeKipos(Desk):
    """A college: titles in capitals with the volume in them, no ISBD marks at all, et al., mostly no main entry."""

    care = 0.95
    forms = frozenset({"text", "ebook", "serial"})
    holds_theses = True
    page_word = "tr"
    and_more = "...[et al.]"
    volume_words: ClassVar[dict[str, str]] = {"Tập": "TẬP ", "Quyển": "QUYỂN ", "Phần": "PHẦN "}
    credit: ClassVar[dict[str, str]] = {"edt": "{} (cb)", "com": "{} (bs)", "trl": "{} (dịch)", "ths": "{} (hd)"}
    places: ClassVar[dict[str, str]] = {"Thành phố Hồ Chí Minh": "TP. HCM", "Hà Nội": "Hà Nội"}

    def names(self) -> Iterator[Field]:
        for person in self.people():
            tag = "710" if person.role == "bod" else "700"
            yield tag, "0 ", [("a", self.heading(person))]

    def title(self) -> Parts:
        head = self.titled().upper()
        if self.volume():
            head += self.chance.choice([" - ", ". ", " "]) + self.volume()
        rest = self.edition.volume_name or self.other_title(0.8)
        return [("a", head), ("b", rest), ("c", self.statement() if self.sometimes(0.8) else "")]

    def printing_words(self, number: int) -> str:
        return f"{self.copy.printed_again} lần {number}"

    def imprint(self) -> Iterator[Field]:
        yield "260", "  ", [("a", self.place()), ("b", self.press()), ("c", self.year())]

    def size(self) -> str:
        return f"{self.edition.height}cm"

    def extent(self) -> Parts:
        return [("a", self.carrier()), ("c", self.size() if self.sometimes(0.6) else "")]

    def rest_of_it(self) -> Iterator[Field]:
        if self.edition.series and "series" in self.tells:
            yield from self.series()


class ProvinceIlib(Desk):
    """A province's: place before body, compilers in brackets, numbers often forgotten, old marks."""

    care = 0.95
    knows_sets = True
    forms = Desk.forms | {"sound", "braille"}
    credit: ClassVar[dict[str, str]] = {
        "edt": "{} (ch.b.)",
        "com": "{} s.t. b.s.",
        "trl": "{} d.",
        "art": "{} vẽ",
        "ths": "{} h.d.",
    }
    volume_words: ClassVar[dict[str, str]] = {"Tập": "Tập ", "Quyển": "Q.", "Phần": "P."}
    places: ClassVar[dict[str, str]] = {"Hà Nội": "H", "Thành phố Hồ Chí Minh": "TP. Hồ Chí Minh"}

    def control(self) -> Iterator[tuple[str, str]]:
        yield "001", f"BL{self.chance.randrange(10**6):06}"
        yield "008", self.coded()

    def has_isbn(self) -> bool:
        return super().has_isbn() and self.sometimes(0.55)

    def heading(self, person: Person) -> str:
        if person.role == "bod":
            return with_jurisdiction(person)
        by_ear = [each for each in person.others if is_foreign(person) and "," not in each]
        return by_ear[0] if by_ear and self.sometimes(0.6) else person.name

    def names(self) -> Iterator[Field]:
        for tag, _, parts in super().names():
            yield tag, "1 ", parts

    def printing_words(self, number: int) -> str:
        return f"{self.copy.printed_again} lần {number}"

    def press(self, prefix: str = "", short: float = 0.0) -> str:
        return super().press("Nxb " if self.sometimes(0.2) else "", short)

    def rest_of_it(self) -> Iterator[Field]:
        yield from self.series()
        for topic in self.edition.topics:
            yield "650", " 4", [("a", topic)]


class DistrictSheet(Desk):
    """A district's list, one cell for the whole title area: volume, subtitle, names as they come, presses in short."""

    care = 0.92
    leader_kinds = False
    forms = frozenset({"text", "sound", "map"})
    page_word = ""
    drops_giao_trinh = 0.1
    shown_people = 2
    off_by_some = 0.13
    volume_words: ClassVar[dict[str, str]] = {"Tập": "T.", "Quyển": "Q.", "Phần": "P."}
    places: ClassVar[dict[str, str]] = {"Hà Nội": "H.", "Thành phố Hồ Chí Minh": "TPHCM"}
    credit: ClassVar[dict[str, str]] = {"edt": "{} chủ biên", "com": "{} b.s", "trl": "{} dịch"}

    def numbers(self) -> Iterator[Field]:
        yield from ()

    def names(self) -> Iterator[Field]:
        if self.sometimes(0.6):
            yield "100", "1 ", [("a", self.said(self.edition.people[0]))]

    def title(self) -> Parts:
        words = self.titled() + (f" {self.volume()}" if self.volume() else "")
        if self.edition.volume_name and self.sometimes(0.5):
            words += f" : {self.edition.volume_name}"
        if rest := self.other_title(0.5):
            words += f": {capital(rest)}"
        words += {"sound": " (đĩa CD)"}.get(self.edition.form, "")
        if "series" in self.tells:
            words += f" ({self.edition.series})" if self.edition.series else ""
        return [("a", f"{words} / {self.statement()}")]

    def printing(self) -> Parts:
        return [] if self.forgets_printing(0.6) else super().printing()

    def printing_words(self, number: int) -> str:
        return f"{self.copy.printed_again} lần {number}".replace("Tái bản", "TB")

    def imprint(self) -> Iterator[Field]:
        press = "" if self.drops("publisher", 0.15) else self.press(self.chance.choice(["", "NXB "]), 0.6)
        year = "" if self.drops("year", 0.18) else self.year()
        yield "260", "  ", [("a", self.place()), ("b", press), ("c", year)]

    def extent(self) -> Parts:
        return [("a", self.carrier())] if self.sometimes(0.85) else []

    def rest_of_it(self) -> Iterator[Field]:
        yield from ()


class SchoolBookroom(Desk):
    """A school's bookroom: the cover's words with SGK, SGV, VBT, the series in letters, one name, no place."""

    care = 0.93
    leader_kinds = False
    forms = frozenset({"text"})
    page_word = " trang"
    shown_people = 1
    kinds: ClassVar[dict[str, str]] = {"sách giáo viên": "SGV", "sách bài tập": "SBT"}

    @classmethod
    def takes(cls, edition: Edition) -> bool:
        return super().takes(edition) and edition.year > 1985

    def control(self) -> Iterator[tuple[str, str]]:
        yield "001", f"STK{self.chance.randrange(10**4):04}"

    def numbers(self) -> Iterator[Field]:
        yield "020", "  ", [("c", f"{self.copy.price}")]

    def names(self) -> Iterator[Field]:
        if self.as_many_authors(0.25):
            yield "100", "1 ", [("a", "Nhiều tác giả")]
            return
        shown = ", ".join(person.name for person in self.people())
        more = "..." if len(self.edition.people) > len(self.people()) and self.sometimes(0.4) else ""
        yield "100", "1 ", [("a", "" if self.drops("people", 0.1) else shown + more)]

    def is_school_book(self) -> bool:
        return self.edition.height >= 24 and bool(re.search(r"\d+( nâng cao)?$", self.edition.title))

    def school_title(self) -> str:
        title = self.titled().replace("Vở bài tập", self.chance.choice(["VBT", "Vở bài tập"]))
        if title.startswith("Bài tập "):
            title = title.replace("Bài tập", self.chance.choice(["BT", "Bài tập"]))
        if self.sometimes(0.2):
            title = re.sub(r" (\d+)(?=$| nâng cao)", r" lớp \1", title)
        kind = self.kinds.get(self.edition.rest, "")
        bare = self.edition.rest or title.startswith(NOT_THE_COURSE)
        return f"{kind or ('' if bare or self.sometimes(0.7) else 'SGK')} {title}".strip()

    def volume_mark(self) -> str:
        if not self.volume():
            return ""
        short = [f"/{self.edition.volume}", f" T{self.edition.volume}"] if self.edition.title[-1].isdigit() else []
        return self.chance.choice([f" - {self.volume()}", f" {self.volume().lower()}", f" ({self.volume()})", *short])

    def title(self) -> Parts:
        title = self.school_title() if self.is_school_book() else self.titled()
        rest = "" if self.edition.rest in self.kinds and self.is_school_book() else self.other_title(0.4)
        words = title + self.volume_mark() + (f" - {rest}" if rest else "")
        if self.edition.series and ("series" in self.tells or self.sometimes(0.4)):
            names = (*SCHOOL_SERIES.get(self.edition.series, ()), self.edition.series)
            words += f" ({self.chance.choice(names)})"
        return [("a", words)]

    def printing(self) -> Parts:
        return [] if self.forgets_printing(0.8) else super().printing()

    def press(self, prefix: str = "", short: float = 0.0) -> str:
        if self.edition.publisher.name.startswith("Giáo dục") and self.sometimes(0.5):
            return self.chance.choice(["NXBGD", "NXB GD", "GD", "Giáo dục"]) if self.edition.year < 2010 else "NXBGDVN"
        return super().press("NXB ", 0.2)

    def imprint(self) -> Iterator[Field]:
        yield "260", "  ", [("b", self.press()), ("c", "" if self.drops("year", 0.15) else self.year())]

    def extent(self) -> Parts:
        return [("a", self.carrier()), ("c", f"{self.edition.height}cm")] if self.sometimes(0.6) else []

    def rest_of_it(self) -> Iterator[Field]:
        yield from ()


class CapitalsNoMarks(Desk):
    """Converted from a system that knew neither small letters nor marks; areas with a dash between them."""

    care = 0.95
    keeps_marks = False
    leader_kinds = False
    forms = frozenset({"text", "serial", "score"})
    page_word = "tr"
    volume_words: ClassVar[dict[str, str]] = {"Tập": "T.", "Quyển": "Q.", "Phần": "P."}
    credit: ClassVar[dict[str, str]] = {"edt": "{} (ch.b)", "com": "{} (b.s)", "trl": "{} (dịch)"}
    places: ClassVar[dict[str, str]] = {"Hà Nội": "H", "Thành phố Hồ Chí Minh": "Tp.HCM", "Sài Gòn": "SG"}

    @classmethod
    def takes(cls, edition: Edition) -> bool:
        return super().takes(edition) and edition.year < 2008

    def text(self, value: str) -> str:
        return without_marks(value).upper()

    def numbers(self) -> Iterator[Field]:
        yield from ()

    def names(self) -> Iterator[Field]:
        yield "100", "  ", [("a", "; ".join(self.said(each) for each in self.people() if each.role != "trl"))]
        yield "700", "  ", [("a", "; ".join(each.name for each in self.people() if each.role == "trl"))]

    def title(self) -> Parts:
        words = self.titled() + (f". {self.volume()}" if self.volume() else "")
        words += f": {self.edition.volume_name}" if self.edition.volume_name else ""
        rest = self.other_title(0.75)
        return [("a", words + (f": {rest}" if rest else ""))]

    def printing_words(self, number: int) -> str:
        return f"{self.copy.printed_again} lần {number}".replace("Tái bản", "T.B")

    def imprint(self) -> Iterator[Field]:
        yield "260", "  ", [("a", self.place()), ("b", self.press("", 0.25)), ("c", self.year())]

    def extent(self) -> Parts:
        return [("a", self.carrier()), ("c", f"{self.edition.height}cm")]


class DigitalRepository(Desk):
    """A repository's Dublin Core turned into MARC: dates with days, supervisors among the authors, an abstract."""

    care = 0.97
    leader_kinds = False
    page_word = " tr."

    @classmethod
    def takes(cls, edition: Edition) -> bool:
        return bool(edition.thesis) or edition.form == "ebook"

    def control(self) -> Iterator[tuple[str, str]]:
        yield "001", f"oai:tvs:{self.chance.randrange(10**5)}"
        yield "007", "cr"

    def names(self) -> Iterator[Field]:
        for person in self.edition.people:
            name = reversed_name(person) if self.sometimes(0.7) else self.copy.degree(person) + person.name
            role = ", người hướng dẫn" if person.role == "ths" and self.sometimes(0.6) else ""
            yield "720", "  ", [("a", name + role)]

    def title(self) -> Parts:
        titled = self.titled().upper() if self.sometimes(0.2) else self.titled()
        rest = capital(self.other_title(0.5))
        return [("a", titled + (f": {rest}" if rest else ""))]

    def imprint(self) -> Iterator[Field]:
        day = f"-{self.chance.randrange(1, 13):02}-{self.chance.randrange(1, 28):02}" if self.sometimes(0.5) else ""
        yield "260", "  ", [("b", self.press("NXB ")), ("c", self.year() + day)]

    def extent(self) -> Parts:
        return [("a", self.pages() if self.edition.pages and self.sometimes(0.6) else "")]

    def rest_of_it(self) -> Iterator[Field]:
        yield "520", "  ", [("a", f"Trình bày {self.edition.title[0].lower()}{self.edition.title[1:]}")]
        yield "856", "40", [("u", f"https://tailieuso.example.edu.vn/handle/DL/{self.chance.randrange(10**5)}")]


class PartySchool(Desk):
    """A province's political school: law, state and party; bodies as if persons, Nhiều tác giả, long dashes."""

    care = 0.95
    page_word = " trang"
    volume_words: ClassVar[dict[str, str]] = {"Tập": "tập ", "Quyển": "quyển ", "Phần": "phần "}
    places: ClassVar[dict[str, str]] = {"Hà Nội": "HN", "Thành phố Hồ Chí Minh": "T.P HCM"}
    presses: ClassVar[tuple[str, ...]] = ("Chính trị", "Sự thật", "Tư pháp", "Công an", "Khoa học Xã", "Quân")

    @classmethod
    def takes(cls, edition: Edition) -> bool:
        official = edition.people[0].role == "bod" and not edition.title.startswith(("Tạp chí", "Bản đồ"))
        return super().takes(edition) and edition.form == "text" and (
            official or edition.publisher.name.startswith(cls.presses)
        )  # fmt: skip

    def text(self, value: str) -> str:
        return super().text(value).replace(" - ", " – ")

    def names(self) -> Iterator[Field]:
        people = self.edition.people
        if self.as_many_authors(1.0):
            yield "100", "1 ", [("a", "Nhiều tác giả")]
            return
        for place, person in enumerate(people):
            yield "100" if place == 0 else "700", "1 ", [("a", self.heading(person))]

    def heading(self, person: Person) -> str:
        if person.role != "bod" or not self.sometimes(0.5):
            return person.name
        name = person.others[-1] if person.others else person.name
        for full, short in SHORT_BODIES.items():
            name = name.replace(full, short)
        return name

    def statement(self) -> str:
        return "" if self.sometimes(0.7) else super().statement()

    def title(self) -> Parts:
        words = self.titled()
        if self.volume():
            words += f", {self.volume()}" + (f": {self.edition.volume_name}" if self.edition.volume_name else "")
        rest = self.other_title(0.7)
        return [("a", words + (f" ({rest})" if rest else "")), ("c", self.statement())]

    def printing_words(self, number: int) -> str:
        return f"{self.copy.printed_again} lần thứ {ORDINALS[number] if number < len(ORDINALS) else number}"

    def imprint(self) -> Iterator[Field]:
        yield "260", "  ", [("a", f"{self.place()}:"), ("b", f"{self.press('Nxb. ', 0.35)},"), ("c", self.year())]

    def printing(self) -> Parts:
        return [] if self.forgets_printing(0.3) else super().printing()

    def extent(self) -> Parts:
        return [("a", self.carrier()), ("c", f"{self.edition.height * 2 // 3} x {self.edition.height} cm")]


class ChildrensPalace(Desk):
    """Children's books: who wrote and who drew before the names, numbers with a hash, the series in the title."""

    care = 0.93
    page_word = "tr."
    volume_words: ClassVar[dict[str, str]] = {"Tập": "Tập ", "Quyển": "Quyển ", "Phần": "Phần "}
    credit: ClassVar[dict[str, str]] = {"trl": "Người dịch: {}", "art": "Tranh: {}", "com": "Sưu tầm: {}", "aut": "{}"}
    presses: ClassVar[set[str]] = {"Kim Đồng", "Trẻ", "Mỹ thuật", "Văn học", "Dân trí", "Phụ nữ", "Măng non"}

    @classmethod
    def takes(cls, edition: Edition) -> bool:
        fits = edition.form == "text" and edition.publisher.name in cls.presses and edition.height < 25
        return super().takes(edition) and fits and edition.year > 1980

    def text(self, value: str) -> str:
        return newer_tones(super().text(value))

    def has_isbn(self) -> bool:
        return super().has_isbn() and self.sometimes(0.7)

    def names(self) -> Iterator[Field]:
        yield "100", "0 ", [("a", self.said(self.edition.people[0]))]

    def title(self) -> Parts:
        words = self.titled()
        if self.edition.volume:
            words += self.chance.choice([f" #{self.edition.volume}", f" - {self.volume()}", f" - {self.volume()}"])
            words += f" - {self.edition.volume_name}" if self.edition.volume_name else ""
        if self.edition.series and self.sometimes(0.5):
            words = f"{self.edition.series} - {words}"
        return marked([("a", words), ("b", self.other_title(0.6)), ("c", self.statement())], {"b": " :", "c": " /"})

    def press(self, prefix: str = "", short: float = 0.0) -> str:
        return super().press("Nhà xuất bản " if self.sometimes(0.3) else "", short)

    def place(self) -> str:
        return "" if self.sometimes(0.3) else super().place()


class CardsTyped(Desk):
    """Cards typed off by a firm: names in capitals, initials in brackets, what was supplied in brackets, trg."""

    care = 0.94
    forms = frozenset({"text", "serial"})
    page_word = " trg"
    off_by_some = 0.12
    volume_words: ClassVar[dict[str, str]] = {"Tập": "t.", "Quyển": "q.", "Phần": "ph."}
    credit: ClassVar[dict[str, str]] = {
        "edt": "{} chủ-biên",
        "com": "{} sưu-tầm",
        "trl": "Ng. dịch: {}",
        "art": "Họa: {}",
        "ths": "{}",
    }
    places: ClassVar[dict[str, str]] = {"Thành phố Hồ Chí Minh": "T.P. Hồ Chí Minh", "Sài Gòn": "Sàigòn"}

    @classmethod
    def takes(cls, edition: Edition) -> bool:
        return super().takes(edition) and edition.year < 1999

    def numbers(self) -> Iterator[Field]:
        yield from ()

    def heading(self, person: Person) -> str:
        if not is_foreign(person):
            real = f" (tức {person.others[0]})" if person.others and self.sometimes(0.3) else ""
            return person.name.upper() + real if person.role != "bod" else person.name
        surname, _, given = reversed_name(person).partition(", ")
        return f"{surname.upper()} ({given[:1]}.)"

    def printing_words(self, number: int) -> str:
        return f"{self.copy.printed_again} lần thứ {roman(number)}"

    def imprint(self) -> Iterator[Field]:
        place = f"[{self.place()}]" if self.sometimes(0.08) else self.place()
        year = f"[{self.year()}]" if self.sometimes(0.15) else self.year()
        parts = [("a", place), ("b", self.press("", 0.15)), ("c", "" if self.drops("year", 0.15) else year)]
        yield "260", "  ", marked(parts, {"b": " :", "c": ","})

    def size(self) -> str:
        return f"{self.edition.height}x{self.edition.height * 2 // 3}"


class TalkingBooks(Desk):
    """Books for the blind: what is read aloud or raised, by whom, in how many hours; no number and no size."""

    care = 0.95

    @classmethod
    def takes(cls, edition: Edition) -> bool:
        return edition.form in {"sound", "braille"}

    def title(self) -> Parts:
        kind = {"sound": "[sách nói]", "braille": "[chữ nổi]"}[self.edition.form]
        volume = f". {self.volume()}" if self.volume() else ""
        parts = [("a", self.titled() + volume), ("h", kind), ("c", self.statement())]
        return marked(parts, {"c": " /"})

    def extent(self) -> Parts:
        hours = f"{self.chance.randrange(3, 20)} giờ"
        return [("a", f"1 CD-MP3 ({hours})" if self.edition.form == "sound" else f"{self.pages()} chữ nổi")]


class ResearchInstitute(Desk):
    """An institute by AACR2 to the letter: the title for more than three, years of a set as a span, ISBN of ten."""

    care = 0.975
    knows_sets = True
    holds_theses = True
    enters_many_authors = False
    drops_giao_trinh = 0.06
    off_by_some = 0.05
    shown_people = 4
    and_more = " ... [và những người khác]"
    credit: ClassVar[dict[str, str]] = {
        "edt": "{} chủ biên",
        "com": "{} sưu tầm và biên soạn",
        "trl": "người dịch {}",
        "art": "họa sĩ {}",
        "ths": "hướng dẫn {}",
    }
    places: ClassVar[dict[str, str]] = {"Thành phố Hồ Chí Minh": "TP. Hồ Chí Minh"}

    @classmethod
    def takes(cls, edition: Edition) -> bool:
        school = edition.height >= 24 and edition.publisher.name.startswith("Giáo dục")
        return super().takes(edition) and not school

    def control(self) -> Iterator[tuple[str, str]]:
        yield "001", f"ocn{self.chance.randrange(10**8):08}"
        yield "008", self.coded()

    def isbn(self) -> str:
        return ten_digits(self.digits()) if self.edition.year < 2009 else self.digits()

    def heading(self, person: Person) -> str:
        if person.role == "bod":
            return with_jurisdiction(person)
        pen_name = person.others and not is_foreign(person)
        if pen_name and self.sometimes(0.08):
            return person.others[0]
        return reversed_name(person) if is_foreign(person) else person.name

    def names(self) -> Iterator[Field]:
        for tag, indicators, parts in super().names():
            by_title = len(self.edition.people) > 3 and tag == "100"
            yield "700" if by_title else tag, indicators, parts

    def year(self) -> str:
        year = super().year()
        if self.edition.volume == "set":
            return f"{int(year) - 1}-{year}"
        return f"[{year}]" if self.sometimes(0.04) else year

    def press(self, prefix: str = "", short: float = 0.0) -> str:
        return super().press("NXB. ", short)

    def pages(self) -> str:
        front = f"{self.edition.roman} tr. đầu, " if self.edition.roman and self.sometimes(0.3) else ""
        return front + super().pages()


class CommuneShelf(Desk):
    """A commune's bookshelf: what is on the spine; a year or a press lacks now and then, and translators do always."""

    care = 0.89
    leader_kinds = False
    forms = frozenset({"text"})
    page_word = " trang"
    shown_people = 1
    off_by_some = 0.15
    volume_words: ClassVar[dict[str, str]] = {"Tập": "tập ", "Quyển": "quyển ", "Phần": "phần "}

    @classmethod
    def takes(cls, edition: Edition) -> bool:
        return super().takes(edition) and edition.language == "vi"

    def numbers(self) -> Iterator[Field]:
        yield from ()

    def people(self) -> list[Person]:
        shown = super().people()
        return shown if "people" in self.tells else [each for each in shown if each.role != "trl"]

    def names(self) -> Iterator[Field]:
        many = self.as_many_authors(0.3)
        words = "nhiều tác giả" if many else ", ".join(self.said(each) for each in self.people())
        yield "100", "  ", [("a", "" if self.drops("people", 0.08) else words)]

    def title(self) -> Parts:
        words = f"{self.titled()} {self.volume()}".strip()
        rest = self.other_title(0.25)
        lower = words[0] + words[1:].lower() if self.sometimes(0.3) else words
        return [("a", lower + (f" ({rest})" if rest else ""))]

    def printing(self) -> Parts:
        return [] if self.forgets_printing(0.9) else super().printing()

    def imprint(self) -> Iterator[Field]:
        press = "" if self.drops("publisher", 0.2) else self.press("nhà xuất bản ")
        if self.copy.partner and self.drops("publisher", 0.25):
            press = self.copy.partner
        yield "260", "  ", [("b", press), ("c", "" if self.drops("year", 0.35) else self.year())]

    def extent(self) -> Parts:
        return [("a", self.carrier())] if self.sometimes(0.7) else []

    def rest_of_it(self) -> Iterator[Field]:
        if "series" in self.tells:
            yield from self.series()


DESKS: tuple[type[Desk], ...] = (
    *(Depository, CopiedRecord, CityLibrary, CampusKoha, CollegeKipos, ProvinceIlib, DistrictSheet, SchoolBookroom),
    *(CapitalsNoMarks, DigitalRepository, PartySchool, ChildrensPalace, CardsTyped, TalkingBooks, ResearchInstitute),
    CommuneShelf,
)


SPECIAL = (DigitalRepository, TalkingBooks)


def desks_for(edition: Edition, number: int, chance: random.Random) -> list[type[Desk]]:
    """So many of the libraries that have such an edition, those for such things alone among them."""
    fitting = [desk for desk in DESKS if desk.takes(edition)]
    drawn = chance.sample(fitting, min(len(fitting), number))
    special = [desk for desk in SPECIAL if desk in fitting]
    return [*special, *(desk for desk in drawn if desk not in special)][: len(drawn)]

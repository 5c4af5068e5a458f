"""The libraries that typed the set `sealed`: each a class with habits of its own, and none of them typed another set.

They were written without sight of the rules that they judge. A library leaves out much, but never what alone tells an
edition from another of its family: a pair that a librarian with both records before him could not tell apart is none.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from tests.editions.hands import (
    FULL_ROLES,
    LANGUAGES,
    ORDINALS,
    SCHOOL_BOOKS,
    SHORT_SERIES,
    Hand,
    Parts,
    ended,
    inverted,
)
from tests.editions.wording import newer_tones, roman, with_i, without_marks
from tests.editions.works import Edition, Person


class NationalLibrary(Hand):
    """AACR2 in its own shorthand: H., 207tr., three names and an ellipsis, the title page's body in a note."""

    care = 0.99

    def responsible(self) -> list[Person]:
        return list(self.edition.people[:3])

    def statement(self) -> str:
        more = "..." if len(self.edition.people) > 2 and self.sometimes(0.6) else ""
        if self.edition.people[0].role in {"edt", "com"} and self.sometimes(0.4):
            return f"B.s.: {', '.join(person.name for person in self.edition.people[:3])}{more}"
        return super().statement() + more

    def publisher(self) -> str:
        name = self.edition.publisher.name
        return f"Nxb. {name}" if name in {"Trẻ", "Hà Nội", "Thành phố Hồ Chí Minh", "Thời đại"} else name

    def more(self) -> Iterator[tuple[str, str, Parts]]:
        yield from super().more()
        if self.edition.people[0].role == "bod":
            yield "500", "  ", [("a", f"ĐTTS ghi: {self.edition.people[0].name}")]
        yield "930", "  ", [("a", f"{self.chance.randrange(10**5, 10**6)}")]


class UniversityRda(Hand):
    """RDA: full words, inverted names with relators, 264 and 33X, prefatory pages."""

    pages_word = " trang"
    volume_word = "Tập "

    def text(self, value: str) -> str:
        return newer_tones(super().text(value))

    def isbn(self) -> str:
        return self.edition.isbn

    def name(self, person: Person) -> str:
        return inverted(person) if person.role != "bod" else person.name

    def name_parts(self, person: Person) -> Parts:
        return [("a", self.name(person) + ","), ("e", FULL_ROLES.get(person.role, "tác giả"))]

    def statement(self) -> str:
        return " ; ".join(self.said(each) for each in self.edition.people)

    def said(self, person: Person) -> str:
        role = "" if person.role in {"aut", "bod"} else FULL_ROLES[person.role].capitalize()
        return f"{role} {person.name}".strip()

    def edition_words(self, number: int) -> str:
        mended = ", có sửa chữa và bổ sung" if number % 2 else ""
        return f"{self.printed()} lần thứ {ORDINALS.get(number, number)}{mended}"

    def place(self) -> str:
        return self.edition.publisher.place

    def publisher(self) -> str:
        return self.press("Nhà xuất bản ")

    def imprint(self) -> Iterator[tuple[str, str, Parts]]:
        parts = [("a", self.place()), ("b", self.publisher()), ("c", self.year())]
        yield "264", " 1", ended(parts, {"b": " :", "c": ","})

    def carrier(self) -> str:
        preface = f"{roman(self.edition.roman).lower()}, " if self.edition.roman and self.edition.form == "text" else ""
        words = {"ebook": "1 nguồn trực tuyến", "sound": "1 đĩa âm thanh", "video": "1 đĩa hình", "map": "1 bản đồ"}
        return words.get(self.edition.form) or (preface if super().carrier() else "") + super().carrier()

    def general_kind(self) -> str:
        return ""

    def more(self) -> Iterator[tuple[str, str, Parts]]:
        yield from super().more()
        if self.edition.form == "ebook":
            yield "338", "  ", [("a", "nguồn trực tuyến"), ("b", "cr"), ("2", "rdacarrier")]
            yield "856", "40", [("u", f"https://thuvienso.example.edu.vn/{self.chance.randrange(10**5)}")]
        elif self.edition.form == "text":
            yield "338", "  ", [("a", "tập"), ("b", "nc"), ("2", "rdacarrier")]


class ForeignLibrary(Hand):
    """Abroad: LC's practice, English words, dates of birth, brackets, copyright years."""

    pages_word = " p."
    volume_word = "Tập "

    @classmethod
    def takes(cls, edition: Edition) -> bool:
        return not edition.thesis and edition.form in {"text", "serial", "map"} and edition.height != 24

    def name(self, person: Person) -> str:
        return inverted(person) if person.role != "bod" else person.name.replace("Việt Nam.", "Vietnam.")

    def name_parts(self, person: Person) -> Parts:
        born = f"{self.chance.randrange(1900, 1980)}-" if person.role != "bod" and self.sometimes(0.3) else ""
        return ended([("a", self.name(person)), ("d", born)], {"d": ","})

    def place(self) -> str:
        place = self.edition.publisher.place
        return f"[{place}]" if self.sometimes(0.1) else place

    def publisher(self) -> str:
        return self.press(self.chance.choice(["NXB ", "Nhà xuất bản ", "Nxb. "]))

    def year(self) -> str:
        return self.chance.choice(["{}.", "{}.", "{}.", "c{}.", "[{}]"]).format(self.edition.year)

    def edition_words(self, number: int) -> str:
        return f"{self.printed()} lần thứ {number}."

    def extent(self) -> Parts:
        carrier = {"map": "1 map"}.get(self.edition.form) or super().carrier()
        carrier = carrier.replace(" tập", " v.")
        if self.edition.form == "serial":
            carrier = "v."
        return ended(
            [("a", carrier), ("b", self.chance.choice(["", "ill."])), ("c", f"{self.edition.height} cm.")],
            {
                "b": " :",
                "c": " ;",
            },
        )

    def numbers(self) -> Iterator[tuple[str, str, Parts]]:
        if self.edition.isbn and self.sometimes(0.5):
            yield "020", "  ", [("a", self.edition.isbn)]
        if self.edition.original:
            yield "041", "1 ", [("a", LANGUAGES[self.edition.language]), ("h", LANGUAGES[self.edition.original])]


class OneField(Hand):
    """Moved from CDS/ISIS: capitals, a whole area in one subfield, no punctuation but its own."""

    care = 0.93
    leader_kinds = False

    def control(self) -> Iterator[tuple[str, str]]:
        yield "001", f"{self.chance.randrange(10**5):05}"

    def numbers(self) -> Iterator[tuple[str, str, Parts]]:
        yield from ()

    def names(self) -> Iterator[tuple[str, str, Parts]]:
        yield "100", "1 ", [("a", "; ".join(self.name(person) for person in self.writers()[:3]))]
        if "people" in self.tells and len(self.writers()) < len(self.edition.people):
            yield "700", "1 ", [("a", ", ".join(each.name for each in self.edition.people if each.role == "trl"))]

    def title(self) -> Parts:
        title = f"{with_i(self.titled()).upper()}{': ' if self.rest() else ''}{self.rest()}"
        volume = f".- {self.volume()}" if self.volume() else ""
        kind = f" {self.general_kind()}" if self.general_kind() else ""
        statement = f"/ {self.statement()}" if self.sometimes(0.7) else ""
        return [("a", f"{title}{volume}{kind}{statement}")]

    def edition_statement(self) -> Parts:
        return super().edition_statement() if not self.sometimes(0.4) else []

    def edition_words(self, number: int) -> str:
        return f"TB lần {number}" if self.printed() == "Tái bản" else f"In lần {number}"

    def publisher(self) -> str:
        short = self.edition.publisher.short
        return self.chance.choice(short) if short and self.sometimes(0.7) else self.edition.publisher.name

    def imprint(self) -> Iterator[tuple[str, str, Parts]]:
        yield "260", "  ", [("a", f"{self.place()}: {self.publisher()}, {self.year()}")]

    def extent(self) -> Parts:
        return [("a", f"{self.carrier()}; {self.edition.height}cm")] if self.carrier() else []

    def more(self) -> Iterator[tuple[str, str, Parts]]:
        if self.edition.series and "series" in self.tells:
            yield "490", "0 ", [("a", self.edition.series)]


class FromTcvn(Hand):
    """Typed in TCVN3 and repaired by a machine: ư was lost where the soft hyphen fell out, Ð for Đ, capitals fell."""

    care = 0.94
    keeps_marks = False

    def text(self, value: str) -> str:
        mended = super().text(value).replace("Đ", "Ð")
        return "".join(sign for sign in mended if sign != "ư" or self.sometimes(0.85))

    def titled(self) -> str:
        return super().titled().lower() if self.sometimes(0.35) else super().titled()

    def names(self) -> Iterator[tuple[str, str, Parts]]:
        yield "100", "1 ", [("a", ", ".join(person.name for person in self.responsible()[:3]))]

    def statement(self) -> str:
        return "" if self.sometimes(0.5) else super().statement()

    def publisher(self) -> str:
        return self.press("NXB ")

    def place(self) -> str:
        known = {"Hà Nội": "Hà nội", "Thành phố Hồ Chí Minh": "TP.HCM"}
        return known.get(self.edition.publisher.place, self.edition.publisher.place)

    def isbn(self) -> str:
        return self.edition.isbn[3:] if self.edition.year < 2007 and self.sometimes(0.2) else self.edition.isbn

    def edition_statement(self) -> Parts:
        return super().edition_statement() if self.sometimes(0.7) else []


class SchoolSheet(Hand):
    """A school's spreadsheet: what the cover says in one cell, abbreviations, accession numbers, hardly a statement."""

    care = 0.92
    leader_kinds = False
    volume_word = "tập "

    @classmethod
    def takes(cls, edition: Edition) -> bool:
        return not edition.thesis and edition.form in {"text", "map", "issue", "sound"} and edition.volume != "set"

    def control(self) -> Iterator[tuple[str, str]]:
        yield "001", f"TK-{self.chance.randrange(10**5):05}"

    def numbers(self) -> Iterator[tuple[str, str, Parts]]:
        yield "020", "  ", [("a", f"SGK.{self.chance.randrange(10**5):05}")]

    def names(self) -> Iterator[tuple[str, str, Parts]]:
        shown = self.responsible() if "people" in self.tells else self.responsible()[:1]
        if not self.drops("people", 0.15):
            yield "100", "1 ", [("a", ", ".join(person.name for person in shown[:3]))]

    def is_school_book(self) -> bool:
        return self.edition.height >= 24 and self.edition.publisher.name.startswith("Giáo dục")

    def titled(self) -> str:
        if not self.is_school_book():
            return super().titled()
        subject, _, grade = self.edition.title.rpartition(" ")
        title = f"{subject} lớp {grade}" if grade.isdigit() and self.sometimes(0.15) else self.edition.title
        if title.startswith("Bài tập "):
            return title.replace("Bài tập", self.chance.choice(["SBT", "Bài tập"]))
        known = SCHOOL_BOOKS.get(self.edition.rest)
        return f"{known} {title}" if known and self.sometimes(0.35) else title

    def title(self) -> Parts:
        title = self.titled()
        if self.rest() and not title.startswith("SGV") and not self.drops("rest", 0.7):
            title += self.chance.choice([" - ", ": ", " ("]) + self.rest()
            title += ")" if "(" in title else ""
        if self.volume():
            title += self.chance.choice([" {}", " - {}", " ({})", ". {}"]).format(self.volume())
        short = SHORT_SERIES.get(self.edition.series, "")
        if short and ("series" in self.tells or self.sometimes(0.3)):
            title += f" ({self.chance.choice([short, self.edition.series])})"
        return [("a", f"{title} {self.general_kind()}".strip())]

    def edition_statement(self) -> Parts:
        return []

    def publisher(self) -> str:
        name, short = self.edition.publisher.name, self.edition.publisher.short
        return f"NXB{self.chance.choice(short)}" if short and self.sometimes(0.4) else f"NXB {name}"

    def imprint(self) -> Iterator[tuple[str, str, Parts]]:
        year = "" if self.drops("year", 0.12) else self.year()
        yield "260", "  ", [("b", "" if self.drops("publisher", 0.1) else self.publisher()), ("c", year)]

    def extent(self) -> Parts:
        number = str(self.edition.pages) if self.edition.pages and self.sometimes(0.75) else ""
        return [("a", number if self.edition.form in {"text", "issue"} else self.carrier())]

    def more(self) -> Iterator[tuple[str, str, Parts]]:
        yield from ()


class KohaProvince(Hand):
    """A province's Koha: subfields without punctuation, names in capitals, centimetres with a comma."""

    pages_word = " tr."
    volume_word = "Tập "

    def name(self, person: Person) -> str:
        return person.name.upper()

    def names(self) -> Iterator[tuple[str, str, Parts]]:
        people = [*self.writers()[:1], *(each for each in self.edition.people if each not in self.writers()[:1])]
        for place, person in enumerate(people):
            tag = "1" if place == 0 and person.role != "trl" else "7"
            yield f"{tag}{'10' if person.role == 'bod' else '00'}", "0 ", [("a", self.name(person))]

    def title(self) -> Parts:
        return [(code, value.rstrip(" :/.")) for code, value in super().title()]

    def statement(self) -> str:
        return ", ".join(person.name for person in self.responsible())

    def edition_words(self, number: int) -> str:
        return f"{self.printed()} lần {number}"

    def place(self) -> str:
        return self.edition.publisher.place.replace("Thành phố Hồ Chí Minh", "TP. Hồ Chí Minh")

    def publisher(self) -> str:
        return self.press("Nxb ")

    def imprint(self) -> Iterator[tuple[str, str, Parts]]:
        yield "260", "  ", [("a", self.place()), ("b", self.publisher()), ("c", self.year())]

    def isbn(self) -> str:
        return f"{self.edition.isbn} (bìa mềm)"

    def extent(self) -> Parts:
        return [("a", self.carrier()), ("c", f"{self.edition.height - 1},5 cm")] if self.carrier() else []


class Repository(Hand):
    """A digital repository's Dublin Core made into MARC: names without roles, dates with days, a summary, a link."""

    leader_kinds = False
    pages_word = " trang"

    @classmethod
    def takes(cls, edition: Edition) -> bool:
        return edition.form == "ebook"

    def control(self) -> Iterator[tuple[str, str]]:
        yield "001", f"123456789-{self.chance.randrange(10**4)}"
        yield "007", "cr"

    def numbers(self) -> Iterator[tuple[str, str, Parts]]:
        if self.edition.isbn:
            yield "020", "  ", [("a", self.edition.isbn)]

    def names(self) -> Iterator[tuple[str, str, Parts]]:
        for person in self.edition.people:
            yield "720", "  ", [("a", inverted(person) if self.sometimes(0.5) else person.name)]

    def title(self) -> Parts:
        volume = f" ({self.volume()})" if self.volume() else ""
        return [("a", f"{self.titled()}{': ' if self.rest() else ''}{self.rest()}{volume}")]

    def imprint(self) -> Iterator[tuple[str, str, Parts]]:
        yield "260", "  ", [("b", self.publisher()), ("c", f"{self.edition.year}-{self.chance.randrange(1, 13):02}")]

    def extent(self) -> Parts:
        return [("a", f"{self.edition.pages} trang" if self.sometimes(0.5) else "application/pdf")]

    def more(self) -> Iterator[tuple[str, str, Parts]]:
        yield "520", "  ", [("a", f"Toàn văn của {self.edition.title}")]
        yield "655", " 7", [("a", "Sách điện tử")]
        yield "856", "40", [("u", f"https://luutruso.example.edu.vn/handle/{self.chance.randrange(10**4)}")]


class Unmarked(Hand):
    """From the years without a Vietnamese keyboard: no marks at all."""

    care = 0.94
    keeps_marks = False
    volume_word = "T"
    pages_word = "tr"

    def text(self, value: str) -> str:
        return without_marks(value)

    def names(self) -> Iterator[tuple[str, str, Parts]]:
        yield "100", "0 ", [("a", self.responsible()[0].name)]
        for person in self.responsible()[1:]:
            yield "700", "0 ", [("a", person.name)]

    def title(self) -> Parts:
        head = f"{self.titled()} {self.volume()}".strip()
        rest = "" if self.drops("rest", 0.4) else self.rest()
        return ended([("a", head), ("h", self.general_kind()), ("b", rest)], {"b": " :"})

    def publisher(self) -> str:
        return self.press(self.chance.choice(["", "Nxb "]))

    def isbn(self) -> str:
        return self.edition.isbn

    def edition_words(self, number: int) -> str:
        return f"{self.printed()} lan {number}"


class ArmyLibrary(Hand):
    """The forces' library: quarter and year, volumes as books, everyone in the statement and nowhere else."""

    volume_word = "Quyển "
    pages_word = " tr"

    def names(self) -> Iterator[tuple[str, str, Parts]]:
        if self.edition.people[0].role == "bod":
            yield "110", "2 ", [("a", self.edition.people[0].name)]

    def statement(self) -> str:
        written = [each.name for each in self.edition.people if each.role in {"aut", "bod"}]
        others = [each for each in self.edition.people if each.role not in {"aut", "bod"}]
        full = [f"{FULL_ROLES[each.role].capitalize()}: {each.name}" for each in others]
        return "; ".join([", ".join(written), *full] if written else full)

    def publisher(self) -> str:
        short = self.edition.publisher.short[:1] or (self.edition.publisher.name,)
        return self.press("Nxb ").replace(self.edition.publisher.name, short[0])

    def year(self) -> str:
        quarter = f"quý {roman(self.chance.randrange(1, 5))}/"
        return f"{self.chance.choice([quarter, ''])}{self.edition.year}"

    def edition_statement(self) -> Parts:
        return [("a", f"{self.printed()} lần thứ {self.edition.edition}")] if self.edition.edition else []

    def isbn(self) -> str:
        return f"ISBN {self.edition.isbn}"


class ShopFeed(Hand):
    """Bought with a bookseller's data: the series or "(Tái bản …)" in the title, the company beside the press."""

    leader_kinds = False
    volume_word = "Tập "

    @classmethod
    def takes(cls, edition: Edition) -> bool:
        return (
            edition.year >= 2000
            and not edition.thesis
            and edition.form in {"text", "ebook", "sound"}
            and (edition.volume != "set")
        )

    def control(self) -> Iterator[tuple[str, str]]:
        yield "001", f"893{self.chance.randrange(10**7):07}"
        if self.edition.form == "ebook":
            yield "007", "cr"

    def isbn(self) -> str:
        return self.edition.isbn

    def names(self) -> Iterator[tuple[str, str, Parts]]:
        for number, person in enumerate(self.responsible()):
            yield "100" if number == 0 else "700", "1 ", [("a", person.name)]

    def title(self) -> Parts:
        title = self.titled() + (f" - {self.volume()}" if self.volume() else "")
        if self.edition.series:
            title = f"{self.edition.series} - {title}" if self.sometimes(0.4) else f"{title} ({self.edition.series})"
        if self.rest() and not self.drops("rest", 0.5):
            title += f" - {self.rest().capitalize()}"
        if self.edition.edition and self.sometimes(0.6):
            title += f" (Tái bản {self.edition.year})"
        return [("a", title + {"ebook": " (Ebook)", "sound": " (Sách nói)"}.get(self.edition.form, ""))]

    def edition_statement(self) -> Parts:
        return []

    def publisher(self) -> str:
        company = self.chance.choice(["", "", "", " - Nhã Nam", " ; Alphabooks", " - Đông A"])
        return self.press(self.chance.choice(["Nhà Xuất Bản ", "NXB ", ""])) + company

    def imprint(self) -> Iterator[tuple[str, str, Parts]]:
        yield "264", " 1", [("b", self.publisher()), ("c", f"{self.chance.randrange(1, 13):02}-{self.edition.year}")]

    def extent(self) -> Parts:
        return [("a", f"{self.edition.pages} trang" if self.edition.form == "text" and self.edition.pages else "")]

    def more(self) -> Iterator[tuple[str, str, Parts]]:
        yield "520", "  ", [("a", f"Giới thiệu sách {self.edition.title}")]


class CommuneRoom(Hand):
    """A commune's reading room: decomposed letters, lower case, slips, a few cells."""

    care = 0.86
    leader_kinds = False
    volume_word = "tập "

    @classmethod
    def takes(cls, edition: Edition) -> bool:
        return edition.form in {"text", "issue", "sound"} and not edition.thesis and edition.volume != "set"

    def control(self) -> Iterator[tuple[str, str]]:
        yield "001", f"{self.chance.randrange(10**4)}"

    def text(self, value: str) -> str:
        return unicodedata.normalize("NFD", value)

    def numbers(self) -> Iterator[tuple[str, str, Parts]]:
        yield from ()

    def names(self) -> Iterator[tuple[str, str, Parts]]:
        shown = self.responsible() if "people" in self.tells else self.responsible()[:1]
        yield "100", "1 ", [("a", " - ".join(person.name for person in shown))]

    def title(self) -> Parts:
        rest = "" if self.drops("rest", 0.6) else self.rest()
        said = " ".join(filter(None, (self.titled(), self.volume(), rest)))
        return [("a", said + {"sound": " (CD)"}.get(self.edition.form, ""))]

    def edition_statement(self) -> Parts:
        return []

    def publisher(self) -> str:
        return self.press("Nhà xuất bản: ")

    def imprint(self) -> Iterator[tuple[str, str, Parts]]:
        year = "" if self.drops("year", 0.2) else self.year()
        yield "260", "  ", [("b", self.publisher()), ("c", f"Năm {year}" if year and self.sometimes(0.3) else year)]

    def extent(self) -> Parts:
        return [("a", self.pages() if self.edition.pages and self.sometimes(0.8) else "")]

    def more(self) -> Iterator[tuple[str, str, Parts]]:
        if self.edition.series and "series" in self.tells:
            yield "490", "0 ", [("a", self.edition.series)]


class OldCards(Hand):
    """Cards typed off by a firm: hyphens between syllables of names, Nhà xuất-bản, sizes as formats, doubtful years."""

    care = 0.94
    volume_word = "q. "

    @classmethod
    def takes(cls, edition: Edition) -> bool:
        return edition.year < 2000 and edition.form in {"text", "serial"} and not edition.thesis

    def name(self, person: Person) -> str:
        return person.name.replace(" ", "-") if person.role != "bod" and not person.others else person.name

    def said(self, person: Person) -> str:
        return self.name(person)

    def numbers(self) -> Iterator[tuple[str, str, Parts]]:
        yield from ()

    def titled(self) -> str:
        return super().titled().replace("Việt Nam", "Việt-nam").replace("Hà Nội", "Hà-nội")

    def publisher(self) -> str:
        return self.press(self.chance.choice(["", "Nhà xuất-bản "]))

    def place(self) -> str:
        return {"Hà Nội": "Hà-nội"}.get(self.edition.publisher.place, self.edition.publisher.place)

    def year(self) -> str:
        return self.chance.choice([str(self.edition.year), f"[{self.edition.year}]", f"{self.edition.year}?"])

    def extent(self) -> Parts:
        return [("a", f"{self.carrier()} 13x19")] if self.carrier() else []


HANDS: tuple[type[Hand], ...] = (
    *(NationalLibrary, UniversityRda, ForeignLibrary, OneField, FromTcvn, SchoolSheet, KohaProvince),
    *(Repository, Unmarked, ArmyLibrary, ShopFeed, CommuneRoom, OldCards),
)


def fitting(edition: Edition) -> list[type[Hand]]:
    """The libraries that have such an edition."""
    return [hand for hand in HANDS if hand.takes(edition)]

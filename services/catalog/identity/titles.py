"""Titles taken apart: title proper, rest, volume, edition, statement of responsibility."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from services.catalog.identity.description import Part
from services.catalog.identity.numerals import NUMBER, WORD, number_of
from services.catalog.identity.spelling import compared, composed
from services.catalog.identity.words import alternatives, tables
from shared.vietnamese import fold, fold_letters
from shared.vietnamese.orthography import BASES

_VOLUMES = tables()["volumes"]
_EDITIONS = tables()["editions"]
_SCIENCES = "|".join(rf"(?<=\b{word}\shoc\s)" for word in _VOLUMES["sciences"])
_NOT_AFTER = "".join(rf"(?<!\b{word}\s)" for word in _VOLUMES["not_after"]) + rf"(?:(?<!\bhoc\s)|{_SCIENCES})"
"""Words that end in tập; a bare letter (T2) ends none of them."""
_UNIT = rf"(?:{alternatives(_VOLUMES['words'])})"
_LETTER = rf"(?:{'|'.join(_VOLUMES['letters'])})"
_END = r"(?=$|[\s.,:;)\]/=–-])"

VOLUME = re.compile(
    rf"(?:(?<=^)|(?<=[\s.,:;(\[/=–-]))"
    rf"(?:{_NOT_AFTER}{_UNIT}(?:\.\s?|\s|(?=\d))(?:thu\s)?|{_LETTER}(?:\.\s?|(?=\d)|\s(?=\d))|\#\s?(?=\d))(?P<number>{NUMBER}){_END}"
)
"""Over letters folded one by one: tap 2, t.2, q. ii, tap hai, vol. 3; not the number of an exercise (bai tap 2)."""
_WHOLE = re.compile(rf"\b(?:{'|'.join(_VOLUMES['whole_after'])})\stap(?P<cut>[\s.,:(-]+)(?P<number>\d{{1,3}}){_END}")
"""Tuyen tap 2: a volume too, but the word belongs to the title."""
_FIELD_NUMBER = re.compile(
    rf"^\W*(?:(?:{_UNIT}|{_LETTER}|{alternatives(_VOLUMES['in_number_field'])})(?=[\s.\d])\.?\s?)?(?:thu\s)?(?P<number>{NUMBER}){_END}"
)
"""What 245$n holds: with or without a word before the number."""

_AGAIN = rf"(?:{alternatives(_EDITIONS['again'])})"
_NTH = rf"(?:{alternatives(_EDITIONS['nth'])})"
EDITION = re.compile(
    rf"\b(?:(?P<again>{_AGAIN})|{_NTH})\.?\s?(?:lan|l)\.?\s?(?:thu\s)?(?P<number>\d{{1,3}}|[ivx]{{1,6}}(?![a-z])|(?:{WORD})(?:\s(?:{WORD}))*)(?!\w)"
)
"""Tai ban lan thu nam, in lan 2."""
_ORDINAL = re.compile(
    rf"\b(?:(?P<figures>\d{{1,3}})\s?(?:{alternatives(_EDITIONS['ordinal'])})?|(?P<word>{WORD}))\.?\s(?:[a-z.]+\s){{0,2}}?(?:ed|edn|edition)\b"
)
"""2nd ed., second revised edition, 2e ed."""
_PLAIN_NTH = re.compile(rf"\b(?:lan(?:\sthu)?|ed\.?|edition)\s(?P<number>\d{{1,3}}|{WORD})(?!\w)")

_NUMBER_FIRST = re.compile(r"^\W*(\d{1,2})(?:\.|\s|$)")
"""2. Aufl., 3. painos: the number stands first in other languages, too."""
MOST_OF_A_START = 40
VOLUME_BEGINS = frozenset(
    form for word in (*_VOLUMES["words"], *_VOLUMES["letters"]) for form in (word[0], word[0].upper())
)
_SYLLABLES = frozenset(fold(base) for base in BASES)
_VIETNAMESE = re.compile("[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệịỉĩọỏốồổỗộớờởỡợụủũứừửữựỳỵỷỹ]", re.IGNORECASE)
"""Letters that hardly any other language has."""
_CLOSING = " \t/:;,.=-–[("
_ARTICLE = re.compile(rf"^(?:(?:{alternatives(word for word in tables()['articles'] if word[-1] != chr(39))})\s|l['’])")
_STATEMENT = re.compile(r"\s/\s|/\s+(?!\d)|\s/(?=[^\W\d_])")
"""Before a statement of responsibility; many type one blank beside the stroke or none, and "1/ 2" is none."""
_PARALLEL = re.compile(r"\s=(?:\s|$)")
"""Before a parallel title."""
YEARS = re.compile(r"[\s(\[]*(?:1[4-9]|20)\d\d(?:\s?[-–—]\s?(?:(?:1[4-9]|20)\d\d|nay))?[\s)\].]*")
"""The years that a work is about, or a volume of it."""
_ISSUE = re.compile(r"[.,:;(–-]\s*so\s(?P<number>\d{1,4}(?:\s?[/-]\s?\d{1,4})?)[\s).]*$")
"""Tap chi A. So 171: at the end, or it is a number like any other."""
_REPRINTED = re.compile(rf"\s*[(\[]?\s*\b(?P<said>{_AGAIN}\s(?:nam\s)?(?:19|20)\d\d)\s*[)\]]?\s*$")
"""(Tai ban 2014), as booksellers end a title."""
_SCHOOL_BOOKS: dict[str, tuple[str, str]] = {fold(kind): tuple(said) for kind, said in tables()["school_books"].items()}
_KINDS = tuple(_SCHOOL_BOOKS)
_KIND = rf"(?P<kind>{alternatives(_SCHOOL_BOOKS)})"
_SCHOOL_BOOK = re.compile(rf"{_KIND}\b[\s.:–-]*(?=\w)")
_KIND_BEHIND = re.compile(rf"(?<=\w)[\s.,:(\[–-]+{_KIND}[\s)\].]*$")
_KIND_ALONE = re.compile(rf"\W*{_KIND}\W*")
_COURSES: dict[str, list[str]] = tables()["school_series"]
_COURSE_NAMES: dict[str, str] = {
    fold(said): name for name, spellings in _COURSES.items() for said in (name, *spellings)
}
_COURSE_ENDS = tuple(_COURSE_NAMES)
_COURSE = re.compile(
    rf"(?:^|[.,:;(\[–-])\s*(?:bo\s(?:sach\s)?|theo\sbo\ssach\s)?(?P<name>{alternatives(_COURSE_NAMES)})[\s)\].]*$"
)
"""The series that a school book belongs to, behind its title."""
_LEADING_KINDS = frozenset(tables()["leading_kinds"])
_BESIDE = re.compile(
    r"(?<=\w)\s*(?:\((?P<said>[^\W\d][^()]{2,60})\)|[\s,(–-]+(?P<years>(?:1[4-9]|20)\d\d\s?[-–]\s?(?:1[4-9]|20)\d\d))\)?$"
)
_ENDS_OF_MORE = (")", *"0123456789")
_HALF = re.compile(r"(?<=[^\W\d]\s)(\d{1,2})/[12]$")
_REMARK = re.compile(rf"\s*\((?:{alternatives(tables()['title_remarks'])})\)\s*$")
"""What shops and schools put in brackets behind a title that is no part of it."""
_ABOUT_FORM = re.compile(r"\s*\[[^\]]{3,40}\]\s*$")


@dataclass(frozen=True, slots=True)
class Title:
    """A title without volume and edition; `main` is the title proper, `rest` other title information."""

    main: str
    rest: str = ""
    parts: tuple[Part, ...] = ()
    statement: str = ""
    edition: str = ""
    course: str = ""
    """The series of school books that it says to belong to."""
    bracketed: str = ""
    """What stood in square brackets at the end: a general material designation."""


@lru_cache(maxsize=4096)
def title_of(proper: str, rest: str) -> Title:
    """245 $a and $b as typed, NFC; libraries without subfields put everything into $a."""
    text, statement = _before_statement(proper)
    rest, said_behind = _before_statement(rest) if rest else ("", "")
    bracketed = _ABOUT_FORM.search(text)
    text = text[: bracketed.start()] if bracketed else text
    text, rest = _without_parallel(text, rest)
    if text.endswith(")") and (found := _REMARK.search(fold_letters(text))):
        text = text[: found.start()]
    main, inner = _cut(_with_colon(text))
    main, course = _without_course(main)
    main, kind = _spelt_out(main)
    parts, main, name = _parts_in(main)
    inner_parts, inner, inner_name = _parts_in(inner)
    rest_parts, rest, rest_name = _parts_in(rest)
    edition, joined = _edition_in(" : ".join(piece for piece in (_clean(inner), _clean(rest)) if piece))
    main_edition, main = _edition_in(main)
    joined, rest_course = _without_course(joined) if joined else ("", "")
    name = _clean(name or inner_name or rest_name)
    main, joined = _in_order(_clean(main) or _clean(proper), _clean(joined), kind)
    return Title(
        main=main,
        rest=joined,
        parts=_named((*parts, *inner_parts, *rest_parts), name),
        statement=statement.strip() or said_behind.strip(),
        edition=edition or main_edition,
        course=course or rest_course,
        bracketed=bracketed[0] if bracketed else "",
    )


def without_names(title: Title, keys: tuple[str, ...]) -> Title:
    """A title that was typed with its author or its series behind or before it: "Mắt biếc - Nguyễn Nhật Ánh"."""
    first, _, last = title.main.partition(" - ")
    for rest, name in ((first, last), (last, first)):
        if name_key(name) in keys:
            return replace(title, main=rest)
    return title


@lru_cache(maxsize=4096)
def name_key(name: str) -> str:
    """Its folded words in alphabetical order."""
    return " ".join(sorted(compared(name)[1].split()))


def _with_colon(text: str) -> str:
    """With a colon before what libraries put in brackets or behind a dash instead: (hồi ký), - 1930 - 1975; and with a
    word before a school book's half year: Tiếng Việt 3/1.
    """
    if not text.endswith(_ENDS_OF_MORE):
        return text
    if found := _HALF.search(text):
        return f"{text[: found.end(1)]} tập {text[found.end() - 1 :]}"
    if ":" in text or not (found := _BESIDE.search(text)):
        return text
    return f"{text[: found.start()]} : {found['said'] or found['years']}"


def _without_parallel(text: str, rest: str) -> tuple[str, str]:
    """Titles in another language left out: behind a sign in $a or $b, or all of $b up to its colon."""
    if "=" not in text and "=" not in rest:
        return text, rest
    found = _PARALLEL.search(text)
    if found and found.end() == len(text):
        return text[: found.start()], rest.partition(" : ")[2]
    return _PARALLEL.split(text, 1)[0], _PARALLEL.split(rest, 1)[0]


def _without_course(text: str) -> tuple[str, str]:
    letters = fold_letters(text)
    found = _COURSE.search(letters) if letters.rstrip(" ).]").endswith(_COURSE_ENDS) else None
    return (text[: found.start()], course_of(found["name"])) if found else (text, "")


@lru_cache(maxsize=1024)
def course_of(written: str) -> str:
    """The name of a series of school books, however it is shortened; empty for any other series."""
    return _COURSE_NAMES.get(fold(written).strip(" .()[]"), "")


def _in_order(main: str, rest: str, kind: str) -> tuple[str, str]:
    """What kind of book it is where most libraries type it: "Toán 6 : sách giáo viên", "Giáo trình Kinh tế vi mô"."""
    if not rest:
        return main, kind
    letters = fold_letters(rest)
    if letters in _LEADING_KINDS:
        return f"{rest} {main}", kind
    if found := _KIND_ALONE.fullmatch(letters):
        before, rest = _meant(found["kind"], main)
        main = f"{before} {main}".strip()
    return main, " : ".join(piece for piece in dict.fromkeys((kind, rest)) if piece)


def _before_statement(text: str) -> tuple[str, str]:
    found = _STATEMENT.search(text)
    return (text[: found.start()], text[found.end() :]) if found else (text, "")


def _spelt_out(main: str) -> tuple[str, str]:
    """A school book's title without the words that schools put before or behind it, and what these say of it."""
    letters = fold_letters(main)
    if found := _SCHOOL_BOOK.match(letters):
        bare = main[found.end() :]
    elif letters.rstrip(" ).]").endswith(_KINDS) and (found := _KIND_BEHIND.search(letters)):
        bare = main[: found.start()]
    else:
        return main, ""
    before, after = _meant(found["kind"], main)
    return f"{before} {bare}".strip(), after


def _meant(kind: str, title: str) -> tuple[str, str]:
    """What stands before and behind the title; without marks where that has none."""
    before, after = _SCHOOL_BOOKS[kind]
    return (fold(before), fold(after)) if title.isascii() else (before, after)


def _cut(text: str) -> tuple[str, str]:
    """Title proper and what follows the colon; a colon behind a volume's number introduces the volume's name."""
    before, colon, after = text.partition(":")
    if colon and not after[:1].isdigit() and not VOLUME.search(fold_letters(before)):
        return before, after
    return text, ""


def _parts_in(text: str) -> tuple[tuple[Part, ...], str, str]:
    """Volumes in a text, the text without them, and the name that follows the last one."""
    letters = fold_letters(text)
    found = list(VOLUME.finditer(letters))
    if not found:
        whole = _WHOLE.search(letters)
        if not whole:
            issue = _ISSUE.search(letters)
            return ((Part(issue["number"]),), text[: issue.start()], "") if issue else ((), text, "")
        return (Part(number_of(whole["number"]) or ""),), text[: whole.start("cut")], text[whole.end() :]
    numbers = [number_of(each["number"]) for each in found]
    before = text[: found[0].start()]
    after = text[found[-1].end() :].lstrip(" )].,:;-–")
    parts = tuple(Part(number) for number in numbers if number)
    return (parts, before, after) if _clean(before) else (parts, after, "")


def _named(parts: tuple[Part, ...], name: str) -> tuple[Part, ...]:
    if not name:
        return parts
    if not parts:
        return (Part("", name),)
    return (*parts[:-1], Part(parts[-1].number, name))


@lru_cache(maxsize=4096)
def parts_of(number: str, name: str) -> tuple[Part, ...]:
    """245 $n and $p as typed; $p often holds the number as well."""
    parts = _field_parts(number)
    named, before, after = _parts_in(name)
    return _named((*parts, *named), _clean(after if named else before))


@lru_cache(maxsize=4096)
def volume_at_the_start(text: str) -> tuple[Part, ...]:
    """The volume that a text names before anything else."""
    found = VOLUME.match(fold_letters(composed(text[:MOST_OF_A_START])))
    number = number_of(found["number"]) if found else None
    return (Part(number),) if number else ()


def _field_parts(number: str) -> tuple[Part, ...]:
    letters = fold_letters(number)
    if found := _FIELD_NUMBER.match(letters):
        first = number_of(found["number"])
        following, _, name = _parts_in(number[found.end() :])
        return _named((*((Part(first),) if first else ()), *following), _clean(name))
    parts, _, name = _parts_in(number)
    return parts or ((Part("", _clean(number)),) if _clean(number) else _named((), name))


def _edition_in(text: str) -> tuple[str, str]:
    """An edition statement inside a title, and the title without it."""
    letters = fold_letters(text)
    if found := _REPRINTED.search(letters):
        return text[found.start("said") : found.end("said")], text[: found.start()]
    found = EDITION.search(letters)
    if not found or not (found["again"] or found.start()):
        return "", text
    return text[found.start() : found.end()], text[: found.start()].rstrip(" ,;:-–(")


@lru_cache(maxsize=4096)
def edition_number(statement: str) -> int | None:
    """How many times it was printed: "Tái bản lần thứ nhất" is the 2nd, "In lần thứ 2" the 2nd, "2nd ed." too."""
    letters = " ".join(fold_letters(statement).split())
    if found := EDITION.search(letters):
        number = _whole(found["number"])
        return number + 1 if number and found["again"] else number
    if found := _ORDINAL.search(letters):
        return _whole(found["figures"] or found["word"])
    found = _PLAIN_NTH.search(letters) or _NUMBER_FIRST.search(letters)
    return _whole(found[1]) if found else None


def _whole(written: str) -> int | None:
    number = number_of(written)
    return int(number) if number and number.isdigit() else None


def _clean(text: str) -> str:
    return composed(text).rstrip(_CLOSING).lstrip(" /:;,.=-–")


def is_foreign(title: str) -> bool:
    """Whether a title cannot be Vietnamese, with its marks or without: "The" may begin "The gioi phang"."""
    if _VIETNAMESE.search(title):
        return False
    return not all(word in _SYLLABLES for word in compared(title)[1].split() if word.isalpha())


@lru_cache(maxsize=4096)
def filed(text: str, *, articles: bool) -> tuple[str, str]:
    """Both forms to compare, without a leading article of a language that has them."""
    exact, folded = compared(text)
    if articles and (found := _ARTICLE.match(folded)) and found.end() < len(folded):
        return exact.split(" ", 1)[1], folded.split(" ", 1)[1]
    return exact, folded

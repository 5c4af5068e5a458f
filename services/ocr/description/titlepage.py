"""Title pages: which line says what, as ISBD names its areas: title and statement of responsibility, publication."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import dropwhile, takewhile

from services.ocr.description.dates import DIGITS, MONTH_DATE, SHORT_MONTH, YEAR, iso_date
from services.ocr.description.lines import Line
from services.ocr.description.matching import begins, best, finding, letters, tokens_of
from services.ocr.description.names import (
    body_head,
    is_person,
    kept,
    like_name,
    place_name,
    sentence,
    written_name,
    written_person,
)
from services.ocr.description.terms import terms
from shared.events.draft import Finding
from shared.vietnamese import fold

TITLE_PAGES = 4
TITLE_PAGE_TOKENS = 110
TITLE_SIZE = 0.55
"""A title's letters are at least this high beside the page's largest; its second lines and subtitles too."""
NAME_SIZE = 0.9
"""What is set as large as the largest line is the title, though it looks like a person's name."""
SAME_SIZE = 0.8
SECOND_LINE = 0.6
"""Of the height of the title's line above: GIA PHẢ / HỌ NGUYỄN VĂN."""
BESIDE_YEAR = 0.78
"""Least likeness of a place beside a year, where nothing else is to be expected."""
PUBLISHER = re.compile(
    r"\b(?:nha xuat ban|nxb|n\.x\.b)\b|\bxuat ban$|^(?:nha in|editions?)\b"
    r"|\b(?:imprimerie|librairie|editeurs?|publishers?)\b"
    r"|\b(?:an quan|an thu quan)\b"
)
VOLUME = re.compile(
    r"^(?:tap|quyen|phan|cuon|tome|volume|fascicule) (?:\d+|[ivx]+|mot|hai|ba|bon|nam|thu .+|thuong|ha)\b"
    r"|^(?:\d+|[ivxl]+)(?:er|e|eme)? (?:fascicule|volume|partie|annee|edition)\b"
)
ISBD = re.compile(
    r"(?P<title>[^/]{2,300}?) / (?P<by>[^/]{2,200}?)\.? ?[-–] (?P<place>[^:/]{1,30}?) ?: (?P<publisher>[^,/]{2,60}), "
    r"(?P<year>\d{4})"
)
BETWEEN_NAMES = re.compile(r"\s*(?:,|;|&|\s[-–]\s|\svà\s|\sva\s|\sVÀ\s)\s*")
IN_TIME = re.compile(
    r"(?:thang \d{1,2}|quy (?:\d|[ivx]+)|mua (?:xuan|ha|he|thu|dong)|xuat ban|\d{1,2} ?/|nam(?: [^\W\d_]+){0,2})$"
)
"""What may stand between place and year: tháng 9 năm 2002, mùa xuân 2003, năm Nhâm Thân 1992."""
SPAN = re.compile(r"[12]\d{3} ?[-–] ?[12]\d{3}")
BY = re.compile(r"(?i)^(?:par|by)\s+(?:(?:M|MM|Mme|Mr|Dr)\.?\s+)?")
OF = "cua"
OFFICE_WORDS = 5
"""Trưởng tộc: Nguyễn Văn An; whoever is named after few words and a colon is no author unless the words say so."""
TITLE_LINES = 8
Rule = Callable[[Line], bool]


@dataclass(frozen=True)
class TitlePage:
    """Lines by what they say; `rest` are title and subtitle, in order."""

    authors: tuple[Line, ...]
    publishers: tuple[Line, ...]
    imprints: tuple[Line, ...]
    bodies: tuple[Line, ...]
    notices: tuple[Line, ...]
    rest: tuple[Line, ...]


def is_publisher(line: Line) -> bool:
    return len(line.tokens) <= 12 and bool(PUBLISHER.search(line.folded))


def is_imprint(line: Line) -> bool:
    """Place and year, or one of both, alone on a line."""
    year = YEAR.search(line.text)
    before = _untimed(line.text[: year.start()] if year else line.text)
    named = bool(place_name(before, BESIDE_YEAR if year else None))
    if year and not line.text[year.end() :].strip(" ."):
        return named or not letters(before)
    return named and line.folded.startswith(("tp", "thanh pho"))


def _untimed(text: str) -> str:
    """The place of an imprint, without what says more of its time than the year."""
    before = text.strip(" ,-–:.()")
    while match := IN_TIME.search(fold(before)):
        before = before[: match.start()].strip(" ,-–:.()")
    return before


def is_notice(line: Line) -> bool:
    noted = bool(begins(line.text, terms().notices, 0.9)) or bool(VOLUME.match(line.folded))
    motto = best(line.text, terms().mottoes.values(), 0.9)
    return noted or motto is not None or _is_credit(line.text)


def _is_credit(text: str) -> bool:
    """(Sưu tầm, biên soạn), or what somebody other than the author did: Nguyễn Văn An dịch, chú thích."""
    parts = [part for part in BETWEEN_NAMES.split(text.strip(" ()")) if part]
    office, colon, name = text.partition(":")
    held = bool(colon) and len(office.split()) <= OFFICE_WORDS and is_person(_without_degree(name.strip()))
    return (held and not people(text)) or (bool(parts) and all(_only_credit(part) for part in parts))


def _only_credit(text: str) -> bool:
    words = text.split()
    tails = (" ".join(words[count:]) for count in (0, *range(2, 6)) if not count or is_person(" ".join(words[:count])))
    named = ((tail, best(tail, terms().credits, 0.95)) for tail in tails if tail and not tail.startswith("("))
    return any(credit and kept(tail, credit) for tail, credit in named)


def is_author(line: Line) -> bool:
    return bool(people(line.text))


def is_body(line: Line) -> bool:
    """One-word heads are surnames as well: Đoàn."""
    head = body_head(line.text)
    return bool(head) and not (" " not in str(head) and is_author(line))


def people(text: str) -> list[str]:
    """Names on a line of responsibility, without credits and degrees; none unless all of it is names."""
    bare = re.sub(r"[ ,]+[12]\d{3}$", "", re.sub(r"\((?:[^)]*)\)", "", text).strip())
    credit, colon, named = bare.partition(":")
    if colon:
        bare = named if any(letters(word) in letters(credit) for word in terms().credits) else ""
    by = BY.match(bare)
    names = [_without_degree(name) for name in BETWEEN_NAMES.split(bare[by.end() if by else 0 :]) if name.strip()]
    if colon or by:
        known = like_name if by else is_person
        return [written_person(name) for name in takewhile(known, names)]
    sure = sum(map(is_person, names))
    listed = sure > 1 and 2 * sure > len(names) and all(map(like_name, names))
    return [written_person(name) for name in names] if names and (sure == len(names) or listed) else []


def _without_degree(name: str) -> str:
    words = name.split()
    while words and letters(words[0]) in {letters(degree) for degree in terms().degrees}:
        words = words[1:]
    return " ".join(words)


def largest_of(lines: Sequence[Line]) -> float:
    return max((line.height for line in lines), default=0.0)


def title_page_of(lines: Sequence[Line], largest: float) -> TitlePage:
    """largest: height of the page's largest line, 0 where sizes are unknown. The title is one run of lines."""
    roles: dict[str, list[Line]] = {name: [] for name in ("author", "publisher", "imprint", "body", "notice", "rest")}
    above: Line | None = None
    for line in lines:
        role = _role(line, largest)
        if above and role in {"author", "body"} and _goes_on(above, line):
            role = "rest"
        if role == "rest" and roles["publisher"] and place_name(line.text.strip(" .,")):
            role = "imprint"
        if role == "rest" and above is None and _title_is_over(roles["rest"], line, largest):
            role = "notice"
        roles[role].append(line)
        above = line if role == "rest" else None
    return TitlePage(
        authors=tuple(roles["author"]),
        publishers=tuple(roles["publisher"]),
        imprints=tuple(roles["imprint"]),
        bodies=tuple(roles["body"]),
        notices=tuple(roles["notice"]),
        rest=tuple(roles["rest"]),
    )


def _title_is_over(title: Sequence[Line], line: Line, largest: float) -> bool:
    if largest:
        return bool(title) and line.height < NAME_SIZE * largest
    return any(above.capitals > 0.9 for above in title)


def _goes_on(above: Line, line: Line) -> bool:
    """Whether a title in capitals goes on (LỊCH SỬ / ĐẢNG BỘ HUYỆN …): not much smaller, no white between."""
    same_size = SECOND_LINE * above.height <= line.height <= above.height / SAME_SIZE
    capitals = min(above.capitals, line.capitals) > 0.9
    return capitals and same_size and not line.apart and ":" not in line.text


ROLES: tuple[tuple[str, Rule], ...] = (
    ("publisher", is_publisher),
    ("imprint", is_imprint),
    ("notice", is_notice),
    ("body", is_body),
    ("author", is_author),
)


def _role(line: Line, largest: float) -> str:
    if largest and line.height > NAME_SIZE * largest:
        return "rest"
    return next((name for name, rule in ROLES if rule(line)), "rest")


def title_of(lines: Sequence[Line]) -> Finding | None:
    """The largest lines, or all where sizes are unknown; what follows in smaller letters is the subtitle."""
    largest = largest_of(lines)
    if not lines:
        return None
    if not largest and any(line.capitals > 0.9 for line in lines):
        lines = list(dropwhile(lambda line: line.capitals < 0.5, lines))
    first = next(index for index, line in enumerate(lines) if line.height >= TITLE_SIZE * largest)
    chosen = lines[first : first + TITLE_LINES]
    return finding(
        _isbd_title(chosen, largest), "largest-lines" if largest else "lines-without-role", tokens_of(chosen)
    )


def _isbd_title(lines: Sequence[Line], largest: float) -> str:
    """Title : subtitle."""
    small = [index for index, line in enumerate(lines) if index and line.height < 0.75 * largest]
    cut = small[0] if small else len(lines)
    parts = [" ".join(line.text for line in lines[:cut]), " ".join(line.text for line in lines[cut:])]
    return " : ".join(sentence(part) for part in parts if part)


def authors_of(lines: Sequence[Line]) -> Iterator[Finding]:
    for line in lines:
        for name in people(line.text):
            yield finding(name, "name-line", line.tokens)


def body_of(lines: Sequence[Line]) -> Finding | None:
    return finding(written_name(lines[-1].text), "body-on-title-page", lines[-1].tokens) if lines else None


def publisher_of(lines: Sequence[Line]) -> Finding | None:
    if not lines:
        return None
    text = re.sub(r"(?i)\bN\.?X\.?B\.?(?!\w)", "Nhà xuất bản", lines[0].text)
    return finding(written_name(text), "publisher-line", lines[0].tokens)


def place_of(lines: Sequence[Line]) -> Finding | None:
    for line in lines:
        name = place_name(_untimed(YEAR.sub("", line.text)), BESIDE_YEAR)
        if name:
            return finding(name, "place-in-imprint", line.tokens)
    return None


def year_of(lines: Sequence[Line]) -> Finding | None:
    for line in lines:
        year, month = YEAR.search(line.text), MONTH_DATE.search(line.folded) or SHORT_MONTH.search(line.folded)
        value = iso_date(month) if month else None
        if value:
            return finding(value, "month-in-imprint", line.tokens)
        if year:
            return finding(year["year"].translate(DIGITS), "year-in-imprint", line.tokens)
    return None


def largest_run(lines: Sequence[Line]) -> list[Line]:
    """The title alone: the largest lines, or those in capitals where sizes are unknown."""
    largest = largest_of(lines)
    if largest:
        first = list(dropwhile(lambda line: line.height < SAME_SIZE * largest, lines))
        return list(takewhile(lambda line: line.height >= SECOND_LINE * largest, first))
    first = list(dropwhile(lambda line: line.capitals < 0.9, lines)) or list(lines[:1])
    return [*first[:1], *takewhile(lambda line: line.capitals >= 0.9 and not line.apart, first[1:])]


def ends_in_year(line: Line) -> bool:
    """A short line that ends in a year, and not in a span of years."""
    years = list(YEAR.finditer(line.text))
    at_end = bool(years) and not letters(line.text[years[-1].end() :])
    return at_end and len(line.tokens) <= TITLE_LINES * 3 and not SPAN.search(line.text)


def like_place(text: str) -> bool:
    words = text.split()
    return 1 <= len(words) <= 4 and all(word[:1].isupper() for word in words)

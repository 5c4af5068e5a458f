"""Books, newspapers, maps and poems: what a title page, a masthead or a verse's heading says.

Roles of lines as ISBD names its areas: title and statement of responsibility, publication, number. A cataloguing in
publication (biên mục trên xuất bản phẩm) on the verso is a librarian's own word and goes before all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from services.ocr.description.dates import DATE, DIGITS, SHORT_DATE, YEAR, iso_date
from services.ocr.description.lines import Line, Token
from services.ocr.description.matching import begins, find, finding, letters, plain, tokens_of
from services.ocr.description.names import (
    body_head,
    is_person,
    like_name,
    place_name,
    sentence,
    written_name,
    written_person,
)
from services.ocr.description.stream import Stream
from services.ocr.description.terms import terms
from shared.events.draft import DocumentForm, Finding, MetadataDraft, SubjectFinding

TITLE_PAGES = 4
TITLE_PAGE_TOKENS = 110
TITLE_SIZE = 0.55
"""A title's letters are at least this high beside the page's largest; its second lines and subtitles too."""
NAME_SIZE = 0.9
"""What is set as large as the largest line is the title, though it looks like a person's name."""
SAME_SIZE = 0.8
BESIDE_YEAR = 0.78
"""Least likeness of a place beside a year, where nothing else is to be expected."""
PUBLISHER = re.compile(r"\b(?:nha xuat ban|nxb|n\.x\.b)\b|\bxuat ban$|^nha in\b")
VOLUME = re.compile(r"^(?:tap|quyen|phan|cuon|tome) (?:\d+|[ivx]+|mot|hai|ba|bon|nam|thu .+|thuong|ha)\b")
CIP = "Biên mục trên xuất bản phẩm"
ISBD = re.compile(
    r"(?P<title>[^/]{2,300}?) / (?P<by>[^/]{2,200}?)\.? ?[-–] (?P<place>[^:/]{1,30}?) ?: (?P<publisher>[^,/]{2,60}), "
    r"(?P<year>\d{4})"
)
DEWEY = re.compile(r"\b(?P<ddc>\d{3}(?:\.\d+)?) ?[-–] ?dd?c ?\d\d\b")
SCALE = re.compile(r"\bt[yi] le\b.{0,4}1 ?[:/] ?\d")
ISSUE = re.compile(r"\bs[o06e] ?:? ?(?P<number>[\doli]{1,6})\b")
VERSES = 6
VERSE_WORDS = 10
BETWEEN_NAMES = re.compile(r"\s*(?:,|;|&|\s[-–]\s|\svà\s|\sva\s|\sVÀ\s)\s*")
THESES = {"luan an": "luan-an", "luan van": "luan-van", "khoa luan": "khoa-luan"}

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
    before = line.text[: year.start()] if year else line.text
    named = bool(place_name(before.strip(" ,-–:.()"), BESIDE_YEAR if year else None))
    if year and not line.text[year.end() :].strip(" ."):
        return named or not letters(before)
    return named and line.folded.startswith(("tp", "thanh pho"))


def is_notice(line: Line) -> bool:
    return bool(begins(line.text, terms().notices, 0.9)) or bool(VOLUME.match(line.folded))


def is_author(line: Line) -> bool:
    return bool(people(line.text))


def is_body(line: Line) -> bool:
    """One-word heads are surnames as well: Đoàn."""
    head = body_head(line.text)
    return bool(head) and not (" " not in str(head) and is_author(line))


def people(text: str) -> list[str]:
    """Names on a line of responsibility, without credits and degrees; none unless all of it is names."""
    bare = re.sub(r"\((?:[^)]*)\)", "", text)
    if ":" in bare:
        credit, _, bare = bare.partition(":")
        if not begins(credit, terms().credits, 0.85):
            return []
    names = [_without_degree(name) for name in BETWEEN_NAMES.split(bare) if name.strip()]
    return [written_person(name) for name in names] if names and all(map(is_person, names)) else []


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
        if role == "rest" and above is None and roles["rest"] and line.height < NAME_SIZE * largest:
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


def _goes_on(above: Line, line: Line) -> bool:
    """Whether a title in capitals goes on in this line (LỊCH SỬ / ĐẢNG BỘ HUYỆN …): set alike, no white between."""
    same_size = abs(above.height - line.height) <= (1 - SAME_SIZE) * above.height
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


def book_draft(pages: Sequence[Sequence[Line]]) -> MetadataDraft | None:
    """The first short page that names a publisher, a place with a year, or a thesis."""
    for lines in pages[:TITLE_PAGES]:
        page = title_page_of(lines, largest_of(lines))
        if len(tokens_of(lines)) <= TITLE_PAGE_TOKENS and page.rest and (page.publishers or page.imprints):
            return _with_cip(_book(page), pages)
    return None


def _book(page: TitlePage) -> MetadataDraft:
    kind = next((code for code in map(_thesis, page.notices) if code), "sach")
    evidence = [*page.publishers, *page.imprints, *page.notices]
    above, titles = _above_title(page.rest)
    return MetadataDraft(
        form=DocumentForm.BOOK,
        title=title_of(titles),
        authors=tuple(authors_of(page.authors)) or tuple(above),
        issuer=_body(page.bodies),
        publisher=_publisher(page.publishers),
        place=_place(page.imprints),
        date=_year(page.imprints),
        document_type=finding(kind, "title-page", tokens_of(evidence[:1])),
    )


def _above_title(lines: Sequence[Line]) -> tuple[list[Finding], Sequence[Line]]:
    """A name of no known surname above the title, set smaller or, where sizes are unknown, apart; and the title."""
    if len(lines) < 2 or not like_name(lines[0].text):
        return [], lines
    first, second = lines[:2]
    smaller = first.height < TITLE_SIZE * largest_of(lines) if first.box else first.capitals < 0.9
    if second.capitals < 0.9 or not (smaller or second.apart):
        return [], lines
    return [finding(written_person(first.text), "name-above-title", first.tokens)], lines[1:]


def _thesis(line: Line) -> str | None:
    return next((code for start, code in THESES.items() if line.folded.startswith(start)), None)


def title_of(lines: Sequence[Line]) -> Finding | None:
    """The largest lines, or all where sizes are unknown; what follows in smaller letters is the subtitle."""
    largest = largest_of(lines)
    if not lines:
        return None
    first = next(index for index, line in enumerate(lines) if line.height >= TITLE_SIZE * largest)
    chosen = lines[first : first + 5]
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


def _body(lines: Sequence[Line]) -> Finding | None:
    return finding(written_name(lines[-1].text), "body-on-title-page", lines[-1].tokens) if lines else None


def _publisher(lines: Sequence[Line]) -> Finding | None:
    if not lines:
        return None
    text = re.sub(r"(?i)\bN\.?X\.?B\.?(?!\w)", "Nhà xuất bản", lines[0].text)
    return finding(written_name(text), "publisher-line", lines[0].tokens)


def _place(lines: Sequence[Line]) -> Finding | None:
    for line in lines:
        name = place_name(YEAR.sub("", line.text).strip(" ,-–:.()"), BESIDE_YEAR)
        if name:
            return finding(name, "place-in-imprint", line.tokens)
    return None


def _year(lines: Sequence[Line]) -> Finding | None:
    for line in lines:
        year = YEAR.search(line.text)
        if year:
            return finding(year["year"].translate(DIGITS), "year-in-imprint", line.tokens)
    return None


def _with_cip(draft: MetadataDraft, pages: Sequence[Sequence[Line]]) -> MetadataDraft:
    for lines in pages:
        tokens = tokens_of(lines)
        span = find(tokens, CIP) if tokens else None
        if span:
            return draft.model_copy(update=dict(_cip_findings(lines, draft)))
    return draft


def _cip_findings(lines: Sequence[Line], draft: MetadataDraft) -> Iterator[tuple[str, object]]:
    stream = Stream(tokens_of(lines))
    dewey = DEWEY.search(stream.plain)
    if dewey:
        taken = stream.taken(dewey)
        subject = finding(draft.title.value if draft.title else dewey["ddc"], "dewey-in-cip", taken)
        yield "subjects", (SubjectFinding(**subject.model_dump(), ddc=dewey["ddc"]),)
    entry = ISBD.search(stream.text)
    if entry is None:
        return
    year, publisher, place = (stream.read(entry, name).strip() for name in ("year", "publisher", "place"))
    yield "date", finding(year, "isbd-in-cip", stream.taken(entry, "year"))
    yield "publisher", finding(_full_publisher(publisher), "isbd-in-cip", stream.taken(entry, "publisher"))
    yield "place", finding(_full_place(place), "isbd-in-cip", stream.taken(entry, "place"))


def _full_publisher(name: str) -> str:
    return name if PUBLISHER.search(plain(name)) else f"Nhà xuất bản {name}"


def _full_place(short: str) -> str:
    """H. and Tp. Hồ Chí Minh, as Vietnamese cataloguing abbreviates."""
    return "Hà Nội" if letters(short) == "h" else place_name(short) or short


def newspaper_draft(pages: Sequence[Sequence[Line]]) -> MetadataDraft | None:
    """A first page with "cơ quan của …" and an issue's number or date."""
    lines = next((page for page in pages if page), ())
    head = lines[:14]
    owner = next((line for line in head if begins(line.text, terms().mastheads, 0.85)), None)
    stream = Stream(tokens_of(head))
    issue, date = ISSUE.search(stream.plain), DATE.search(stream.plain) or SHORT_DATE.search(stream.plain)
    if owner is None or not (issue or date):
        return None
    named = _owner(head, owner)
    day = iso_date(date) if date else None
    return MetadataDraft(
        form=DocumentForm.NEWSPAPER,
        title=_masthead(head, owner),
        issuer=finding(written_name(" ".join(token.text for token in named)), "owner-in-masthead", named)
        if named
        else None,
        number=finding(issue["number"].translate(DIGITS), "issue-in-masthead", stream.taken(issue)) if issue else None,
        date=finding(day, "date-in-masthead", stream.taken(date)) if date and day else None,
        document_type=finding("bao", "masthead", owner.tokens),
    )


def _owner(lines: Sequence[Line], owner: Line) -> list[Token]:
    """What follows "cơ quan của", over the lines that go on without a break before the issue's number."""
    words = len((begins(owner.text, terms().mastheads, 0.85) or "").split())
    named = list(owner.tokens[words:])
    for line in lines[lines.index(owner) + 1 :]:
        if line.apart or ISSUE.search(line.folded) or DATE.search(line.folded) or line.capitals < owner.capitals - 0.3:
            break
        named.extend(line.tokens)
    return named


def _masthead(lines: Sequence[Line], owner: Line) -> Finding | None:
    """The largest lines; without sizes, what stands above the owner."""
    largest = largest_of(lines)
    above = lines[: lines.index(owner)][-3:]
    title = [line for line in lines if line.height >= SAME_SIZE * largest] if largest else above
    text = " ".join(line.text for line in title)
    return finding(sentence(text), "masthead", tokens_of(title)) if title else None


def map_draft(pages: Sequence[Sequence[Line]]) -> MetadataDraft | None:
    lines = next((page for page in pages if page), ())
    starts = [index for index, line in enumerate(lines) if line.folded.startswith("ban do")]
    scale = next((line for line in lines if SCALE.search(line.folded)), None)
    if not starts or scale is None:
        return None
    title = _map_title(lines[starts[0] :], scale)
    others = [line for line in lines if line is not scale and line not in title]
    page = title_page_of(others, largest_of(lines))
    return MetadataDraft(
        form=DocumentForm.MAP,
        title=finding(sentence(" ".join(line.text for line in title)), "map-title", tokens_of(title)),
        issuer=_body(page.bodies),
        publisher=_publisher(page.publishers),
        place=_place(page.imprints),
        date=_year(page.imprints),
        document_type=finding("ban-do", "scale", scale.tokens),
    )


def _map_title(lines: Sequence[Line], scale: Line) -> list[Line]:
    title = [lines[0]]
    for line in lines[1:4]:
        alike_size = not line.height or line.height > TITLE_SIZE * lines[0].height
        if line is scale or not alike_size or is_publisher(line) or is_imprint(line):
            break
        title.append(line)
    return title


def poem_draft(pages: Sequence[Sequence[Line]]) -> MetadataDraft | None:
    """Short lines with large first letters, most of them of one length or in turns of six and eight syllables."""
    lines = next((page for page in pages if page), ())
    author = next((line for line in reversed(lines) if is_author(line)), None)
    verses = [line for line in lines[1:] if line is not author]
    if len(verses) < VERSES or not _metric(verses):
        return None
    title = lines[0]
    return MetadataDraft(
        form=DocumentForm.POEM,
        title=finding(sentence(title.text), "line-above-verses", title.tokens),
        authors=tuple(authors_of([author] if author else [])),
        document_type=finding("bai-tho", "verse", tokens_of(verses[:4])),
    )


def _metric(verses: Sequence[Line]) -> bool:
    lengths = [len(_syllables(line.tokens)) for line in verses]
    if max(lengths) > VERSE_WORDS:
        return False
    six_eight = sum(length == (6, 8)[index % 2] for index, length in enumerate(lengths))
    regular = max(lengths.count(length) for length in (4, 5, 6, 7, 8))
    capital = sum(line.text[:1].isupper() for line in verses)
    return max(six_eight, regular) >= 0.75 * len(verses) and capital >= 0.8 * len(verses)


def _syllables(tokens: Sequence[Token]) -> list[Token]:
    return [token for token in tokens if letters(token.text)]

"""Books, newspapers, maps and poems: what a title page, a masthead or a verse's heading says.

Roles of lines as ISBD names its areas: title and statement of responsibility, publication, number. A cataloguing in
publication (biên mục trên xuất bản phẩm) on the verso is a librarian's own word and goes before all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import dropwhile, takewhile
from statistics import median

from services.ocr.description.dates import DATE, DIGITS, MONTH_DATE, SHORT_MONTH, YEAR, date_in, iso_date
from services.ocr.description.lines import Line, Token
from services.ocr.description.matching import begins, best, find, finding, letters, plain, tokens_of
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
from services.ocr.description.stream import Stream
from services.ocr.description.terms import terms
from shared.events.draft import DocumentForm, Finding, MetadataDraft, SubjectFinding
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
CIP = "Biên mục trên xuất bản phẩm"
ISBD = re.compile(
    r"(?P<title>[^/]{2,300}?) / (?P<by>[^/]{2,200}?)\.? ?[-–] (?P<place>[^:/]{1,30}?) ?: (?P<publisher>[^,/]{2,60}), "
    r"(?P<year>\d{4})"
)
DEWEY = re.compile(r"\b(?P<ddc>\d{3}(?:\.\d+)?) ?[-–] ?dd?c ?\d\d\b")
SCALE = re.compile(r"\b(?:t[yi] [l1i]e|eche[l1]{2}e|sca[l1]e)\b.{0,6}1 ?[:/] ?\d")
ISSUE = re.compile(r"\b(?:s[o06e] ?:? ?|n ?[°º] ?)(?P<number>[\doli]{1,6})\b")
VERSES = 6
VERSE_WORDS = 10
BETWEEN_NAMES = re.compile(r"\s*(?:,|;|&|\s[-–]\s|\svà\s|\sva\s|\sVÀ\s)\s*")
THESES = {"luan an": "luan-an", "luan van": "luan-van", "khoa luan": "khoa-luan"}

IN_TIME = re.compile(
    r"(?:thang \d{1,2}|quy (?:\d|[ivx]+)|mua (?:xuan|ha|he|thu|dong)|xuat ban|\d{1,2} ?/|nam(?: [^\W\d_]+){0,2})$"
)
"""What may stand between place and year: tháng 9 năm 2002, mùa xuân 2003, năm Nhâm Thân 1992."""
SPAN = re.compile(r"[12]\d{3} ?[-–] ?[12]\d{3}")
BY = re.compile(r"(?i)^(?:par|by)\s+(?:(?:M|MM|Mme|Mr|Dr)\.?\s+)?")
OF = "cua"
SUBTITLE_WORDS = 20
OFFICE_WORDS = 5
"""Trưởng tộc: Nguyễn Văn An; whoever is named after few words and a colon is no author unless the words say so."""
STANDS_OUT = 1.35
"""How much higher than the page's other letters a title's are, where nothing else says that it is one."""
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


def _body(lines: Sequence[Line]) -> Finding | None:
    return finding(written_name(lines[-1].text), "body-on-title-page", lines[-1].tokens) if lines else None


def _publisher(lines: Sequence[Line]) -> Finding | None:
    if not lines:
        return None
    text = re.sub(r"(?i)\bN\.?X\.?B\.?(?!\w)", "Nhà xuất bản", lines[0].text)
    return finding(written_name(text), "publisher-line", lines[0].tokens)


def _place(lines: Sequence[Line]) -> Finding | None:
    for line in lines:
        name = place_name(_untimed(YEAR.sub("", line.text)), BESIDE_YEAR)
        if name:
            return finding(name, "place-in-imprint", line.tokens)
    return None


def _year(lines: Sequence[Line]) -> Finding | None:
    for line in lines:
        year, month = YEAR.search(line.text), MONTH_DATE.search(line.folded) or SHORT_MONTH.search(line.folded)
        value = iso_date(month) if month else None
        if value:
            return finding(value, "month-in-imprint", line.tokens)
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
    owner = next((line for line in head if _owner_words(line.text)), None)
    stream = Stream(tokens_of(head))
    issue, date = ISSUE.search(stream.plain), date_in(stream.plain)
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
    named = list(owner.tokens[_owner_words(owner.text) :])
    for line in lines[lines.index(owner) + 1 :]:
        if line.apart or ISSUE.search(line.folded) or DATE.search(line.folded) or line.capitals < owner.capitals - 0.3:
            break
        named.extend(line.tokens)
    return list(_without_mastheads(named))


def _owner_words(text: str) -> int:
    """How many words say that an owner follows: Cơ quan của, Cơ quan tuyên truyền của."""
    words = text.split()
    phrase = begins(text, terms().mastheads, 0.85)
    if phrase or not begins(text, [" ".join(phrase.split()[:2]) for phrase in terms().mastheads], 0.9):
        return len((phrase or "").split())
    return next((at + 1 for at, word in enumerate(words[:7]) if letters(word) == OF), 0)


def _without_mastheads(tokens: Sequence[Token]) -> Iterator[Token]:
    """Cơ quan của Đảng bộ, tiếng nói của chính quyền: both own it."""
    at = 0
    while at < len(tokens):
        phrase = begins(" ".join(token.text for token in tokens[at : at + 5]), terms().mastheads, 0.85)
        words = len((phrase or "").split())
        if not words:
            yield tokens[at]
        at += words or 1


def periodical_draft(pages: Sequence[Sequence[Line]]) -> MetadataDraft | None:
    """A first page that names no owner, but which issue it is of which day, or that it is one: Tạp chí."""
    head = next((page for page in pages if page), ())[:14]
    kind = next((line for line in head if begins(line.text, terms().periodicals, 0.9)), None)
    numbered = next((line for line in head if len(line.tokens) <= 12 and ISSUE.search(line.folded)), None)
    if numbered is None or not YEAR.search(numbered.text):
        return None
    issue, date = ISSUE.search(numbered.folded), date_in(numbered.folded)
    if kind is None and not (date and date["day"]):
        return None
    page = title_page_of([line for line in head if line is not numbered], largest_of(head))
    day = iso_date(date) if date else None
    year = _year([numbered])
    return MetadataDraft(
        form=DocumentForm.NEWSPAPER,
        title=title_of(_named(_largest_run(page.rest), head)),
        issuer=_body(page.bodies),
        publisher=_publisher(page.publishers),
        place=_place(page.imprints),
        number=finding(issue["number"].translate(DIGITS), "issue-in-masthead", numbered.tokens) if issue else None,
        date=finding(day, "date-in-masthead", numbered.tokens) if day else year,
        document_type=finding("tap-chi", "masthead", kind.tokens) if kind else None,
    )


def _named(title: list[Line], head: Sequence[Line]) -> list[Line]:
    """Công báo alone names nothing: whose it is belongs to the title."""
    if len(title) != 1 or not best(title[0].text, terms().periodicals, 0.95):
        return title
    at = head.index(title[0])
    return [*title, *(line for line in head[at + 1 : at + 2] if not ISSUE.search(line.folded))]


def _largest_run(lines: Sequence[Line]) -> list[Line]:
    """The title alone: the largest lines, or those in capitals where sizes are unknown."""
    largest = largest_of(lines)
    if largest:
        first = list(dropwhile(lambda line: line.height < SAME_SIZE * largest, lines))
        return list(takewhile(lambda line: line.height >= SECOND_LINE * largest, first))
    first = list(dropwhile(lambda line: line.capitals < 0.9, lines)) or list(lines[:1])
    return [*first[:1], *takewhile(lambda line: line.capitals >= 0.9 and not line.apart, first[1:])]


def _masthead(lines: Sequence[Line], owner: Line) -> Finding | None:
    """The largest lines; without sizes, what stands above the owner."""
    largest = largest_of(lines)
    above = lines[: lines.index(owner)][-TITLE_LINES:]
    title = [line for line in lines if line.height >= SAME_SIZE * largest] if largest else above
    text = " ".join(line.text for line in title)
    return finding(sentence(text), "masthead", tokens_of(title)) if title else None


def map_draft(pages: Sequence[Sequence[Line]]) -> MetadataDraft | None:
    lines = next((page for page in pages if page), ())
    starts = [index for index, line in enumerate(lines) if begins(line.text, terms().maps, 0.9)]
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
        date=_year(page.imprints) or _year([line for line in others if _ends_in_year(line)][-1:]),
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
    verses = [line for line in lines[1:] if line is not author and not is_notice(line)]
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


def titled_draft(pages: Sequence[Sequence[Line]]) -> MetadataDraft | None:
    """What has no known form but opens with a title that stands out: in size, or in capitals without sizes."""
    lines = next((page for page in pages if page), ())
    page = title_page_of(lines, largest_of(lines))
    title = _standing_out(page.rest, lines)
    if not title:
        return None
    at = lines.index(title[-1])
    dated = [line for line in lines[at + 1 :] if _ends_in_year(line)]
    return MetadataDraft(
        form=DocumentForm.OTHER,
        title=title_of(title),
        authors=tuple(authors_of(page.authors)),
        issuer=_body([line for line in page.bodies if lines.index(line) < at]),
        publisher=_publisher(page.publishers),
        place=_place(page.imprints) or _place_at_foot(dated[-1:]),
        date=_day(dated[-1:]),
    )


def _standing_out(rest: Sequence[Line], lines: Sequence[Line]) -> list[Line]:
    largest = largest_of(rest)
    if largest:
        small = [line.height for line in lines if line.height < largest / STANDS_OUT]
        if not small or largest < largest_of(lines):
            return []
        usual = median(small)
        first = list(dropwhile(lambda line: line.height < TITLE_SIZE * largest, rest))
        title = list(takewhile(lambda line: line.height > STANDS_OUT * usual, first))[:TITLE_LINES]
        below = first[len(title) : len(title) + 1]
        return [*title, *(line for line in below if _is_subtitle(line, lines))]
    title = _largest_run(rest)[:TITLE_LINES]
    if len(lines) <= len(title) or not title or title[0].capitals < 0.9:
        return []
    at = rest.index(title[-1]) + 1
    return [*title, *(line for line in rest[at : at + 1] if _is_subtitle(line, lines))]


def _is_subtitle(line: Line, lines: Sequence[Line]) -> bool:
    """Close below the title and alone there; not where it comes from: Làng Hạ, xã Đông Sơn, tỉnh Thanh Hóa."""
    if SPAN.search(line.text) and not letters(SPAN.sub("", line.text)):
        return True
    address = "," in line.text and begins(line.text, (*terms().units, "làng", "thôn", "tổng", "phủ", "châu"), 0.95)
    at = lines.index(line)
    alone = at + 1 < len(lines) and lines[at + 1].apart
    return alone and _close(lines[at - 1], line) and not address and len(line.tokens) <= SUBTITLE_WORDS


def _close(title: Line, line: Line) -> bool:
    """The white below large letters is theirs."""
    if title.box and line.box:
        return line.box.y - title.box.y - title.box.height < title.height
    return not line.apart


def _ends_in_year(line: Line) -> bool:
    """A short line that ends in a year, and not in a span of years."""
    years = list(YEAR.finditer(line.text))
    at_end = bool(years) and not letters(line.text[years[-1].end() :])
    return at_end and len(line.tokens) <= TITLE_LINES * 3 and not SPAN.search(line.text)


def _day(lines: Sequence[Line]) -> Finding | None:
    for line in lines:
        match = date_in(line.folded)
        value = iso_date(match) if match else None
        if value:
            return finding(value, "date-at-foot", line.tokens)
    return _year(lines)


def _place_at_foot(lines: Sequence[Line]) -> Finding | None:
    """What stands before the comma: Văn Phú, ngày 3 tháng 5 năm 1992."""
    for line in lines:
        place, comma, _ = line.text.partition(",")
        if comma and like_place(place):
            return finding(place_name(place) or place, "place-at-foot", line.tokens)
    return None


def like_place(text: str) -> bool:
    words = text.split()
    return 1 <= len(words) <= 4 and all(word[:1].isupper() for word in words)

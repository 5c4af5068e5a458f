"""Documents of no known form that open with a title which stands out."""

from collections.abc import Sequence
from itertools import dropwhile, takewhile
from statistics import median

from services.ocr.description.dates import date_in, iso_date
from services.ocr.description.lines import Line
from services.ocr.description.matching import begins, finding, letters
from services.ocr.description.names import (
    place_name,
)
from services.ocr.description.terms import terms
from services.ocr.description.titlepage import (
    SPAN,
    TITLE_LINES,
    TITLE_SIZE,
    authors_of,
    body_of,
    ends_in_year,
    largest_of,
    largest_run,
    like_place,
    place_of,
    publisher_of,
    title_of,
    title_page_of,
    year_of,
)
from shared.events.draft import DocumentForm, Finding, MetadataDraft

SUBTITLE_WORDS = 20
STANDS_OUT = 1.35
"""How much higher than the page's other letters a title's are, where nothing else says that it is one."""


def titled_draft(pages: Sequence[Sequence[Line]]) -> MetadataDraft | None:
    """What has no known form but opens with a title that stands out: in size, or in capitals without sizes."""
    lines = next((page for page in pages if page), ())
    page = title_page_of(lines, largest_of(lines))
    title = _standing_out(page.rest, lines)
    if not title:
        return None
    at = lines.index(title[-1])
    dated = [line for line in lines[at + 1 :] if ends_in_year(line)]
    return MetadataDraft(
        form=DocumentForm.OTHER,
        title=title_of(title),
        authors=tuple(authors_of(page.authors)),
        issuer=body_of([line for line in page.bodies if lines.index(line) < at]),
        publisher=publisher_of(page.publishers),
        place=place_of(page.imprints) or _place_at_foot(dated[-1:]),
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
    title = largest_run(rest)[:TITLE_LINES]
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


def _day(lines: Sequence[Line]) -> Finding | None:
    for line in lines:
        match = date_in(line.folded)
        value = iso_date(match) if match else None
        if value:
            return finding(value, "date-at-foot", line.tokens)
    return year_of(lines)


def _place_at_foot(lines: Sequence[Line]) -> Finding | None:
    """What stands before the comma: Văn Phú, ngày 3 tháng 5 năm 1992."""
    for line in lines:
        place, comma, _ = line.text.partition(",")
        if comma and like_place(place):
            return finding(place_name(place) or place, "place-at-foot", line.tokens)
    return None

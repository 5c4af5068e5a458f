"""Books and theses: what their title pages say.

A cataloguing in publication (biên mục trên xuất bản phẩm) on the verso is a librarian's own word and goes before all.
"""

import re
from collections.abc import Iterator, Sequence

from services.ocr.description.lines import Line
from services.ocr.description.matching import find, finding, letters, plain, tokens_of
from services.ocr.description.names import (
    like_name,
    place_name,
    written_person,
)
from services.ocr.description.stream import Stream
from services.ocr.description.titlepage import (
    ISBD,
    PUBLISHER,
    TITLE_PAGE_TOKENS,
    TITLE_PAGES,
    TITLE_SIZE,
    TitlePage,
    authors_of,
    body_of,
    largest_of,
    place_of,
    publisher_of,
    title_of,
    title_page_of,
    year_of,
)
from shared.events.draft import DocumentForm, Finding, MetadataDraft, SubjectFinding

CIP = "Biên mục trên xuất bản phẩm"
DEWEY = re.compile(r"\b(?P<ddc>\d{3}(?:\.\d+)?) ?[-–] ?dd?c ?\d\d\b")
THESES = {"luan an": "luan-an", "luan van": "luan-van", "khoa luan": "khoa-luan"}


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
        issuer=body_of(page.bodies),
        publisher=publisher_of(page.publishers),
        place=place_of(page.imprints),
        date=year_of(page.imprints),
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

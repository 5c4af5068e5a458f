"""Newspapers and periodicals: what their mastheads say."""

import re
from collections.abc import Iterator, Sequence

from services.ocr.description.dates import DATE, DIGITS, YEAR, date_in, iso_date
from services.ocr.description.lines import Line, Token
from services.ocr.description.matching import begins, best, finding, letters, tokens_of
from services.ocr.description.names import (
    sentence,
    written_name,
)
from services.ocr.description.stream import Stream
from services.ocr.description.terms import terms
from services.ocr.description.titlepage import (
    OF,
    SAME_SIZE,
    TITLE_LINES,
    body_of,
    largest_of,
    largest_run,
    place_of,
    publisher_of,
    title_of,
    title_page_of,
    year_of,
)
from shared.events.draft import DocumentForm, Finding, MetadataDraft

ISSUE = re.compile(r"\b(?:s[o06e] ?:? ?|n ?[°º] ?)(?P<number>[\doli]{1,6})\b")


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
    year = year_of([numbered])
    return MetadataDraft(
        form=DocumentForm.NEWSPAPER,
        title=title_of(_named(largest_run(page.rest), head)),
        issuer=body_of(page.bodies),
        publisher=publisher_of(page.publishers),
        place=place_of(page.imprints),
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


def _masthead(lines: Sequence[Line], owner: Line) -> Finding | None:
    """The largest lines; without sizes, what stands above the owner."""
    largest = largest_of(lines)
    above = lines[: lines.index(owner)][-TITLE_LINES:]
    title = [line for line in lines if line.height >= SAME_SIZE * largest] if largest else above
    text = " ".join(line.text for line in title)
    return finding(sentence(text), "masthead", tokens_of(title)) if title else None

"""The heading of an administrative document: who issues, the number, the motto, place and date, type and subject."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from rapidfuzz import fuzz

from services.ocr.description.dates import (
    BARE_NUMBER,
    DATE,
    DIGITS,
    NUMBER,
    date_in,
    iso_date,
    type_of_code,
    written_number,
)
from services.ocr.description.lines import Line, Token
from services.ocr.description.matching import alike, begins, best, find, finding, letters, tokens_of
from services.ocr.description.names import (
    body_head,
    place_name,
    sentence,
    written_name,
)
from services.ocr.description.stream import Match, Stream
from services.ocr.description.terms import rules, terms
from shared.events.draft import Finding

CAPITALS = 0.6
TYPE_ALIKE = 0.82
MISREAD_CODE = 0.6
ABOUT = re.compile(r"\bv\s?/\s?v\b:?")
TO = "Kính gửi"
MOTTO_ALIKE = 0.88
"""Bodies' names end in "Việt Nam" as mottoes do."""
STATE_YEAR = re.compile(r"\bnam thu (?:nhat|hai|ba|tu|nam|sau|bay|tam|chin|muoi|[ivx]+)\b")
"""Năm thứ hai: years of the republic, below the motto until 1954."""
SPEAKS = 12
"""Words of a line from which, in small letters, it belongs to the text."""
SAME_BEGINNING = 0.9


@dataclass
class Heading:
    """What stands above the text, as it is taken apart; `lines` is what no rule has taken yet."""

    lines: list[Line]
    text_from: int
    """Index of the page's first line after the heading and type."""
    motto: bool = False
    above_number: frozenset[int] = frozenset()
    """Identities of the tokens above the number's line: bodies are named there."""
    found: dict[str, Finding] = field(default_factory=dict)

    @property
    def stream(self) -> Stream:
        return Stream(tokens_of(self.lines))

    def take(self, tokens: Sequence[Token]) -> None:
        gone = {id(token) for token in tokens}
        rest = (
            replace(line, tokens=tuple(token for token in line.tokens if id(token) not in gone)) for line in self.lines
        )
        self.lines = [line for line in rest if line.tokens]


def heading_of(lines: Sequence[Line]) -> Heading:
    start = _type_line(lines)
    end = start if start is not None else _letter_end(lines)
    heading = Heading(list(_first_tokens(lines[:end])), end + (start is not None))
    _take_mottoes(heading)
    _take_number(heading)
    _take_place_and_date(heading)
    if start is not None:
        _note_type(heading, lines[start])
    else:
        _take_letter_subject(heading)
    _note_issuer(heading)
    return heading


def _first_tokens(lines: Sequence[Line]) -> Iterator[Line]:
    count = 0
    for line in lines:
        count += len(line.tokens)
        if count > rules().heading_tokens:
            return
        yield line


def _type_line(lines: Sequence[Line]) -> int | None:
    """The line that is nothing but a type in capitals."""
    for index, line in enumerate(_first_tokens(lines)):
        if line.capitals >= CAPITALS and type_named(line.text) and not body_head(line.text):
            return index
    return None


@cache
def _type_names() -> dict[str, tuple[str, str]]:
    """By letters: code and name of each type, alone and with what may follow it."""
    endings = ["", *(f" {word}" for word in (*terms().qualifiers.joint, *terms().qualifiers.other))]
    return {letters(name + end): (code, name + end) for code, (name, _) in terms().types.items() for end in endings}


def type_read(text: str) -> tuple[str, str] | None:
    """Code and full name, Kế hoạch liên tịch, of the type that this names and nothing else."""
    read = letters(text)
    nearest = max(_type_names(), key=lambda name: fuzz.ratio(read, name))
    near = abs(len(read) - len(nearest)) <= 2 and fuzz.ratio(read, nearest) >= 100 * TYPE_ALIKE
    return _type_names()[nearest] if near else None


def type_named(text: str) -> str | None:
    """The code of the type whose name this is."""
    named = type_read(text)
    return named[0] if named else None


def _letter_end(lines: Sequence[Line]) -> int:
    """Where a document without a type line, a letter, begins to speak: at "Kính gửi", or when a line is long."""
    for index, line in enumerate(lines):
        if begins(line.text, [TO]) or (len(line.tokens) > SPEAKS and (index > 12 or _speaks(line))):
            return index
    return len(lines)


def _speaks(line: Line) -> bool:
    """In small letters, and no number, date or subject that was read together with what stands beside it."""
    return line.capitals < 0.3 and not any(pattern.search(line.folded) for pattern in (NUMBER, DATE, ABOUT))


def _take_mottoes(heading: Heading) -> None:
    for name, phrase in terms().mottoes.items():
        tokens = tokens_of(heading.lines)
        span = find(tokens, phrase, MOTTO_ALIKE)
        if span:
            heading.motto = heading.motto or not name.startswith("tieu-ngu")
            heading.take(tokens[span.start : span.end])
    stream = heading.stream
    year = STATE_YEAR.search(stream.plain) if heading.motto else None
    if year:
        heading.take(stream.taken(year))


def _take_number(heading: Heading) -> None:
    stream = heading.stream
    match = NUMBER.search(stream.plain)
    if match is None:
        _take_bare_number(heading)
        return
    value = written_number(match["number"], stream.read(match, "code"))
    rule = "number-in-heading" if match["number"].strip() else "number-left-open"
    _note_number(heading, finding(value, rule, stream.taken(match)), stream.taken(match))


def _take_bare_number(heading: Heading) -> None:
    for line in heading.lines:
        match = BARE_NUMBER.match(line.folded)
        if match:
            value = match["number"].translate(DIGITS)
            _note_number(heading, finding(value, "number-without-code", line.tokens), line.tokens)
            return


def _note_number(heading: Heading, number: Finding, tokens: Sequence[Token]) -> None:
    at = next(index for index, line in enumerate(heading.lines) if any(token is tokens[0] for token in line.tokens))
    heading.above_number = frozenset(map(id, tokens_of(heading.lines[:at])))
    heading.found["number"] = number
    heading.take(tokens)


def _take_place_and_date(heading: Heading) -> None:
    stream = heading.stream
    match = date_in(stream.plain)
    if match:
        note_place_and_date(heading, match, stream.taken(match), "date-in-heading")


def note_place_and_date(heading: Heading, match: Match, tokens: Sequence[Token], rule: str) -> None:
    value = iso_date(match)
    if value is None:
        return
    heading.found["date"] = finding(value, rule, tokens)
    before = _place_before(heading.lines, tokens[0])
    name = " ".join(token.text for token in before).strip(" ,.")
    if name:
        heading.found["place"] = finding(place_name(name) or name, "place-before-date", before)
    heading.take([*before, *tokens])


def _place_before(lines: Sequence[Line], first: Token) -> list[Token]:
    """At most five words on the date's own line."""
    for line in lines:
        at = next((index for index, token in enumerate(line.tokens) if token is first), None)
        if at is not None:
            return list(line.tokens[max(0, at - 5) : at])
    return []


def _note_type(heading: Heading, line: Line) -> None:
    code = type_named(line.text)
    if code:
        likeness = alike(line.text, terms().types[code][0])
        heading.found["document_type"] = finding(code, "type-line", line.tokens, likeness)
        _mend_number(heading, terms().types[code][1])


def _mend_number(heading: Heading, short: str) -> None:
    """The type below says which abbreviation a misread number began with: 17/TIr-TVT of a Tờ trình.

    KHLT of a joint Kế hoạch is longer, not misread.
    """
    number = heading.found.get("number")
    read = re.search(r"[^\W\d_]+", number.value) if number else None
    if number is None or read is None or type_of_code(read[0]) or read[0].startswith(short):
        return
    if alike(read[0], short) >= MISREAD_CODE:
        value = number.value[: read.start()] + short + number.value[read.end() :]
        heading.found["number"] = number.model_copy(update={"value": value})


def _take_letter_subject(heading: Heading) -> None:
    """V/v …, below the number of a letter (công văn)."""
    stream = heading.stream
    match = ABOUT.search(stream.plain)
    number = heading.found.get("number")
    code = type_of_code(number.value) if number else None
    if match:
        tokens = _until_apart(heading.lines, stream.taken(match))
        subject = sentence(" ".join(token.text for token in tokens).strip(" ."))
        heading.found["subject"] = finding(subject, "subject-of-letter", tokens)
        heading.take([*stream.taken(match), *tokens])
    if match or code:
        tokens = stream.taken(match) if match else []
        heading.found["document_type"] = finding(code or "cong-van", "type-by-number" if code else "letter", tokens)


def _until_apart(lines: Sequence[Line], about: Sequence[Token]) -> list[Token]:
    """The words after V/v on its own line and on the lines that follow without a break."""
    start = next(index for index, line in enumerate(lines) if about[-1] in line.tokens)
    at = lines[start].tokens.index(about[-1]) + 1
    tokens = list(lines[start].tokens[at:])
    for line in lines[start + 1 :]:
        if line.apart or (line.capitals >= CAPITALS and body_head(line.text)) or begins(line.text, [TO]):
            break
        tokens.extend(line.tokens)
    return tokens


def _note_issuer(heading: Heading) -> None:
    """The last body named is the issuer; one whose name begins in no known way is less sure."""
    bodies = list(_bodies(_lines_of_bodies(heading)))
    if not bodies:
        return
    if _joint(heading):
        heading.found["issuer"] = body_finding(tokens_of_all(bodies), "joint-issuers", " - ".join(map(_name, bodies)))
        return
    known = body_head(" ".join(token.text for token in bodies[-1]))
    heading.found["issuer"] = body_finding(bodies[-1], "issuer-in-heading" if known else "capitals-in-heading")
    if len(bodies) > 1:
        heading.found["superior"] = body_finding(tokens_of_all(bodies[:-1]), "superior-in-heading")


def _lines_of_bodies(heading: Heading) -> list[Line]:
    lines = [line for line in heading.lines if line.capitals >= CAPITALS]
    return [line for line in lines if id(line.tokens[0]) in heading.above_number] or lines


def _joint(heading: Heading) -> bool:
    """Kế hoạch liên tịch: several bodies issue it together."""
    kind = heading.found.get("document_type")
    named = type_read(kind.evidence[0].quote) if kind and kind.evidence else None
    return named is not None and named[1].endswith(terms().qualifiers.joint)


def tokens_of_all(groups: Sequence[Sequence[Token]]) -> list[Token]:
    return [token for group in groups for token in group]


def _name(tokens: Sequence[Token]) -> str:
    return written_name(" ".join(token.text for token in tokens))


def body_finding(tokens: Sequence[Token], rule: str, name: str = "") -> Finding:
    return finding(name or _name(tokens), rule, tokens)


def _bodies(lines: Sequence[Line]) -> Iterator[list[Token]]:
    """A line that begins like a body's name begins another body; the others go on with the one above."""
    body: list[Token] = []
    for line in lines:
        if len(body) > 1 and not _is_office(body) and (body_head(line.text) or _begins_anew(body, line)):
            yield body
            body = []
        body.extend(line.tokens)
    if len(body) > 1:
        yield body


def _is_office(body: Sequence[Token]) -> bool:
    """CHỦ TỊCH above ỦY BAN NHÂN DÂN: who issues is the office of that body."""
    return bool(best(" ".join(token.text for token in body), terms().offices, 0.95))


def _begins_anew(body: Sequence[Token], line: Line) -> bool:
    """The branch of a body is named like the whole: BẢO HIỂM XÃ HỘI VIỆT NAM, BẢO HIỂM XÃ HỘI TỈNH …"""
    first, second = (" ".join(token.text for token in tokens[:2]) for tokens in (body, line.tokens))
    return len(line.tokens) > 1 and alike(first, second) >= SAME_BEGINNING

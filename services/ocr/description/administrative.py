"""Administrative documents, whose form is prescribed: heading, number, place and date, type and subject, signature.

The form: Nghị định 30/2020/NĐ-CP, phụ lục I, and before it Thông tư 01/2011/TT-BNV; those of the Party: Hướng dẫn
36-HD/VPTW of 2018. Left stands who issues, with the number below; right the motto, with place and date below.
"""

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
from services.ocr.description.matching import alike, begins, best, find, finding, letters, plain, tokens_of
from services.ocr.description.names import (
    body_head,
    is_person,
    like_name,
    place_name,
    sentence,
    written_name,
    written_person,
)
from services.ocr.description.stream import Match, Stream
from services.ocr.description.terms import rules, terms
from shared.events.draft import DocumentForm, Finding, MetadataDraft

CAPITALS = 0.6
TYPE_ALIKE = 0.82
MISREAD_CODE = 0.6
HEADING_PAGES = 3
SUBJECT_LINES = 12
PREAMBLE_TOKENS = 260
OPENS_SECTION = re.compile(r"^(?:[IVX]+|[A-H1-9])[.)]|^(?:dieu|chuong|phan) [\divx]+\b", re.IGNORECASE)
ABOUT = re.compile(r"\bv\s?/\s?v\b:?")
TO = "Kính gửi"
MOTTO_ALIKE = 0.88
"""Bodies' names end in "Việt Nam" as mottoes do."""
STATE_YEAR = re.compile(r"\bnam thu (?:nhat|hai|ba|tu|nam|sau|bay|tam|chin|muoi|[ivx]+)\b")
"""Năm thứ hai: years of the republic, below the motto until 1954."""
SPEAKS = 12
"""Words of a line from which, in small letters, it belongs to the text."""
FOOT_DATE_WORDS = 14
BEFORE_FOOT_DATE = re.compile(r"^(?:(?:lam|lap) tai )?[^,.;]{0,40}(?:,|^)[ ,]*(?:le )?$")
NAMING = ("number", "document_type", "subject")
"""Below a motto one of these is enough; with none of them it is a gazette's first page or a certificate."""
SAME_BEGINNING = 0.9
NOT_FULL = 0.7
ANNEXED = re.compile(
    r"k[a-z]m theo (?P<type>[a-z0-9 ]{4,24}?) (?:s[o06e]?)\s?:?\s?(?P<number>\d{1,5}(?:\s?/\s?\d{4})?)\s?"
    r"(?P<code>[-–/]\s?[a-z]{1,9}(?:\s?[-–/]\s?[a-z][a-z0-9&.]{0,11}){0,3}),? "
    r"(?P<date>[nu]g[a-z]{1,2}y?.{5,30}?[nu][a-z]m \d{4}) c[a-z]{1,4} (?P<issuer>[^).;:]{3,80})"
)
"""(Kèm theo Kế hoạch số 412/KH-UBND ngày … năm 2022 của UBND Tỉnh): what an annex says of its document."""


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


def administrative_draft(pages: Sequence[Sequence[Line]]) -> MetadataDraft | None:
    """None where the document has not the form."""
    for lines in pages[:HEADING_PAGES]:
        heading = heading_of(lines)
        known = heading.found.keys()
        if {"number", "document_type"} <= known or (heading.motto and not known.isdisjoint(NAMING)):
            return _draft(heading, lines, pages)
    return _annexed_draft(pages)


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


def _type_read(text: str) -> tuple[str, str] | None:
    """Code and full name, Kế hoạch liên tịch, of the type that this names and nothing else."""
    read = letters(text)
    nearest = max(_type_names(), key=lambda name: fuzz.ratio(read, name))
    near = abs(len(read) - len(nearest)) <= 2 and fuzz.ratio(read, nearest) >= 100 * TYPE_ALIKE
    return _type_names()[nearest] if near else None


def type_named(text: str) -> str | None:
    """The code of the type whose name this is."""
    named = _type_read(text)
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
        _note_place_and_date(heading, match, stream.taken(match), "date-in-heading")


def _note_place_and_date(heading: Heading, match: Match, tokens: Sequence[Token], rule: str) -> None:
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
        heading.found["issuer"] = _body_finding(tokens_of_all(bodies), "joint-issuers", " - ".join(map(_name, bodies)))
        return
    known = body_head(" ".join(token.text for token in bodies[-1]))
    heading.found["issuer"] = _body_finding(bodies[-1], "issuer-in-heading" if known else "capitals-in-heading")
    if len(bodies) > 1:
        heading.found["superior"] = _body_finding(tokens_of_all(bodies[:-1]), "superior-in-heading")


def _lines_of_bodies(heading: Heading) -> list[Line]:
    lines = [line for line in heading.lines if line.capitals >= CAPITALS]
    return [line for line in lines if id(line.tokens[0]) in heading.above_number] or lines


def _joint(heading: Heading) -> bool:
    """Kế hoạch liên tịch: several bodies issue it together."""
    kind = heading.found.get("document_type")
    named = _type_read(kind.evidence[0].quote) if kind and kind.evidence else None
    return named is not None and named[1].endswith(terms().qualifiers.joint)


def tokens_of_all(groups: Sequence[Sequence[Token]]) -> list[Token]:
    return [token for group in groups for token in group]


def _name(tokens: Sequence[Token]) -> str:
    return written_name(" ".join(token.text for token in tokens))


def _body_finding(tokens: Sequence[Token], rule: str, name: str = "") -> Finding:
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


def _draft(heading: Heading, lines: Sequence[Line], pages: Sequence[Sequence[Line]]) -> MetadataDraft:
    found = heading.found
    annexed = _annexed(pages)
    preamble = lines[heading.text_from :]
    if "document_type" in found and "subject" not in found:
        subject = subject_lines(preamble)
        if subject:
            tokens = tokens_of(subject)
            found["subject"] = finding(_subject_text(tokens), "subject-below-type", tokens)
            preamble = preamble[len(subject) :]
    if "issuer" not in found:
        issuer = _issuer_in_preamble(preamble) or annexed.get("issuer")
        if issuer:
            found["issuer"] = issuer
    for name in ("number", "date"):
        if name not in found and name in annexed:
            found[name] = annexed[name]
    if "date" not in found:
        _take_foot_date(heading, pages)
    return _assembled(found, pages)


def _take_foot_date(heading: Heading, pages: Sequence[Sequence[Line]]) -> None:
    """Place and date on a line of their own above the signature, as until the 1950s; the last such line counts."""
    for line in reversed([line for lines in pages for line in lines if len(line.tokens) <= FOOT_DATE_WORDS]):
        stream = Stream(line.tokens)
        match = date_in(stream.plain)
        if match and _is_dateline(line):
            heading.lines = [line]
            _note_place_and_date(heading, match, stream.taken(match), "date-above-signature")
            return


def _subject_text(tokens: Sequence[Token]) -> str:
    return sentence(" ".join(token.text for token in tokens).strip(" .:"))


def subject_lines(lines: Sequence[Line]) -> list[Line]:
    """The subject below the type: until white, a heading in capitals or the first words of the text."""
    subject: list[Line] = []
    for line in lines[:SUBJECT_LINES]:
        if subject and _text_begins(line, subject):
            break
        subject.append(line)
    return subject


def _text_begins(line: Line, subject: Sequence[Line]) -> bool:
    last = subject[-1].text.rstrip()
    if last.endswith((",", "-", "–")) or line.text[:1].islower() or _open_quote(subject):
        return _opens(line) and line.apart
    if line.apart or _opens(line) or _short(subject) or _is_dateline(line):
        return True
    if line.capitals >= 0.8 > max(above.capitals for above in subject):
        return True
    return len(line.text) > 1.15 * max(len(above.text) for above in subject)


def _is_dateline(line: Line) -> bool:
    """Saigon, le 9 février 1908: place and date and no more."""
    text = plain(line.text)
    match = date_in(text)
    return bool(match and BEFORE_FOOT_DATE.match(text[: match.start()]) and not letters(text[match.end() :]))


def _short(subject: Sequence[Line]) -> bool:
    """A wrapped subject is over with a line that is not full."""
    return len(subject[-1].text) < NOT_FULL * max(len(line.text) for line in subject)


def _open_quote(subject: Sequence[Line]) -> bool:
    text = " ".join(line.text for line in subject)
    return text.count("“") > text.count("”")


def _opens(line: Line) -> bool:
    first = line.text[:1]
    return bool(OPENS_SECTION.match(line.folded)) or (first.isupper() and bool(begins(line.text, terms().openers, 0.9)))


def _issuer_in_preamble(lines: Sequence[Line]) -> Finding | None:
    """…, Sở Văn hóa, Thể thao và Du lịch ban hành Kế hoạch …: the body's name before the verb."""
    tokens = tokens_of(lines)[:PREAMBLE_TOKENS]
    for at in range(1, len(tokens) - 2):
        verb, noun = (" ".join(token.text for token in tokens[at + step : at + step + 2]) for step in (0, 2))
        if begins(verb, ["ban hành", "xây dựng", "báo cáo"], 0.9) and (type_named(noun) or letters(noun[:4]) == "lich"):
            name = _body_before(tokens, at)
            if name:
                return _body_finding(name, "issuer-in-preamble")
    return None


def _body_before(tokens: Sequence[Token], end: int) -> list[Token]:
    for start in range(end - 1, max(-1, end - 16), -1):
        read = " ".join(token.text for token in tokens[start:end])
        if tokens[start].text[:1].isupper() and body_head(read):
            return [] if "ve viec" in plain(read) else list(tokens[start:end])
    return []


def _annexed(pages: Sequence[Sequence[Line]]) -> dict[str, Finding]:
    for lines in pages:
        stream = Stream(tokens_of(lines))
        for match in ANNEXED.finditer(stream.plain):
            found = dict(_annexed_findings(stream, match))
            if "document_type" in found:
                return found
    return {}


def _annexed_findings(stream: Stream, match: Match) -> Iterator[tuple[str, Finding]]:
    code = type_named(match["type"])
    date = DATE.search(match["date"])
    value = iso_date(date) if date else None
    if code:
        yield "document_type", finding(code, "type-in-annex", stream.taken(match, "type"))
    number = written_number(match["number"], stream.read(match, "code"))
    yield "number", finding(number, "number-in-annex", [*stream.taken(match, "number"), *stream.taken(match, "code")])
    if value:
        yield "date", finding(value, "date-in-annex", stream.taken(match, "date"))
    if body_head(stream.read(match, "issuer")):
        issuer = written_name(stream.read(match, "issuer"))
        yield "issuer", finding(issuer, "issuer-in-annex", stream.taken(match, "issuer"))


def _annexed_draft(pages: Sequence[Sequence[Line]]) -> MetadataDraft | None:
    """The first page lost its heading, and an annex says what it was."""
    found = _annexed(pages)
    if not found:
        return None
    subject = subject_lines(next((lines for lines in pages if lines), ()))
    tokens = tokens_of(subject)
    found["subject"] = finding(_subject_text(tokens), "subject-without-heading", tokens)
    return _assembled(found, pages)


def _assembled(found: dict[str, Finding], pages: Sequence[Sequence[Line]]) -> MetadataDraft:
    subject = found.pop("subject", None)
    fields = {**found, "title": _title(subject, found.get("document_type")), "signer": _signer(pages)}
    issuer = found.get("issuer")
    if issuer and subject:
        fields["issuer"] = _with_place(issuer, subject)
    return MetadataDraft.model_validate({"form": DocumentForm.ADMINISTRATIVE, **fields})


def _title(subject: Finding | None, kind: Finding | None) -> Finding | None:
    """Type and subject, as a catalogue names such documents: Kế hoạch triển khai …"""
    if subject is None or kind is None:
        return subject
    named = _type_read(kind.evidence[0].quote) if kind.evidence else None
    name, text = named[1] if named else terms().types[kind.value][0], subject.value
    if kind.value == "cong-van":
        text = f"về việc {text}"
    return subject.model_copy(update={"value": f"{name} {_small_first(text)}"})


def _small_first(text: str) -> str:
    words = text.split()
    proper = any(place_name(" ".join(words[:count])) for count in (1, 2, 3)) or words[0].isupper()
    return text if proper else text[:1].lower() + text[1:]


def _with_place(issuer: Finding, subject: Finding) -> Finding:
    """UBND Tỉnh, on which the subject knows more: on the area of tỉnh Đồng Tháp."""
    unit = issuer.value.split()[-1].lower()
    words = subject.value.split()
    if unit not in terms().units:
        return issuer
    for at in range(len(words) - 1):
        if alike(words[at], unit) == 1:
            name = next(
                (name for count in (3, 2) if (name := place_name(" ".join(words[at + 1 : at + 1 + count])))), None
            )
            if name:
                value = " ".join([*issuer.value.split()[:-1], unit, name])
                quoted = (*issuer.evidence, *subject.evidence)
                return issuer.model_copy(update={"value": value, "evidence": quoted})
    return issuer


def _signer(pages: Sequence[Sequence[Line]]) -> Finding | None:
    """The name below the office that signs; annexes may follow, so the last such place counts."""
    for lines in reversed(pages):
        for at in range(len(lines) - 1, -1, -1):
            if _office(lines[at]) and (name := _name_below(lines[at + 1 : at + 6])):
                return finding(written_person(name.text), "name-below-office", name.tokens)
    return None


def _office(line: Line) -> bool:
    """TM. ỦY BAN NHÂN DÂN, KT. CHỦ TỊCH, GIÁM ĐỐC: in capitals at a line's end (receivers may stand before it)."""
    words = line.text.split()
    offices = terms().offices
    if line.capitals > 0.9 and begins(line.text, offices, 0.88):
        return True
    return line.capitals > 0.3 and any(
        " ".join(words[-count:]).isupper() and any(alike(" ".join(words[-count:]), office) > 0.88 for office in offices)
        for count in range(1, 5)
        if count <= len(words)
    )


def _name_below(lines: Sequence[Line]) -> Line | None:
    """A person's name; else the only words with large initials, since not every surname is known."""
    named = [line for line in lines if is_person(line.text)]
    others = [line for line in lines if like_name(line.text) and line.capitals < CAPITALS]
    return next(iter(named or others), None)

"""Administrative documents, whose form is prescribed: heading, number, place and date, type and subject, signature.

The form: Nghị định 30/2020/NĐ-CP, phụ lục I, and before it Thông tư 01/2011/TT-BNV; those of the Party: Hướng dẫn
36-HD/VPTW of 2018. Left stands who issues, with the number below; right the motto, with place and date below.
"""

from __future__ import annotations

from collections.abc import Sequence

from services.ocr.description.abstract import FOOT_DATE_WORDS, is_dateline, subject_lines, subject_text
from services.ocr.description.annexes import annexed_draft, annexed_findings, assembled
from services.ocr.description.dates import (
    date_in,
)
from services.ocr.description.heading import Heading, body_finding, heading_of, note_place_and_date, type_named
from services.ocr.description.lines import Line, Token
from services.ocr.description.matching import begins, finding, letters, plain, tokens_of
from services.ocr.description.names import (
    body_head,
)
from services.ocr.description.stream import Stream
from shared.events.draft import Finding, MetadataDraft

HEADING_PAGES = 3
PREAMBLE_TOKENS = 260
NAMING = ("number", "document_type", "subject")
"""Below a motto one of these is enough; with none of them it is a gazette's first page or a certificate."""


def administrative_draft(pages: Sequence[Sequence[Line]]) -> MetadataDraft | None:
    """None where the document has not the form."""
    for lines in pages[:HEADING_PAGES]:
        heading = heading_of(lines)
        known = heading.found.keys()
        if {"number", "document_type"} <= known or (heading.motto and not known.isdisjoint(NAMING)):
            return _draft(heading, lines, pages)
    return annexed_draft(pages)


def _draft(heading: Heading, lines: Sequence[Line], pages: Sequence[Sequence[Line]]) -> MetadataDraft:
    found = heading.found
    annexed = annexed_findings(pages)
    preamble = lines[heading.text_from :]
    if "document_type" in found and "subject" not in found:
        subject = subject_lines(preamble)
        if subject:
            tokens = tokens_of(subject)
            found["subject"] = finding(subject_text(tokens), "subject-below-type", tokens)
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
    return assembled(found, pages)


def _take_foot_date(heading: Heading, pages: Sequence[Sequence[Line]]) -> None:
    """Place and date on a line of their own above the signature, as until the 1950s; the last such line counts."""
    for line in reversed([line for lines in pages for line in lines if len(line.tokens) <= FOOT_DATE_WORDS]):
        stream = Stream(line.tokens)
        match = date_in(stream.plain)
        if match and is_dateline(line):
            heading.lines = [line]
            note_place_and_date(heading, match, stream.taken(match), "date-above-signature")
            return


def _issuer_in_preamble(lines: Sequence[Line]) -> Finding | None:
    """…, Sở Văn hóa, Thể thao và Du lịch ban hành Kế hoạch …: the body's name before the verb."""
    tokens = tokens_of(lines)[:PREAMBLE_TOKENS]
    for at in range(1, len(tokens) - 2):
        verb, noun = (" ".join(token.text for token in tokens[at + step : at + step + 2]) for step in (0, 2))
        if begins(verb, ["ban hành", "xây dựng", "báo cáo"], 0.9) and (type_named(noun) or letters(noun[:4]) == "lich"):
            name = _body_before(tokens, at)
            if name:
                return body_finding(name, "issuer-in-preamble")
    return None


def _body_before(tokens: Sequence[Token], end: int) -> list[Token]:
    for start in range(end - 1, max(-1, end - 16), -1):
        read = " ".join(token.text for token in tokens[start:end])
        if tokens[start].text[:1].isupper() and body_head(read):
            return [] if "ve viec" in plain(read) else list(tokens[start:end])
    return []

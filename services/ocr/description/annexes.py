"""Annexes: the document to which one belongs is named below its heading."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from services.ocr.description.abstract import subject_lines, subject_text, title_of, with_place
from services.ocr.description.dates import (
    DATE,
    iso_date,
    written_number,
)
from services.ocr.description.heading import type_named
from services.ocr.description.lines import Line
from services.ocr.description.matching import finding, tokens_of
from services.ocr.description.names import (
    body_head,
    written_name,
)
from services.ocr.description.signature import signer
from services.ocr.description.stream import Match, Stream
from shared.events.draft import DocumentForm, Finding, MetadataDraft

ANNEXED = re.compile(
    r"k[a-z]m theo (?P<type>[a-z0-9 ]{4,24}?) (?:s[o06e]?)\s?:?\s?(?P<number>\d{1,5}(?:\s?/\s?\d{4})?)\s?"
    r"(?P<code>[-–/]\s?[a-z]{1,9}(?:\s?[-–/]\s?[a-z][a-z0-9&.]{0,11}){0,3}),? "
    r"(?P<date>[nu]g[a-z]{1,2}y?.{5,30}?[nu][a-z]m \d{4}) c[a-z]{1,4} (?P<issuer>[^).;:]{3,80})"
)
"""(Kèm theo Kế hoạch số 412/KH-UBND ngày … năm 2022 của UBND Tỉnh): what an annex says of its document."""


def annexed_findings(pages: Sequence[Sequence[Line]]) -> dict[str, Finding]:
    for lines in pages:
        stream = Stream(tokens_of(lines))
        for match in ANNEXED.finditer(stream.plain):
            found = dict(_findings_of(stream, match))
            if "document_type" in found:
                return found
    return {}


def _findings_of(stream: Stream, match: Match) -> Iterator[tuple[str, Finding]]:
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


def annexed_draft(pages: Sequence[Sequence[Line]]) -> MetadataDraft | None:
    """The first page lost its heading, and an annex says what it was."""
    found = annexed_findings(pages)
    if not found:
        return None
    subject = subject_lines(next((lines for lines in pages if lines), ()))
    tokens = tokens_of(subject)
    found["subject"] = finding(subject_text(tokens), "subject-without-heading", tokens)
    return assembled(found, pages)


def assembled(found: dict[str, Finding], pages: Sequence[Sequence[Line]]) -> MetadataDraft:
    subject = found.pop("subject", None)
    fields = {**found, "title": title_of(subject, found.get("document_type")), "signer": signer(pages)}
    issuer = found.get("issuer")
    if issuer and subject:
        fields["issuer"] = with_place(issuer, subject)
    return MetadataDraft.model_validate({"form": DocumentForm.ADMINISTRATIVE, **fields})

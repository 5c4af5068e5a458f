"""Rules of asking for a new scan: which pages, of which document that was handed in, and what was asked before; no I/O.

A document's row keeps its request as `rescan`: state, pages, note, by (a person's signature, or None for the rules).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.ocr.documents.progress import CHANCE, FAILED
from services.ocr.quality.profile import Finding, Flaw
from shared.events.documents import PageToRescan
from shared.events.manifest import PageManifest
from shared.events.vocabulary import Decision

OPEN, WITHDRAWN, DONE = "open", "withdrawn", "done"
MANY_ERRORS = "many-errors"
"""The reason where the text, and not the image check, says that the image is at fault."""
MOST_PAGES = 5000
"""As many as one request names."""
LAST_PAGE = 100_000
_PAGES = re.compile(r"\s*(\d{1,6})\s*(?:[-–]\s*(\d{1,6})\s*)?")


def asked_by_rule(findings: Iterable[Finding], pages: Sequence[PageManifest]) -> tuple[PageToRescan, ...]:
    """Pages whose image the profile of their class, or the trust in their text, finds at fault.

    Where a worker failed by chance nobody has seen what the scan is like.
    """
    unseen = {page.number for page in pages if page.failed in CHANCE}
    found = [(one.page, one.flaw.value) for one in findings if one.rescan and one.page not in unseen]
    found += [(page.number, MANY_ERRORS) for page in pages if page.failed is None and page.decision == Decision.RESCAN]
    return _by_page(found)


def unreadable(pages: Iterable[Mapping[str, Any]]) -> tuple[PageToRescan, ...]:
    """Pages (rows) that no attempt could read, and not by chance."""
    return _by_page(
        (page["number"], Flaw.UNREADABLE.value)
        for page in pages
        if page["state"] == FAILED and page["reason"] not in CHANCE
    )


def may_ask_by_rule(document: Mapping[str, Any], asked: Sequence[PageToRescan]) -> bool:
    """Whether the rules have something new to say of these scans, and no person has decided about the document.

    The scans of what was split or merged were looked at when they came in.
    """
    if document.get("origins") or document.get("ruling"):
        return False
    before = document.get("rescan") or {}
    if before.get("state") == OPEN and before["by"]:
        return False
    known = {(page["number"], reason) for page in before.get("pages", ()) for reason in page["reasons"]}
    return any((page.number, reason) not in known for page in asked for reason in page.reasons)


def asked_by_person(document: Mapping[str, Any], numbers: Iterable[int]) -> tuple[PageToRescan, ...]:
    """The pages that a person names, each with what the rules said of it."""
    known = {page["number"]: page["reasons"] for page in (document.get("rescan") or {}).get("pages", ())}
    return tuple(PageToRescan(number=number, reasons=known.get(number, ())) for number in sorted(set(numbers)))


def is_asked(document: Mapping[str, Any]) -> bool:
    """Whether a request is open."""
    return (document.get("rescan") or {}).get("state") == OPEN


def scans_of(pages: Sequence[Mapping[str, Any]], asked: Sequence[PageToRescan]) -> dict[str, tuple[PageToRescan, ...]]:
    """By document that was handed in: what is asked of it, under its own numbers.

    pages: the rows of all pages of a document that was split off or merged. asked: none for all of them.
    """
    wanted = {page.number: page for page in asked}
    found: defaultdict[str, list[PageToRescan]] = defaultdict(list)
    for page in pages:
        if not asked or page["number"] in wanted:
            document, _, number = page["origin"].rpartition(":")
            reasons = wanted[page["number"]].reasons if asked else ()
            found[document].append(PageToRescan(number=int(number), reasons=reasons))
    return {document: joined(members) for document, members in found.items()}


def joined(pages: Iterable[PageToRescan]) -> tuple[PageToRescan, ...]:
    """Each page once, with all its reasons."""
    reasons: defaultdict[int, list[str]] = defaultdict(list)
    for page in pages:
        reasons[page.number] += page.reasons
    return tuple(
        PageToRescan(number=number, reasons=tuple(dict.fromkeys(found))) for number, found in sorted(reasons.items())
    )[:MOST_PAGES]


def page_numbers(text: str) -> tuple[int, ...]:
    """The numbers in what a person wrote: "3, 7-9". Raises ValueError."""
    numbers: set[int] = set()
    for part in re.split(r"[,;]", text) if text.strip() else ():
        found = _PAGES.fullmatch(part)
        if found is None:
            raise ValueError(part)
        first = int(found[1])
        last = int(found[2] or first)
        if not 1 <= first <= last <= LAST_PAGE or last - first >= MOST_PAGES:
            raise ValueError(part)
        numbers.update(range(first, last + 1))
    if len(numbers) > MOST_PAGES:
        raise ValueError(text)
    return tuple(sorted(numbers))


def _by_page(found: Iterable[tuple[int, str]]) -> tuple[PageToRescan, ...]:
    return joined(PageToRescan(number=number, reasons=(reason,)) for number, reason in found)

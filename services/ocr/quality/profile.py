"""What is wrong with the scans of a document, held against the profile of its collection class. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

from services.ocr.quality.capture import CaptureMeasures
from services.ocr.quality.fingerprint import distance
from services.ocr.reading.measures import PageMeasures
from shared.events.vocabulary import CollectionClass

SIDES = ("top", "right", "bottom", "left")
LONGEST_GAP = 20
"""A larger jump of the printed numbers is a new count or a misreading, not so many lost pages."""
LEAST_NUMBERED = 3
"""So many pages must agree on one count before its gaps mean anything."""
_NUMBER = re.compile(r"^\D{0,8}?(\d{1,4})\D{0,8}$")


class Flaw(StrEnum):
    """What may be wrong with a scan."""

    RESOLUTION = "resolution"
    PIXELS = "pixels"
    BLUR = "blur"
    CUT_EDGE = "cut-edge"
    DARK = "dark"
    FAINT = "faint"
    BLANK = "blank"
    UNREADABLE = "unreadable"
    MISSING_PAGE = "missing-page"
    REPEATED_PAGE = "repeated-page"
    NEAR_IDENTICAL = "near-identical"


class Profile(BaseModel):
    """Limits; see profiles.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dpi: int
    pixels: int
    blur: float
    paper: float
    contrast: float
    cut: int
    blank: float
    near: int
    rescan: frozenset[Flaw]


class Finding(BaseModel):
    """One flaw: on a page, or on a place between pages. The rule is `<flaw> <limit>` of the profile."""

    model_config = ConfigDict(frozen=True)

    page: Annotated[int, Field(ge=1)]
    flaw: Flaw
    measured: float | None = None
    limit: float | None = None
    other: int | None = None
    """The other page, where two are compared; of a missing page the number printed on it."""
    sides: tuple[str, ...] = ()
    rescan: bool


@dataclass(frozen=True)
class ScannedPage:
    """What is known of a page once it was read, or could not be.

    printed: the page number that stands on it, as text.
    """

    number: int
    width: int = 0
    height: int = 0
    measures: PageMeasures | None = None
    capture: CaptureMeasures | None = None
    printed: str | None = None


def findings_of(pages: Sequence[ScannedPage], profile: Profile) -> tuple[Finding, ...]:
    """Everything that is wrong, by page."""
    found = [finding for page in pages for finding in _of_page(page, profile)]
    found += _of_numbers(pages, profile)
    found += _of_neighbours(pages, profile)
    return tuple(sorted(found, key=lambda finding: (finding.page, list(Flaw).index(finding.flaw))))


def profile_of(collection_class: CollectionClass | str) -> Profile:
    data = _profiles()
    return Profile.model_validate({**data["default"], **data["classes"].get(str(collection_class), {})})


def printed_number(text: str | None) -> int | None:
    """The number in what stands at a page's head or foot (“- 12 -”, “Trang 12”); None when it is no number."""
    found = _NUMBER.match(text.strip()) if text else None
    return int(found[1]) if found else None


def _of_page(page: ScannedPage, profile: Profile) -> Iterator[Finding]:
    if page.measures is None or page.capture is None:
        yield _finding(page, Flaw.UNREADABLE, profile)
        return
    measures = page.measures
    if measures.dpi < profile.dpi:
        yield _finding(page, Flaw.RESOLUTION, profile, measures.dpi, profile.dpi)
    if max(page.width, page.height) < profile.pixels:
        yield _finding(page, Flaw.PIXELS, profile, max(page.width, page.height), profile.pixels)
    if measures.ink < profile.blank:
        yield _finding(page, Flaw.BLANK, profile, measures.ink, profile.blank)
        return
    yield from _of_light(page, measures, profile)
    if measures.blur > profile.blur:
        yield _finding(page, Flaw.BLUR, profile, measures.blur, profile.blur)
    cut = {side: count for side, count in zip(SIDES, page.capture.cut, strict=True) if count >= profile.cut}
    if cut:
        found = _finding(page, Flaw.CUT_EDGE, profile, max(cut.values()), profile.cut)
        yield found.model_copy(update={"sides": tuple(cut)})


def _of_light(page: ScannedPage, measures: PageMeasures, profile: Profile) -> Iterator[Finding]:
    if measures.paper < profile.paper:
        yield _finding(page, Flaw.DARK, profile, measures.paper, profile.paper)
    elif measures.contrast < profile.contrast:
        yield _finding(page, Flaw.FAINT, profile, measures.contrast, profile.contrast)


def _of_numbers(pages: Sequence[ScannedPage], profile: Profile) -> Iterator[Finding]:
    """Gaps and repeats in the numbers printed on the pages, wherever neighbours count on."""
    printed = [(page, number) for page in pages if (number := printed_number(page.printed)) is not None]
    if len(_counting_on(printed)) < LEAST_NUMBERED - 1:
        return
    for (before, first), (after, second) in pairwise(printed):
        between = after.number - before.number
        if second == first:
            yield _finding(after, Flaw.REPEATED_PAGE, profile, second).model_copy(update={"other": before.number})
        for missing in range(first + between, second) if 0 < second - first - between <= LONGEST_GAP else ():
            yield _finding(after, Flaw.MISSING_PAGE, profile).model_copy(update={"other": missing})


def _counting_on(printed: Sequence[tuple[ScannedPage, int]]) -> list[int]:
    """The places where a page's printed number follows its neighbour's as the pages do."""
    return [
        second
        for (before, first), (after, second) in pairwise(printed)
        if second - first == after.number - before.number
    ]


def _of_neighbours(pages: Sequence[ScannedPage], profile: Profile) -> Iterator[Finding]:
    for before, after in pairwise(pages):
        one, other = _fingerprint(before), _fingerprint(after)
        if one and other and (bits := distance(one, other)) <= profile.near:
            found = _finding(after, Flaw.NEAR_IDENTICAL, profile, bits, profile.near)
            yield found.model_copy(update={"other": before.number})


def _fingerprint(page: ScannedPage) -> str | None:
    return page.capture.fingerprint if page.capture else None


def _finding(
    page: ScannedPage, flaw: Flaw, profile: Profile, measured: float | None = None, limit: float | None = None
) -> Finding:
    return Finding(page=page.number, flaw=flaw, measured=measured, limit=limit, rescan=flaw in profile.rescan)


@cache
def _profiles() -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = yaml.safe_load(files(__package__).joinpath("profiles.yaml").read_text("utf-8"))
    return loaded

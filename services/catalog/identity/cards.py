"""Catalogue cards in one field: the areas of ISBD, each behind a point and a dash, typed on behind a title."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from functools import lru_cache

from services.catalog.identity.extent import extent_of
from services.catalog.identity.publication import year_of
from services.catalog.identity.titles import edition_number, volume_at_the_start

_DASH = re.compile(r"\s?\.\s?-{1,2}\s?")
_IMPRINT = re.compile(r".{1,60}[:,].*\d{4}\W*$")


@dataclass(frozen=True, slots=True)
class Card:
    """What stands behind a title in areas of their own, as typed."""

    edition: str = ""
    imprint: str = ""
    extent: str = ""


@lru_cache(maxsize=8192)
def card_of(written: str) -> Card | None:
    """Imprint and extent of "Số đỏ / Vũ Trọng Phụng. - H. : Văn học, 2010. - 254tr."; None without areas."""
    if not _DASH.search(written):
        return None
    found: dict[str, str] = {}
    for area in _DASH.split(written)[1:]:
        if name := _name_of(area):
            found.setdefault(name, area)
    return Card(**found) if found else None


@lru_cache(maxsize=8192)
def without_areas(written: str) -> str:
    """The text before its areas; a volume that has an area stays: "Kinh tế. - T.2. - H. : Trẻ, 2010"."""
    first, *areas = _DASH.split(written) if _DASH.search(written) else [written]
    if not any(_name_of(area) for area in areas):
        return written
    return ". ".join([first, *(area for area in areas if not _name_of(area))])


def joined(cards: Iterable[Card]) -> Card:
    """What the first of them says that says anything of it."""
    whole = Card()
    for card in cards:
        said = {each.name: getattr(whole, each.name) or getattr(card, each.name) for each in fields(Card)}
        whole = replace(whole, **said)
    return whole


def _name_of(area: str) -> str:
    """Which area it is; empty for one that belongs to the title, as a volume's does."""
    if volume_at_the_start(area):
        return ""
    if year_of(area) and (_IMPRINT.match(area) or area.strip(" .[]").isdecimal()):
        return "imprint"
    size = extent_of(area)
    if size.pages or size.height_cm:
        return "extent"
    return "edition" if edition_number(area) else ""

"""How large it is: pages, volumes, height, and what it is carried on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from services.catalog.identity.description import Form
from services.catalog.identity.words import alternatives, tables
from shared.vietnamese import fold, fold_letters

_VOLUMES = tables()["volumes"]
_PAGES = re.compile(rf"(?<![\d:/])(?P<count>\d{{1,5}})\]?\s?(?:{alternatives(tables()['pages'])})\b")
_COUNTED = re.compile(rf"(?<!\d)(?P<count>\d{{1,3}})\s?(?:{alternatives(_VOLUMES['counted'])})\b")
_BEFORE = re.compile(rf"^\W*(?:so\s)?(?:{alternatives(tables()['pages'])})\b[.:\s]*(\d{{1,4}})\b(?!\s?[-–])")
"""Tr. 254, so trang: 254."""
MOST_VOLUMES = 60
"""Of one set: 254 t. are pages."""
_BARE = re.compile(r"^\W*(\d{1,4})\W*$")
_HEIGHT = re.compile(r"(?:(?P<other>\d{1,3}(?:[.,]\d)?)\s?(?:cm)?\s?[x×]\s?)?(?P<height>\d{1,3})(?:[.,]\d)?\s?cm\b")
TALLEST_CM = 200
_FORMS = tuple(
    (
        re.compile(rf"(?<!\w)(?:{alternatives(row['words'])})(?!\w)"),
        Form(row["form"]) if row["form"] else None,
        row["carrier"],
    )
    for row in tables()["forms"]
)


@dataclass(frozen=True, slots=True)
class Extent:
    pages: int | None = None
    volumes: int | None = None
    """How many volumes are described at once."""
    height_cm: int | None = None


@lru_cache(maxsize=4096)
def extent_of(written: str) -> Extent:
    """Of 300, all subfields joined: "XV, 320 tr. ; 21 cm"; a number alone counts pages; what comes along does not."""
    letters = fold_letters(written).partition("+")[0]
    counts = [int(found["count"]) for found in _PAGES.finditer(letters)]
    bare = None if counts else _BARE.match(_HEIGHT.sub("", letters)) or _BEFORE.match(letters)
    counted = None if counts else _COUNTED.search(letters)
    volumes = int(counted["count"]) if counted else None
    if volumes and volumes > MOST_VOLUMES:
        counts, volumes = [volumes], None
    heights = [_height(found) for found in _HEIGHT.finditer(letters)]
    return Extent(
        pages=max(counts) if counts else int(bare[1]) if bare else None,
        volumes=volumes,
        height_cm=next((height for height in heights if 5 <= height <= TALLEST_CM), None),
    )


def _height(found: re.Match[str]) -> int:
    other = int(float((found["other"] or "0").replace(",", ".")))
    return max(int(found["height"]), other)


@lru_cache(maxsize=8192)
def form_said(written: str) -> tuple[Form | None, str] | None:
    """Form and carrier that words like "1 đĩa CD" or "[electronic resource]" name; None where they name none."""
    letters = fold(written)
    return next(((form, carrier) for pattern, form, carrier in _FORMS if pattern.search(letters)), None)
